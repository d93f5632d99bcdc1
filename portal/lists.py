"""The list of cases on a page: its views, a search, what somebody saved under a name, and a selection to act on."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cases.api.pagination import CasePagination
from cases.api.views import LONG
from cases.errors import BadInput, CaseError
from cases.lists import Query, cases_of, parameters_of, query_of
from cases.models import SavedFilter
from cases.services.jobs import BULK_ACTIONS
from cases.services.saved import delete_filter, may_change, save_filter
from cases.workflow import TABLE
from grids import tree
from grids.territory import territory_of

from .language import with_language

VIEWS: dict[str, Query] = {
    "mine": {"mine": "true"},
    "overdue": {"overdue": "true"},
    "open": {"open": "true"},
    "all": {},
}
ORDERINGS = {"mine": "due_at", "overdue": "due_at", "open": "due_at", "all": "-submitted_at"}
"""The views of the list: what somebody owes comes by its moment, everything by its age."""
SHOWN_FILTERS = 20
"""Saved lists that stand as tabs; further ones are in the API."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which list the address names: a view or a saved list, and what is searched for in it."""

    show: str
    search: str
    saved: SavedFilter | None

    @property
    def query(self) -> Query:
        """The filters of the API's list."""
        base = self.saved.query if self.saved else VIEWS[self.show]
        return base | ({"search": self.search} if self.search else {})

    @property
    def ordering(self) -> str:
        return "-submitted_at" if self.saved else ORDERINGS[self.show]

    def address(self, **other: Any) -> str:
        """The list's address, or that of another view or saved list with the same search."""
        said: dict[str, Any] = other or ({"saved": self.saved.pk} if self.saved else {"show": self.show})
        said |= {"search": self.search} if self.search else {}
        return f"{reverse('case-list')}?{urlencode(said)}"


def chosen_in(request: HttpRequest) -> Chosen:
    """What the address names. A view or saved list that there is none of is the first view."""
    show, key = request.GET.get("show", "mine"), request.GET.get("saved", "")
    saved = None
    if key.isascii() and key.isdigit() and len(key) < 19:
        saved = SavedFilter.objects.visible_to(request.user).filter(pk=int(key)).first()
    return Chosen(show if show in VIEWS else "mine", request.GET.get("search", "").strip(), saved)


@never_cache
@require_safe
@with_language
@login_required
def case_list(request: HttpRequest) -> HttpResponse:
    """A page of the visible cases."""
    chosen, pages = chosen_in(request), CasePagination()
    view = SimpleNamespace(orderings=(chosen.ordering,))
    problem, rows, following = "", [], None
    try:
        cases = cases_of(request.user, chosen.query).defer(*LONG)
        rows = pages.paginate_queryset(cases, Request(request), view)
        following = pages.get_paginated_response(rows).data["next"]
    except BadInput as error:
        problem = " ".join(error.fields.values())
    except ValidationError:  # a cursor of another list: back to its beginning
        return redirect(chosen.address())
    said = {"cases": rows, "next": following, "problem": problem, "chosen": chosen, "show": chosen.show}
    return render(request, "portal/case_list.html", said | _around(request, chosen))


def _around(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    """What stands around the rows: tabs, actions for a selection, units to share a list with."""
    kept = SavedFilter.objects.visible_to(request.user)[:SHOWN_FILTERS]
    units = territory_of(request.user).unit_ids
    return {
        "tabs": {show: chosen.address(show=show) for show in VIEWS},
        "saved": [(one, chosen.address(saved=one.pk)) for one in kept],
        "changeable": chosen.saved is not None and may_change(request.user, chosen.saved),
        "actions": [(name, TABLE[name].label) for name in BULK_ACTIONS],
        "units": [(pk, unit.name) for pk in units if (unit := tree.unit(pk)) is not None],
        "parameters": parameters_of(chosen.query).urlencode(),
    }


@never_cache
@require_POST
@login_required
def keep(request: HttpRequest) -> HttpResponse:
    """Saves the list that the form names, for oneself or for a unit."""
    unit, name = request.POST.get("unit", ""), request.POST.get("name", "").strip()[:40]
    unit_id = int(unit) if unit.isascii() and unit.isdigit() and len(unit) < 19 else None
    try:
        kept = save_filter(request.user, name, query_in(request), unit_id=unit_id)
    except CaseError as error:
        return render(request, "portal/refused.html", {"problem": error.detail}, status=error.status)
    return redirect(f"{reverse('case-list')}?saved={kept.pk}")


@never_cache
@require_POST
@login_required
def drop(request: HttpRequest, pk: str) -> HttpResponse:
    """Deletes a saved list."""
    kept = get_object_or_404(SavedFilter.objects.visible_to(request.user), pk=pk)
    try:
        delete_filter(request.user, kept)
    except CaseError as error:
        return render(request, "portal/refused.html", {"problem": error.detail}, status=error.status)
    return redirect("case-list")


def query_in(request: HttpRequest) -> Query:
    """The filters that a form carries along, as an address has them."""
    return query_of(QueryDict(request.POST.get("query", "")[:4000]))
