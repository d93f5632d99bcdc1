"""The console: queues with their counts, the list of one of them, and the case that is open beside it. The address
names all three, so that it can be sent to a colleague, and back and reload are safe."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cases.api.pagination import CasePagination
from cases.choices import Channel, Urgency
from cases.errors import BadInput
from cases.lists import cases_of, parameters_of
from cases.models import Case, SavedFilter, SupervisionOrder
from cases.querysets import LONG
from cases.queues import GROUPS, MOST, Queue, counts_of, queues_of
from cases.services.jobs import BULK_ACTIONS
from cases.services.saved import may_change
from cases.workflow import TABLE
from grids import tree
from grids.territory import territory_of
from portal.desk import case_context
from portal.language import with_language
from portal.lists import Chosen, chosen_by

from .panes import LIST, PANE, pane_of
from .picking import shown_grid, shown_unit

SHOWN_FILTERS = 20
"""Saved lists that stand below the queues; further ones are in the API."""
WITH_ORDERS = frozenset({"supervised", "listed"})
"""Registers whose rows say what was ordered."""


@never_cache
@require_safe
@with_language
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """The page, or the pane that htmx asks for."""
    chosen, wanted = chosen_by(request.user, request.GET), pane_of(request)
    said: dict[str, Any] = {"chosen": chosen, "back": chosen.here}
    status = 200
    try:
        if wanted != PANE:
            said |= _list(request, chosen)
            status = 400 if said["problem"] else 200
        if wanted != LIST:
            said |= _case(request, chosen)
            status = 404 if said.get("missing") else status
    except ValidationError:  # a cursor of another list: back to its beginning
        return redirect(chosen.here)
    if not wanted:
        said |= _queues(request, chosen)
    template = {LIST: "portal/console/list.html", PANE: "portal/console/pane.html"}.get(wanted, "portal/desk.html")
    answer = render(request, template, said, status=status)
    patch_vary_headers(answer, ["HX-Request", "HX-Target"])
    return answer


def _list(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    """The rows of the list, and what can be done with them."""
    pages, view = CasePagination(), SimpleNamespace(orderings=(chosen.ordering,))
    problem, rows, following = "", [], None
    try:
        cases = cases_of(request.user, chosen.query).defer(*LONG)
        rows = pages.paginate_queryset(cases, Request(request), view)
        following = pages.get_paginated_response(rows).data["next"]
    except BadInput as error:
        problem = " ".join(error.fields.values())
    orders = _orders(rows) if chosen.queue.name in WITH_ORDERS and not chosen.saved else {}
    return {
        "rows": [(case, chosen.address(case=case.number), orders.get(case.pk, ())) for case in rows],
        "next": following,
        "problem": problem,
        "actions": [(name, TABLE[name].label) for name in BULK_ACTIONS],
        "parameters": parameters_of(chosen.query).urlencode(),
        "paged": "cursor" in request.GET,
    } | _narrowing(request, chosen)


def _orders(rows: list[Case]) -> dict[int, list[SupervisionOrder]]:
    found: dict[int, list[SupervisionOrder]] = {}
    for order in SupervisionOrder.objects.filter(case__in=[case.pk for case in rows]).order_by("pk"):
        found.setdefault(order.case_id, []).append(order)
    return found


def _narrowing(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    """What the form that narrows the list shows as chosen, and with whom a list can be shared."""
    units = territory_of(request.user).unit_ids
    return {
        "urgencies": Urgency.choices,
        "channels": Channel.choices,
        "grid_name": shown_grid(chosen.narrowed.get("grid", "")),
        "unit_name": shown_unit(chosen.narrowed.get("unit", "")),
        "units": [(pk, unit.name) for pk in units if (unit := tree.unit(pk)) is not None],
        "changeable": chosen.saved is not None and may_change(request.user, chosen.saved),
    }


def _case(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    """The case that is open; one that is not there, or not the visitor's, is said to be missing."""
    if not chosen.case:
        return {"case": None}
    try:
        return case_context(request, chosen.case)
    except Http404:
        return {"case": None, "missing": chosen.case}


def _queues(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    queues = queues_of(request.user)
    if not chosen.saved and chosen.queue not in queues:  # a colleague's address: what is looked at stands among them
        queues.append(chosen.queue)
    counts = counts_of(request.user, queues)
    kept = SavedFilter.objects.visible_to(request.user)[:SHOWN_FILTERS]
    return {
        "groups": [
            (GROUPS[group], [_entry(queue, chosen, counts) for queue in queues if queue.group == group])
            for group in GROUPS
            if any(queue.group == group for queue in queues)
        ],
        "saved": [(one, Chosen(chosen.queue, one).address(), one == chosen.saved) for one in kept],
        "looks_back": any(queue.name == "supervised" for queue in queues),
    }


def _entry(queue: Queue, chosen: Chosen, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "queue": queue,
        "address": Chosen(queue).address(),
        "count": shown_count(counts[queue.name]) if queue.name in counts else None,
        "current": queue == chosen.queue and not chosen.saved,
    }


def shown_count(count: int) -> str:
    """A figure as the page shows it: bounded, as it was counted."""
    return f"{MOST - 1}+" if count >= MOST else str(count)


@require_safe
def pulse(request: HttpRequest) -> HttpResponse:
    """How many wait in each queue, and the version of the case that is open: what an open page asks every now and then.
    Unchanged, it is answered without a body. Who is not signed in is told so and led nowhere: a page asks."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    said = {
        "counts": {name: shown_count(count) for name, count in counts_of(request.user).items()},
        "case": _version_of(request.user, request.GET),
    }
    mark = f'W/"{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]}"'
    known = request.headers.get("If-None-Match") == mark
    answer = HttpResponse(status=304) if known else JsonResponse(said)
    answer["ETag"] = mark
    answer["Cache-Control"] = "private, no-cache"
    answer["Vary"] = "Cookie"
    return answer


def _version_of(user: Any, said: QueryDict) -> int | None:
    number = said.get("case", "")[:32]
    rows = Case.objects.visible_to(user).filter(number=number).values_list("version", flat=True)
    return rows.first() if number else None
