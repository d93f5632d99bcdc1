"""The hotline operator's form: who calls, what and where it is, logged while the caller speaks; then number, code and
promised moment are read back. Everything in it works by the keyboard alone."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cases import categories
from cases.actors import Actor
from cases.api.intake import LOGGED_REPORT
from cases.choices import Channel, Urgency
from cases.errors import BadInput, KeyReused, NotPermitted
from cases.lists import cases_of
from cases.look_up import alike
from cases.models import Case
from cases.querysets import LONG
from cases.refusals import REFUSALS, Refusal, refusal_of
from cases.services import ACTIONS, Report, submit
from cases.services.idempotency import Reply, once
from grids.territory import territory_of
from portal.drafts import Typed
from portal.language import with_language
from portal.places import grid_of, towns

from .picking import name_of, shown_grid

EARLIER = 8
"""Matters of the caller that are shown; the desk's search has all."""
LEAST_PHONE, LEAST_WORDS = 7, 4
"""Characters from which on it is worth asking."""
READ_BACK = timedelta(hours=1)
"""So long who logged a case can read its code again."""


@dataclass(slots=True)
class Call(Typed):
    """What was typed. `grid` and `category` are codes; `lon` and `lat` come with an address that was picked; `same_as`
    is the number of the matter that the caller means as well."""

    category: str = ""
    urgency: str = ""
    same_as: str = ""

    def report(self) -> Report:
        """As the API takes it. Raises ValidationError and BadInput by field."""
        if not self.grid:
            raise BadInput(grid=_("say where it is: type a part of the place's name, and pick it"))
        said = self.voice() | {"channel": Channel.HOTLINE, "grid": self.grid, "category": self.category or None}
        if self.urgency:
            said["urgency"] = self.urgency
        if self.lon and self.lat:
            said |= {"lon": self.lon, "lat": self.lat, "coordinate_source": "wgs84"}
        return LOGGED_REPORT.read(said)

    @property
    def place(self) -> str:
        return shown_grid(self.grid)

    @property
    def kind(self) -> str:
        row = categories.book().by_code.get(self.category)
        return name_of(row) if row else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_language
@login_required
def call(request: HttpRequest) -> HttpResponse:
    """The form; after it was sent, with what is to be read back to the caller, ready for the next call."""
    if request.method != "POST":
        return _form(request, Call(), Refusal(200))
    said = Call.read(request.POST)
    try:
        kept = once(f"user:{request.user.pk}", f"call:{said.key}", said.fingerprint(), lambda: _logged(request, said))
    except REFUSALS as error:
        if isinstance(error, KeyReused):
            said.key = str(uuid.uuid4())
        refusal = refusal_of(error)
        return refusal.on(_form(request, said, refusal))
    return redirect(f"{reverse('desk-call')}?done={kept.body['number']}")


def _form(request: HttpRequest, said: Call, refusal: Refusal) -> HttpResponse:
    context = {
        "call": said,
        "problem": refusal.sentence,
        "errors": {name.replace("reporter.", "").replace(".", "_"): texts for name, texts in refusal.fields.items()},
        "urgencies": Urgency.choices,
        "towns": towns(territory_of(request.user)),
        "done": _read_back(request) if refusal.status == 200 else None,
    }
    return render(request, "portal/console/call.html", context, status=refusal.status)


def _read_back(request: HttpRequest) -> Case | None:
    """The case that this operator has just logged, with its code."""
    rows = Case.objects.filter(number=request.GET.get("done", "")[:32], logged_by=request.user.pk)
    return rows.filter(submitted_at__gte=timezone.now() - READ_BACK).defer(*LONG).first()


def _logged(request: HttpRequest, said: Call) -> Reply:
    actor = Actor.person(request.user)
    if not actor.territory.standings:
        raise NotPermitted(_("only who holds a post can log a case"))
    case = submit(said.report(), actor)
    if said.same_as:
        into = Case.objects.visible_to(request.user).filter(number=said.same_as).first()
        if into is None:
            raise BadInput(same_as=_("no case has the number %s") % said.same_as)
        ACTIONS["merge"](case, actor, into=into)
    return Reply(201, {"number": case.number})


@never_cache
@require_POST
@login_required
def caller(request: HttpRequest) -> HttpResponse:
    """The caller's earlier matters by their phone, as far as the operator might have the reporter shown. The number
    comes in the body: addresses are logged."""
    phone = request.POST.get("phone", "").strip()[:30]
    found: list[Case] = []
    asked = sum(character.isdigit() for character in phone) >= LEAST_PHONE
    if asked:
        with suppress(BadInput):  # not a number yet: the form says so when it is sent
            rows = cases_of(request.user, {"reporter_phone": phone}).defer(*LONG)
            found = list(rows.order_by("-submitted_at", "-pk")[:EARLIER])
    return render(request, "portal/console/caller.html", {"cases": found, "asked": asked})


@never_cache
@require_POST
@login_required
def alike_matters(request: HttpRequest) -> HttpResponse:
    """Matters of the last days at the same place that this may be: to join instead of repeat."""
    said = Call.read(request.POST)
    slot, row = grid_of(said.grid), categories.book().by_code.get(said.category)
    found: list[Case] = []
    if slot is not None and (len(said.text) >= LEAST_WORDS or row is not None):
        found = alike(request.user, said.text, slot.path, row.id if row else None)
    return render(request, "portal/console/alike.html", {"cases": found, "call": said})
