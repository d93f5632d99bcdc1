"""Which move is legal, and who may make it: one table. The API's actions, the buttons, the admin and the diagram in
the docs are generated from it; the services ask it before they write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from grids import tree
from grids.choices import Level, Role
from grids.territory import Standing

from .actors import Actor, ActorKind
from .choices import OPEN, Finding, Outcome, PeerScore, RejectReason, Satisfaction, Status, Urgency
from .errors import IllegalMove, NotPermitted


class Relation(StrEnum):
    """How somebody stands to a case."""

    ON_DUTY = "on_duty"  # an authority over its grid, at the level that has it or above
    ON_THE_GROUND = "on_the_ground"  # an authority over its grid, at any level
    LEAD = "lead"  # the lead unit
    HANDLER = "handler"  # the lead unit or a co-handler
    CO_HANDLER = "co_handler"  # a co-handler
    DISPATCHER = "dispatcher"  # the unit that dispatched it, or an authority above that
    ABOVE = "above"  # an authority over its grid, above the level that has it
    DECIDER = "decider"  # an authority over its grid, above the level that has it; at the top, its own leader
    PARTY = "party"  # a unit that was ever given a share or an order
    RESIDENT = "resident"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Who:
    """People in a relation to the case, in any of these posts (no posts: any)."""

    relation: Relation
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Input:
    """What an action asks for. `kind` is text, choice, flag, unit, units, co_handler (a unit that helps in this case),
    category, case (a number), days (a number, tenths allowed), date, or order (the id of a supervision order of this
    case)."""

    name: str
    label: Any
    kind: str = "text"
    required: bool = True
    max_length: int = 2000
    choices: type[Any] | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One row: from which statuses to which, who may, and what they must say. `targets` empty: the status stays."""

    action: str
    label: Any
    sources: tuple[Status, ...]
    targets: tuple[Status, ...]
    who: tuple[Who, ...]
    inputs: tuple[Input, ...] = ()


def _by(relation: Relation, *roles: Role) -> Who:
    return Who(relation, frozenset(roles))


S, R = Status, Relation
RESIDENT, CLOCK = Who(R.RESIDENT), Who(R.CLOCK)
DISPATCHERS = _by(R.ON_DUTY, Role.DISPATCHER, Role.VILLAGE_HEAD, Role.LEADER)
LEAD = _by(R.LEAD, Role.OFFICER, Role.VILLAGE_HEAD, Role.DISPATCHER, Role.LEADER, Role.GRID_WORKER)
HANDLER = _by(R.HANDLER, Role.OFFICER, Role.VILLAGE_HEAD, Role.DISPATCHER, Role.LEADER, Role.GRID_WORKER)
CO_HANDLER = _by(R.CO_HANDLER, Role.OFFICER, Role.VILLAGE_HEAD, Role.DISPATCHER, Role.LEADER, Role.GRID_WORKER)
ABOVE = _by(R.ABOVE, Role.DISPATCHER, Role.VILLAGE_HEAD, Role.LEADER)
CHECKER = _by(R.DISPATCHER, Role.DISPATCHER, Role.VILLAGE_HEAD, Role.LEADER)
REVISITOR = _by(R.ON_THE_GROUND, Role.DISPATCHER, Role.SUPERVISOR)
ABOVE_IT = _by(R.DECIDER, Role.DISPATCHER, Role.LEADER)
ADDRESSED = _by(R.PARTY, Role.OFFICER, Role.VILLAGE_HEAD, Role.DISPATCHER, Role.LEADER)
WATCHER = _by(R.ON_THE_GROUND, Role.SUPERVISOR, Role.LEADER)
PUBLISHER = _by(R.ON_THE_GROUND, Role.DISPATCHER, Role.SUPERVISOR, Role.LEADER)

NOTE = Input("note", _("what was done or seen"))
DEMAND = Input("note", _("what is to be done"))
REASON = Input("reason", _("reason"))
OPTIONAL_NOTE = Input("note", _("note"), required=False)
LEAD_UNIT = Input("lead", _("lead unit"), "unit")
CO_UNITS = Input("co_handlers", _("co-handlers"), "units", required=False)
CO_UNIT = Input("unit", _("co-handler"), "co_handler")
SCORE = Input("score", _("score"), "choice", choices=PeerScore)
COMMENT = Input("comment", _("comment"), required=False)
CATEGORY = Input("category", _("category"), "category", required=False)
URGENCY = Input("urgency", _("urgency"), "choice", required=False, choices=Urgency)
GRANTED = Input("granted", _("is it granted?"), "flag")
REVIEW_ON = Input("review_on", _("to be looked at again on"), "date")
ORDER = Input("order", _("supervision order"), "order", required=False)
VERDICT = (
    Input("solved", _("is it solved?"), "flag"),
    Input("satisfaction", _("satisfied?"), "choice", choices=Satisfaction),
    COMMENT,
)

SUBMIT = Move("submit", _("submit"), (), (S.SUBMITTED, S.ACCEPTED),
              (RESIDENT, _by(R.ON_THE_GROUND, *(role for role in Role if role != Role.ADMINISTRATOR))))  # fmt: skip
"""How a case begins: by a resident; or by a post holder over the place, who has thereby accepted it."""

MOVES: tuple[Move, ...] = (
    Move("accept", _("accept"), (S.SUBMITTED,), (S.ACCEPTED,),
         (_by(R.ON_DUTY, Role.DISPATCHER, Role.VILLAGE_HEAD),), (CATEGORY, URGENCY, OPTIONAL_NOTE)),
    Move("reject", _("reject"), (S.SUBMITTED,), (S.REJECTED,),
         (_by(R.ON_DUTY, Role.DISPATCHER, Role.VILLAGE_HEAD),),
         (Input("reason_code", _("reason"), "choice", choices=RejectReason),
          Input("text", _("explanation that the resident reads")))),
    Move("merge", _("merge into another case"), OPEN, (S.MERGED,),
         (_by(R.ON_DUTY, Role.DISPATCHER),), (Input("into", _("number of the other case"), "case"), OPTIONAL_NOTE)),
    Move("unmerge", _("undo the merger"), (S.MERGED,), OPEN, (_by(R.ON_DUTY, Role.DISPATCHER),), (OPTIONAL_NOTE,)),
    Move("dispatch", _("dispatch"), (S.ACCEPTED, S.DISPATCHED, S.HANDLING), (S.DISPATCHED,),
         (DISPATCHERS,), (LEAD_UNIT, CO_UNITS, OPTIONAL_NOTE)),
    Move("sign", _("sign"), (S.DISPATCHED,), (S.HANDLING,), (LEAD,), (OPTIONAL_NOTE,)),
    Move("return", _("return"), (S.DISPATCHED, S.HANDLING), (S.ACCEPTED,), (LEAD,), (REASON,)),
    Move("rule", _("rule whose job it is"), (S.ACCEPTED,), (S.DISPATCHED,),
         (_by(R.ABOVE, Role.DISPATCHER),), (LEAD_UNIT, CO_UNITS, REASON)),
    Move("solve_on_spot", _("solved on the spot"), (S.SUBMITTED, S.ACCEPTED), (S.FEEDBACK,),
         (_by(R.ON_THE_GROUND, Role.GRID_WORKER, Role.VILLAGE_HEAD),), (NOTE,)),
    Move("progress", _("report progress"), (S.DISPATCHED, S.HANDLING), (), (HANDLER,), (NOTE,)),
    Move("report_in", _("report in"), (S.DISPATCHED, S.HANDLING), (), (CO_HANDLER,), (OPTIONAL_NOTE,)),
    Move("contribute", _("report one's part done"), (S.DISPATCHED, S.HANDLING), (), (CO_HANDLER,), (NOTE,)),
    Move("waive", _("ask no more of a co-handler"), (S.DISPATCHED, S.HANDLING), (),
         (LEAD, DISPATCHERS), (CO_UNIT, REASON)),
    Move("whistle", _("whistle for departments"), (S.HANDLING,), (), (LEAD,),
         (Input("wanted", _("who is needed"), max_length=300), REASON)),
    Move("answer_whistle", _("send departments"), (S.HANDLING,), (), (ABOVE,),
         (Input("co_handlers", _("co-handlers"), "units"), OPTIONAL_NOTE)),
    Move("refuse_whistle", _("refuse the whistle"), (S.HANDLING,), (), (ABOVE,), (REASON,)),
    Move("rate_co_handler", _("rate a co-handler"), (S.HANDLING, S.REVIEW, S.FEEDBACK), (),
         (LEAD,), (CO_UNIT, SCORE, COMMENT)),
    Move("rate_lead", _("rate the lead"), (S.HANDLING, S.REVIEW, S.FEEDBACK), (), (CO_HANDLER,), (SCORE, COMMENT)),
    Move("escalate", _("escalate"), (S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.HANDLING, S.REVIEW),
         (S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.REVIEW),
         (LEAD, _by(R.ON_DUTY, Role.DISPATCHER, Role.VILLAGE_HEAD), CLOCK), (REASON,)),
    Move("request_extension", _("ask for more time"), (S.DISPATCHED, S.HANDLING), (), (LEAD,),
         (Input("days", _("days more"), "days"), REASON)),
    Move("decide_extension", _("decide on more time"), (S.DISPATCHED, S.HANDLING), (), (ABOVE_IT,),
         (GRANTED, Input("days", _("days granted, where not as asked"), "days", required=False), OPTIONAL_NOTE)),
    Move("request_suspension", _("ask to suspend"), (S.HANDLING,), (), (LEAD,), (REVIEW_ON, REASON)),
    Move("decide_suspension", _("decide on the suspension"), (S.HANDLING,), (S.SUSPENDED, S.HANDLING), (ABOVE_IT,),
         (GRANTED, Input("review_on", _("look again on, where not as asked"), "date", required=False),
          OPTIONAL_NOTE)),
    Move("review_suspension", _("leave suspended until another day"), (S.SUSPENDED,), (), (ABOVE_IT,),
         (REVIEW_ON, REASON)),
    Move("resume", _("go on with it"), (S.SUSPENDED,), (S.HANDLING,), (LEAD, ABOVE_IT), (OPTIONAL_NOTE,)),
    Move("finish", _("finish handling"), (S.HANDLING,), (S.REVIEW,), (LEAD,),
         (Input("outcome", _("outcome"), "choice", choices=Outcome),
          Input("reply", _("reply that the resident reads"), max_length=5000))),
    Move("approve", _("approve"), (S.REVIEW,), (S.FEEDBACK,), (CHECKER,), (OPTIONAL_NOTE,)),
    Move("send_back", _("send back"), (S.REVIEW,), (S.HANDLING,), (CHECKER,), (REASON,)),
    Move("rate", _("rate"), (S.FEEDBACK,), (S.CLOSED, S.HANDLING, S.DISPATCHED), (RESIDENT, REVISITOR), VERDICT),
    Move("close", _("close"), (S.FEEDBACK,), (S.CLOSED,), (CLOCK, REVISITOR), (OPTIONAL_NOTE,)),
    Move("reopen", _("reopen"), (S.CLOSED,), (S.HANDLING, S.DISPATCHED),
         (RESIDENT, _by(R.ON_THE_GROUND, Role.SUPERVISOR)), (REASON,)),
    Move("look_back", _("look back on it"), (S.CLOSED,), (S.CLOSED, S.HANDLING, S.DISPATCHED), (WATCHER,),
         (Input("finding", _("found"), "choice", choices=Finding), OPTIONAL_NOTE)),
    Move("publish", _("publish in the bulletin"), (S.CLOSED,), (), (PUBLISHER,),
         (Input("title", _("what it was, without persons and exact places"), max_length=200),
          Input("reply", _("what was done, without persons and exact places"), max_length=5000))),
    Move("unpublish", _("take out of the bulletin"), (S.CLOSED,), (), (PUBLISHER,), (REASON,)),
    Move("urge", _("urge"), OPEN, (),
         (_by(R.ON_DUTY, Role.DISPATCHER, Role.LEADER, Role.SUPERVISOR),), (DEMAND,)),
    Move("instruct", _("instruct"), OPEN, (), (_by(R.ON_THE_GROUND, Role.LEADER),), (DEMAND,)),
    Move("supervise", _("give a supervision order"), OPEN, (), (WATCHER,),
         (Input("text", _("order")), Input("unit", _("addressed to, where not who has it"), "unit", required=False),
          Input("listed", _("listed supervision?"), "flag", required=False))),
    Move("answer_supervision", _("answer a supervision order"), OPEN, (), (ADDRESSED,),
         (Input("reply", _("answer"), max_length=5000), ORDER)),
    Move("check_supervision", _("check the answer to a supervision order"), OPEN, (), (WATCHER,),
         (Input("accepted", _("is the answer good?"), "flag"), OPTIONAL_NOTE, ORDER)),
    Move("recategorise", _("change category or urgency"), OPEN, (),
         (_by(R.ON_DUTY, Role.DISPATCHER, Role.VILLAGE_HEAD),), (CATEGORY, URGENCY, REASON)),
    Move("withdraw", _("withdraw"), (S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.HANDLING), (S.WITHDRAWN,),
         (RESIDENT,), (Input("reason", _("reason"), required=False),)),
    Move("note", _("add a note"), (*OPEN, S.CLOSED), (),
         (RESIDENT, _by(R.ON_THE_GROUND), HANDLER), (NOTE,)),
    Move("reveal_reporter", _("show the reporter's data"), tuple(Status), (),
         (DISPATCHERS, REVISITOR, HANDLER), (REASON,)),
)  # fmt: skip

TABLE: dict[str, Move] = {move.action: move for move in MOVES}


def check(case: Any, action: str, actor: Actor) -> Move:
    """The move, if the case's status allows it and this actor may make it.

    Raises IllegalMove for a wrong status, then NotPermitted for a wrong person.
    """
    move = TABLE[action]
    if case.status not in move.sources:
        raise IllegalMove(
            _("“%(action)s” is not possible while the case is “%(status)s”; it is possible in: %(sources)s")
            % {
                "action": move.label,
                "status": Status(case.status).label,
                "sources": ", ".join(str(s.label) for s in move.sources),
            }
        )
    if not permitted(case, move, actor):
        raise NotPermitted(_("“%(action)s” is not up to you in this case") % {"action": move.label})
    return move


def available(case: Any, actor: Actor) -> list[Move]:
    """The moves that this actor can make now, in the table's order."""
    return [move for move in MOVES if case.status in move.sources and permitted(case, move, actor)]


def permitted(case: Any, move: Move, actor: Actor) -> bool:
    """Whether the actor may make the move, whatever the status."""
    if actor.kind is ActorKind.IMPORT:
        return True
    if actor.kind is ActorKind.PERSON:
        return standing_for(case, move, actor) is not None
    return any(who.relation == actor.kind.value for who in move.who)


def standing_for(case: Any, move: Move, actor: Actor) -> Standing | None:
    """The post by which the actor may make the move: the nearest to the case where there are several."""
    fitting = [s for s in actor.territory.standings if _fits(case, move.who, s)]
    return max(fitting, key=lambda s: (s.unit_id == case.lead_unit_id, len(s.unit_path)), default=None)


def _fits(case: Any, whos: Iterable[Who], standing: Standing) -> bool:
    return any((not who.roles or standing.role in who.roles) and _stands(case, who.relation, standing) for who in whos)


def _stands(case: Any, relation: Relation, standing: Standing) -> bool:
    over = standing.covers(case.grid_path)
    rank, level = Level(standing.unit_level).rank, Level(case.level).rank
    match relation:
        case Relation.ON_DUTY:
            return over and rank <= level
        case Relation.ON_THE_GROUND:
            return over
        case Relation.LEAD:
            return standing.unit_id == case.lead_unit_id
        case Relation.HANDLER:
            return standing.unit_id == case.lead_unit_id or standing.unit_id in case.co_unit_ids
        case Relation.CO_HANDLER:
            return standing.unit_id in case.co_unit_ids
        case Relation.DISPATCHER:
            return standing.unit_id == case.dispatching_unit_id or (over and rank < level)
        case Relation.ABOVE:
            return over and rank < level
        case Relation.DECIDER:
            return over and (rank < level or (rank == level and _leads_the_top(standing)))
        case Relation.PARTY:
            return standing.unit_id in case.unit_ids
        case _:
            return False


def _leads_the_top(standing: Standing) -> bool:
    """Where nobody is above, the leader answers for the level."""
    return standing.role == Role.LEADER and tree.authority_above(standing.unit_path) is None


def diagram() -> str:
    """The table as a Mermaid state diagram, for the docs."""
    return "\n".join(["stateDiagram-v2", "    [*] --> submitted: submit", *_arrows(), *_ends()])


def _arrows() -> Iterator[str]:
    for move in MOVES:
        for source in move.sources:
            targets = move.targets
            if move.action == "escalate":
                targets = (S.DISPATCHED,) if source in (S.DISPATCHED, S.HANDLING) else (source,)
            for target in targets:
                yield f"    {source.value} --> {target.value}: {move.action}"


def _ends() -> Iterator[str]:
    for status in Status:
        if status not in OPEN:
            yield f"    {status.value} --> [*]"
