"""Which list of cases an address names: a queue or register of the desk, or a list that somebody saved, narrowed by
what else it says. Keeping and dropping of saved lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases.errors import CaseError
from cases.lists import Query, query_of
from cases.models import SavedFilter
from cases.queues import BY_NAME, FIRST, Queue
from cases.services.saved import delete_filter, save_filter

from .language import with_language

NARROWING = ("search", "grid", "unit", "urgency", "channel", "category", "from", "until")
"""What a list can be narrowed by in an address; the days are those on which a case was reported, both inclusive."""
LONGEST = 100
FORMER = {"mine": "mine", "overdue": "overdue", "open": "open", "all": "all"}
"""Names that addresses of the list had before it stood at the desk."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A queue, or a saved list; what narrows it; and the number of the case that is open beside it."""

    queue: Queue
    saved: SavedFilter | None = None
    narrowed: dict[str, str] = field(default_factory=dict)
    case: str = ""

    @property
    def search(self) -> str:
        return self.narrowed.get("search", "")

    @property
    def query(self) -> Query:
        """The filters of the API's list."""
        base: Query = dict(self.saved.query) if self.saved else {"queue": self.queue.name}
        said = dict(self.narrowed)
        if first := said.pop("from", ""):
            base["submitted_after"] = first
        if last := said.pop("until", ""):
            base["submitted_before"] = _day_after(last)
        return base | said

    @property
    def ordering(self) -> str:
        return "-submitted_at" if self.saved else self.queue.ordering

    @property
    def name(self) -> Any:
        return self.saved.name if self.saved else self.queue.label

    @property
    def itself(self) -> dict[str, Any]:
        return {"saved": self.saved.pk} if self.saved else {"queue": self.queue.name}

    def address(self, **other: Any) -> str:
        """The list's address, with the same narrowing, and with whatever else is said; a case only where named."""
        said = self.itself | self.narrowed | {name: value for name, value in other.items() if value}
        return f"{reverse('desk')}?{urlencode(said)}"

    @property
    def here(self) -> str:
        """The address with the case that is open."""
        return self.address(case=self.case)


def _day_after(said: str) -> str:
    """The day after an ISO date; what is none is left to the filter to refuse."""
    try:
        return (date.fromisoformat(said) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return said


def chosen_in(said: QueryDict) -> Chosen:
    """What an address names. A queue or saved list that there is none of is the first queue."""
    narrowed = {name: text for name in NARROWING if (text := said.get(name, "").strip()[:LONGEST])}
    queue = BY_NAME.get(said.get("queue", ""), BY_NAME[FIRST])
    return Chosen(queue, None, narrowed, said.get("case", "")[:32])


def chosen_by(user: Any, said: QueryDict) -> Chosen:
    """The same with the saved list that it may name."""
    chosen, key = chosen_in(said), said.get("saved", "")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return chosen
    saved = SavedFilter.objects.visible_to(user).filter(pk=int(key)).first()
    return Chosen(chosen.queue, saved, chosen.narrowed, chosen.case)


@never_cache
@require_safe
@with_language
@login_required
def case_list(request: HttpRequest) -> HttpResponse:
    """The list stands at the desk; addresses that were printed or mailed lead there."""
    chosen = chosen_by(request.user, request.GET)
    if "queue" not in request.GET and (queue := FORMER.get(request.GET.get("show", ""))):
        chosen = Chosen(BY_NAME[queue], chosen.saved, chosen.narrowed)
    return redirect(chosen.here)


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
    return redirect(f"{reverse('desk')}?saved={kept.pk}")


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
    return redirect("desk")


def query_in(request: HttpRequest) -> Query:
    """The filters that a form carries along, as an address has them."""
    return query_of(QueryDict(request.POST.get("query", "")[:4000]))
