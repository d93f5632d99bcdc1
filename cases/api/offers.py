"""What is offered to somebody who looks at a case: what the table allows, without what the service would refuse for
what the case is. Shares are read once, with what lead and co-handlers said of each other, for the file as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from cases import policies
from cases.actors import Actor
from cases.models import Assignment, Case, PeerRating
from cases.querysets import reads_peer_rating
from cases.secrecy import keeps_secret_from
from cases.workflow import TABLE, Move, available, standing_for
from grids import tree
from grids.territory import Territory

from .waiting import ANSWERS, Waiting, is_moot, is_spent

CO, By = Assignment.Part.CO, PeerRating.By


SAID = JSONObject(by="by", unit="unit_id", score="score", comment="comment", at="at")
VERDICTS = ArraySubquery(PeerRating.objects.filter(share=OuterRef("pk")).order_by("pk").values(json=SAID))
"""What lead and co-handler gave each other, as a column of a share."""


def with_verdicts(shares: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """Shares with their `verdicts`, in the same query."""
    return shares.annotate(verdicts=VERDICTS)


def peer_ratings(case: Case, shares: Sequence[Assignment], territory: Territory) -> list[dict[str, Any]]:
    """The verdicts of lead and co-handlers on each other that this reader may read."""
    return [
        verdict | {"co_handler": share.unit_id, "at": datetime.fromisoformat(verdict["at"])}
        for share in shares
        for verdict in share.verdicts  # type: ignore[attr-defined]  # with_verdicts annotates it
        if reads_peer_rating(territory, case, share.unit_id)
    ]


def offered(
    case: Case, actor: Actor, shares: Sequence[Assignment] | None = None, waiting: Waiting | None = None
) -> Sequence[Move]:
    """The moves that this actor can make now and that the case, as it is, will take. `shares` are the case's with their
    verdicts, `waiting` is what waits for an answer; they are read where None."""
    moves = [move for move in available(case, actor) if not is_spent(move, case)]
    if any(move.action in ANSWERS for move in moves):
        waits = waiting or Waiting.on(case)
        moves = [move for move in moves if not is_moot(move, actor, waits)]
    if shares is None and any(move.action in WITH_SHARES for move in moves):
        shares = list(with_verdicts(case.assignments.all()))
    running = [share for share in shares or () if share.ended_at is None and share.part == CO]
    return [move for move in moves if not _hidden(move, case, actor, running)]


def _hidden(move: Move, case: Case, actor: Actor, shares: Sequence[Assignment]) -> bool:
    if rule := WITH_SHARES.get(move.action):
        standing = standing_for(case, TABLE[move.action], actor)
        unit = standing.unit_id if standing else None
        return not rule(shares, [share for share in shares if share.unit_id == unit])
    match move.action:
        case "reveal_reporter":
            return case.reporter_sealed is None or keeps_secret_from(case, actor)
        case "return":
            return case.binding or case.returns >= policies.book()[case.policy_id].max_returns
        case "whistle":
            lead = tree.unit(case.lead_unit_id) if case.lead_unit_id else None
            return lead is None or tree.authority_above(lead.path) is None
    return False


Shares = Sequence[Assignment]


def _asked(share: Assignment) -> bool:
    return share.reported_at is None and share.waived_at is None


def _unjudged(share: Assignment, by: str) -> bool:
    verdicts: list[dict[str, Any]] = share.verdicts  # type: ignore[attr-defined]  # with_verdicts annotates it
    return share.reported_at is not None and all(verdict["by"] != by for verdict in verdicts)


WITH_SHARES: dict[str, Callable[[Shares, Shares], bool]] = {
    "report_in": lambda _all, own: any(share.reported_in_at is None for share in own),
    "contribute": lambda _all, own: any(share.reported_at is None for share in own),
    "waive": lambda shares, _own: any(map(_asked, shares)),
    "rate_co_handler": lambda shares, _own: any(_unjudged(share, By.LEAD) for share in shares),
    "rate_lead": lambda _all, own: any(_unjudged(share, By.CO) for share in own),
}
"""For what hangs on the co-handlers' running shares: whether there is one, among all or the actor's own, to do it
with."""
