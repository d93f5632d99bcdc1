"""Doing something to a case: one verb each. Lock, check the table, write, record the event, in one transaction."""

from collections.abc import Callable
from typing import Any

from cases.workflow import TABLE

from .bulletin import publish, unpublish
from .desk import accept, dispatch, escalate, instruct, recategorise, reject, urge
from .handling import approve, finish, progress, return_case, send_back, sign, solve_on_spot
from .intake import Report, submit
from .joint import (
    answer_whistle,
    contribute,
    rate_co_handler,
    rate_lead,
    refuse_whistle,
    report_in,
    waive,
    whistle,
)
from .look_backs import look_back
from .merging import merge, unmerge
from .requests import decide_extension, request_extension
from .rulings import rule
from .supervision import answer_supervision, check_supervision, supervise
from .suspensions import decide_suspension, request_suspension, resume, review_suspension
from .sweep import sweep
from .voice import close, note, rate, reopen, reveal_reporter, withdraw

ACTIONS: dict[str, Callable[..., Any]] = {
    "accept": accept,
    "reject": reject,
    "merge": merge,
    "unmerge": unmerge,
    "dispatch": dispatch,
    "sign": sign,
    "return": return_case,
    "rule": rule,
    "solve_on_spot": solve_on_spot,
    "progress": progress,
    "report_in": report_in,
    "contribute": contribute,
    "waive": waive,
    "whistle": whistle,
    "answer_whistle": answer_whistle,
    "refuse_whistle": refuse_whistle,
    "rate_co_handler": rate_co_handler,
    "rate_lead": rate_lead,
    "escalate": escalate,
    "request_extension": request_extension,
    "decide_extension": decide_extension,
    "request_suspension": request_suspension,
    "decide_suspension": decide_suspension,
    "review_suspension": review_suspension,
    "resume": resume,
    "finish": finish,
    "approve": approve,
    "send_back": send_back,
    "rate": rate,
    "close": close,
    "reopen": reopen,
    "look_back": look_back,
    "publish": publish,
    "unpublish": unpublish,
    "urge": urge,
    "instruct": instruct,
    "supervise": supervise,
    "answer_supervision": answer_supervision,
    "check_supervision": check_supervision,
    "recategorise": recategorise,
    "withdraw": withdraw,
    "note": note,
    "reveal_reporter": reveal_reporter,
}
"""The service behind each row of the table, by the action's name."""

assert ACTIONS.keys() == TABLE.keys(), "each action of the table has one service"  # noqa: S101

__all__ = ["ACTIONS", "Report", "submit", "sweep"]
