"""Papers of a case, each at an address of its own: the work order (交办单) and every supervision order (督办单). Paper
is lost more easily than a password: it names no reporter, and of who asked for secrecy not even their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.api.files import CaseFile, seen_file
from cases.choices import DeadlineKind, DeadlineState, EventKind
from cases.models import Case, CaseEvent, Deadline
from portal.language import with_language

DEMANDS = frozenset({EventKind.DISPATCHED, EventKind.RULED, EventKind.INSTRUCTED, EventKind.URGED})
"""Lines of history that say what the unit is to do."""
SAID_IN = ("note", "reason")


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that can be printed."""

    label: str
    address: str


def prints_of(request: HttpRequest, case: Case, file: CaseFile) -> list[Paper]:
    """The papers that a case has now."""
    papers = []
    if case.lead_unit_id is not None:
        papers.append(Paper(_("Work order"), reverse("print-work-order", args=[case.number])))
    for order in file.orders:
        name = _("Listed supervision") if order.listed else _("Supervision order")
        papers.append(Paper(f"{name} {order.pk}", reverse("print-supervision", args=[case.number, order.pk])))
    return papers


@never_cache
@require_safe
@with_language
@login_required
def work_order(request: HttpRequest, number: str) -> HttpResponse:
    """What the lead unit is given: the matter, until when, and what is asked of it."""
    said: Any = request
    case = seen_file(said, number)
    if case.lead_unit_id is None:
        raise Http404
    file: CaseFile = case.file
    context = {
        "lead": case.lead_unit_id,
        "due": _running(file, DeadlineKind.HANDLE),
        "demands": [demand for event in file.events if (demand := _demand(event))],
        "helpers": case.co_unit_ids,
    }
    return _paper(request, "portal/console/work_order.html", case, context)


@never_cache
@require_safe
@with_language
@login_required
def supervision(request: HttpRequest, number: str, pk: str) -> HttpResponse:
    """A supervision order: to whom, by when, what is asked, and room for the answer."""
    said: Any = request
    case = seen_file(said, number)
    file: CaseFile = case.file
    order = next((one for one in file.orders if one.pk == int(pk)), None)
    if order is None:
        raise Http404
    due = next((clock.due_at for clock in order.deadlines.all() if clock.kind == DeadlineKind.SUPERVISE), None)
    late = [clock for clock in file.clocks if clock.flagged_at is not None]
    return _paper(
        request, "portal/console/supervision_order.html", case, {"order": order, "due": due, "late": late[-3:]}
    )


def _paper(request: HttpRequest, template: str, case: Case, context: dict[str, Any]) -> HttpResponse:
    shown = {"case": case, "qr": case_qr(case), "printed_at": timezone.now(), "words_shown": not case.secret}
    return render(request, template, shown | context)


def _running(file: CaseFile, kind: DeadlineKind) -> Deadline | None:
    going = (DeadlineState.RUNNING, DeadlineState.PAUSED)
    return next((clock for clock in file.clocks if clock.kind == kind and clock.state in going), None)


def _demand(event: CaseEvent) -> tuple[CaseEvent, str] | None:
    """A line that asks for something, with its words; None for any other."""
    words = " ".join(str(event.payload[name]) for name in SAID_IN if event.payload.get(name))
    return (event, words) if event.kind in DEMANDS and words else None


def case_qr(case: Case) -> SafeString:
    """A QR code that opens the case for whoever may see it."""
    address = f"{settings.SITE_URL}{reverse('case-page', args=[case.number])}"
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        border=2, light="#fff", svgclass="qr-code", omitsize=True
    )
    return mark_safe(drawn)  # noqa: S308  drawn here, of our own characters
