"""Who helps with a case and how far they are, in words for its page; and what lead and helpers said of each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cases.api.files import CaseFile
from cases.choices import PeerScore
from cases.models import Assignment, PeerRating

By = PeerRating.By


@dataclass(frozen=True, slots=True)
class Helper:
    """A co-handler. `mark` is a class of the page's chips; `verdicts` are sentences that this reader may read."""

    unit_id: int
    state: str
    mark: str
    at: datetime | None
    contribution: str
    verdicts: list[str]


def helpers_of(file: CaseFile) -> list[Helper]:
    """The co-handlers that work on a case, or did so until it was closed."""
    shares = [share for share in file.assignments if share.part == Assignment.Part.CO]
    return [_helper(share, file) for share in shares if share.end_reason in ("", "closed")]


def _helper(share: Assignment, file: CaseFile) -> Helper:
    state, mark, at = _state(share)
    own = [verdict for verdict in file.peer_ratings if verdict["co_handler"] == share.unit_id]
    return Helper(share.unit_id, state, mark, at, share.contribution, list(map(_sentence, own)))


def _state(share: Assignment) -> tuple[str, str, datetime | None]:
    if share.reported_at is not None:
        return _("has done its part"), "solved", share.reported_at
    if share.waived_at is not None:
        return _("nothing is asked of it"), "calm", share.waived_at
    if share.reported_in_at is not None:
        return _("has reported in"), "action", share.reported_in_at
    return _("still to report in"), "soon", None


def _sentence(verdict: dict[str, Any]) -> str:
    said = {"score": PeerScore(verdict["score"]).label, "comment": verdict["comment"]}
    if verdict["by"] == By.LEAD:
        return (_("The lead on it: %(score)s %(comment)s") % said).strip()
    return (_("It on the lead: %(score)s %(comment)s") % said).strip()
