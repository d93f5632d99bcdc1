"""What waits for an answer on a case: whistles, requests, supervision orders and look-backs, as its clocks and orders
tell."""

from __future__ import annotations

from cases import policies
from cases.actors import Actor
from cases.choices import DeadlineKind, DeadlineState
from cases.models import Case, Deadline, LookBackItem, SupervisionOrder
from cases.workflow import Move

ANSWERS = frozenset({
    "request_extension", "decide_extension", "request_suspension", "decide_suspension", "answer_supervision",
    "check_supervision", "whistle", "answer_whistle", "refuse_whistle",
})  # fmt: skip
"""Actions for which it matters what waits."""


def orders_of(case: Case) -> list[SupervisionOrder]:
    """Its supervision orders; the case counts them, so that most are not asked for any."""
    return list(case.orders.prefetch_related("deadlines")) if case.supervisions else []


class Waiting:
    """What waits for an answer on a case, as its running clocks and its orders tell."""

    def __init__(self, clocks: list[Deadline], orders: list[SupervisionOrder]) -> None:
        going = (DeadlineState.RUNNING, DeadlineState.PAUSED)
        self.clocks = {clock.kind: clock for clock in clocks if clock.state in going}
        self.orders = orders

    @classmethod
    def on(cls, case: Case) -> Waiting:
        """Read anew, for a case that has just changed."""
        return cls(list(case.deadlines.filter(state__in=("running", "paused"))), orders_of(case))


def is_moot(move: Move, actor: Actor, waiting: Waiting) -> bool:
    """Whether nothing waits for this answer, or it has been asked already."""
    match move.action:
        case "request_extension":
            return DeadlineKind.EXTENSION in waiting.clocks or DeadlineKind.HANDLE not in waiting.clocks
        case "decide_extension":
            return DeadlineKind.EXTENSION not in waiting.clocks
        case "request_suspension":
            return DeadlineKind.SUSPENSION in waiting.clocks
        case "decide_suspension":
            return DeadlineKind.SUSPENSION not in waiting.clocks
        case "whistle":
            return DeadlineKind.WHISTLE in waiting.clocks
        case "answer_whistle" | "refuse_whistle":
            return DeadlineKind.WHISTLE not in waiting.clocks
        case "answer_supervision":
            units = {standing.unit_id for standing in actor.territory.standings}
            return not any(o.state == SupervisionOrder.State.OPEN and o.unit_id in units for o in waiting.orders)
        case "check_supervision":
            return not any(o.state == SupervisionOrder.State.ANSWERED for o in waiting.orders)
    return False


def is_spent(move: Move, case: Case) -> bool:
    """Whether the policy allows no more of it, or no sample holds the case."""
    if move.action == "request_extension":
        return case.extensions >= policies.book()[case.policy_id].max_extensions
    if move.action == "look_back":
        return not LookBackItem.objects.filter(case=case, finding="").exists()
    return False
