"""Look-backs (回头看) on pages: the samples that one watches over, drawing those of a quarter, and saying case by
case what was found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cases.actors import Actor
from cases.api.look_backs import CheckInputs, LookBackFilter, draw_as_said, may_draw, seen_item, seen_look_backs
from cases.api.pagination import KeysetPagination
from cases.choices import Finding
from cases.refusals import REFUSALS, Refusal, refusal_of
from cases.services.idempotency import Reply, fingerprint_of, once
from cases.services.look_backs import check_look_back
from portal.language import with_language

from .picking import shown_grid, shown_unit

NARROWING = ("grid", "unit", "year", "quarter")
DRAWING = ("grid", "year", "quarter", "percent", "seed")
USUAL_PERCENT = "5"


@never_cache
@require_safe
@with_language
@login_required
def look_backs(request: HttpRequest) -> HttpResponse:
    """The samples, newest first, and the form that draws."""
    return _page(request)


def _page(request: HttpRequest, posted: QueryDict | None = None, refusal: Refusal | None = None) -> HttpResponse:
    narrowed = {name: text for name in NARROWING if (text := request.GET.get(name, "").strip()[:20])}
    rows, following, problem = _rows(request, narrowed)
    if rows is None:
        return redirect("desk-look-backs")
    said = posted or _last_quarter()
    context = {
        "rows": rows,
        "next": following,
        "narrowed": narrowed,
        "problem": problem,
        "grid_name": shown_grid(narrowed.get("grid", "")),
        "unit_name": shown_unit(narrowed.get("unit", "")),
        "may_draw": may_draw(request.user),
        "drawing": {name: said.get(name, "") for name in DRAWING},
        "drawing_grid": shown_grid(said.get("grid", "")),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 400 if problem else 200
    return render(request, "portal/console/look_backs.html", context, status=status)


def _rows(request: HttpRequest, narrowed: dict[str, str]) -> tuple[list[Any] | None, str | None, str]:
    """The page, the address of the next one, what is wrong with the filters; no page for a cursor of another list."""
    pages, asker = KeysetPagination(), Request(request)
    filters = LookBackFilter(narrowed, queryset=seen_look_backs(request.user), request=asker)
    try:
        if not filters.is_valid():
            return [], None, " ".join(text for texts in filters.errors.values() for text in texts)
        rows = filters.qs
    except ValidationError as error:
        return [], None, " ".join(Refusal(400, "", refusal_of(error).fields).fields.get("grid", []))
    try:
        found = pages.paginate_queryset(rows, asker, SimpleNamespace(orderings=("-pk",)))
    except ValidationError:
        return None, None, ""
    return found, pages.get_paginated_response(found).data["next"], ""


def _last_quarter() -> dict[str, str]:
    """The quarter that was over last."""
    today = timezone.localdate()
    quarter = (today.month - 1) // 3
    year, quarter = (today.year, quarter) if quarter else (today.year - 1, 4)
    return {"year": str(year), "quarter": str(quarter), "percent": USUAL_PERCENT}


@never_cache
@require_POST
@login_required
def draw(request: HttpRequest) -> HttpResponse:
    """Draws the samples of a quarter; a unit that has one keeps it, so that asking twice draws nothing twice."""
    try:
        draw_as_said(request, {name: text for name in DRAWING if (text := request.POST.get(name, "").strip())})
    except REFUSALS as error:
        return _page(request, request.POST, refusal_of(error))
    return redirect("desk-look-backs")


@never_cache
@require_safe
@with_language
@login_required
def look_back(request: HttpRequest, pk: str) -> HttpResponse:
    """A sample with its cases."""
    return _sample(request, pk)


def _sample(
    request: HttpRequest, pk: str, position: int = 0, posted: QueryDict | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    row: Any = seen_look_backs(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404
    items = row.items.select_related("case", "checked_by").defer("case__text", "case__reply").order_by("position")
    context = {
        "row": row,
        "items": items,
        "findings": Finding.choices,
        "refused": position,
        "note": posted.get("note", "") if posted else "",
        "refusal": refusal,
    }
    return render(request, "portal/console/look_back.html", context, status=refusal.status if refusal else 200)


@never_cache
@require_POST
@login_required
def check(request: HttpRequest, pk: str, position: str) -> HttpResponse:
    """What was found in one case; not as reported, it is reopened with a new clock."""
    item = seen_item(request.user, pk, position)
    finding, note = request.POST.get("finding", ""), request.POST.get("note", "")

    def found() -> Reply:
        inputs = CheckInputs(data={"finding": finding, "note": note})
        inputs.is_valid(raise_exception=True)
        check_look_back(item, Actor.person(request.user), **inputs.validated_data)
        return Reply(200, {"position": item.position})

    marked = fingerprint_of([request.path.encode(), finding.encode(), note.encode()])
    key = request.POST.get("key", "")[:60]
    try:
        once(f"user:{request.user.pk}", f"check:{key}" if key else "", marked, found)
    except REFUSALS as error:
        return _sample(request, pk, int(position), request.POST, refusal_of(error))
    return redirect("desk-look-back", pk)
