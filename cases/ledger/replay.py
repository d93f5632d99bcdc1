"""What an entry went through, once more and through the same services, at its own times and without telling anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from cases.actors import IMPORT
from cases.choices import RejectReason
from cases.errors import BadInput
from cases.models import Case
from cases.routing import propose
from cases.services import desk, handling, intake, voice
from grids.models import Unit

from .entries import Answer, Entry
from .mapping import OpenRows


class Replay:
    """Replays entries; knows the units that it has met."""

    def __init__(self, open_rows: OpenRows, now: datetime) -> None:
        self.open_rows = open_rows
        self.now = now
        self._units: dict[int, Unit] = {}

    @property
    def single_step(self) -> bool:
        """Whether a row without a reply is one call of one service."""
        return self.open_rows is not OpenRows.CLOSED

    def play(self, entry: Entry) -> Case:
        """The entry as a case: closed where it was answered, else what the map says becomes of open rows.

        Raises CaseError where a service refuses it; the caller's transaction takes back what was written.
        """
        if entry.answer is not None:
            return self._answered(entry, entry.answer)
        clock_from = None if self.open_rows is OpenRows.OWN_TIME else self.now
        case = intake.submit(entry.report, IMPORT, at=entry.submitted_at, clock_from=clock_from)
        if self.open_rows is OpenRows.CLOSED:
            text = _("filed from “%(source)s”, which has no reply") % {"source": entry.report.source}
            case = desk.reject(case, IMPORT, reason_code=RejectReason.OTHER, text=text, at=self.now)
        return case

    def _answered(self, entry: Entry, answer: Answer) -> Case:
        actor = replace(IMPORT, unclocked=answer.unknown)
        case = intake.submit(entry.report, actor, at=entry.submitted_at)
        case = desk.accept(case, actor, at=answer.accepted_at)
        lead, why = self._lead(case)
        case = desk.dispatch(case, actor, lead=lead, note=why, at=answer.dispatched_at)
        case = handling.sign(case, actor, at=answer.signed_at)
        case = handling.finish(case, actor, outcome=answer.outcome, reply=answer.reply, at=answer.replied_at)
        case = handling.approve(case, actor, at=answer.replied_at)
        return voice.close(case, actor, at=answer.replied_at)

    def _lead(self, case: Case) -> tuple[Unit, str]:
        proposal = propose(case.grid_path, case.category_id)
        if proposal.unit_id is None:
            raise BadInput(grid=_("no unit serves it: make the units of this city first"))
        unit = self._units.get(proposal.unit_id)
        if unit is None:
            unit = self._units[proposal.unit_id] = Unit.objects.get(pk=proposal.unit_id)
        return unit, proposal.why
