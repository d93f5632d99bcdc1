"""Cases in any status, brought there by the services: what tests of the workflow, the clock and the API start from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cases.actors import RESIDENT, Actor
from cases.choices import Status
from cases.models import Case
from cases.reporter import Reporter
from cases.services import ACTIONS, Report, submit
from cases.services.look_backs import draw_look_back
from cases.services.publishing import publish, read_promises
from cases.workflow import TABLE

from .cast import Cast

DATA = Path(__file__).resolve().parent.parent / "cases" / "data"

WAYS: dict[Status, tuple[str, ...]] = {
    Status.SUBMITTED: (),
    Status.ACCEPTED: ("accept",),
    Status.DISPATCHED: ("accept", "dispatch"),
    Status.HANDLING: ("accept", "dispatch", "sign"),
    Status.SUSPENDED: ("accept", "dispatch", "sign", "request_suspension", "decide_suspension"),
    Status.REVIEW: ("accept", "dispatch", "sign", "finish"),
    Status.FEEDBACK: ("accept", "dispatch", "sign", "finish", "approve"),
    Status.CLOSED: ("accept", "dispatch", "sign", "finish", "approve", "rate"),
    Status.REJECTED: ("reject",),
    Status.MERGED: ("merge",),
    Status.WITHDRAWN: ("withdraw",),
}
"""The shortest way into each status."""
FIRST: dict[str, tuple[str, ...]] = {
    "decide_extension": ("request_extension",),
    "decide_suspension": ("request_suspension",),
    "answer_supervision": ("supervise",),
    "check_supervision": ("supervise", "answer_supervision"),
    "unpublish": ("publish",),
}
"""What must have been asked before it can be answered."""


WITH_CO_HANDLER = ("report_in", "contribute", "waive", "rate_co_handler", "rate_lead")
"""Actions for which the case needs a co-handler: the town's authority."""
AFTER_WHISTLE = ("answer_whistle", "refuse_whistle")


@dataclass(frozen=True, slots=True)
class Stories:
    """Brings cases somewhere. The lead unit is the county's urban management, dispatched by the county."""

    cast: Cast

    def submit(self, at: datetime | None = None, *, by: Actor = RESIDENT, **said: Any) -> Case:
        """A case in `cast.cell`, a resident's unless somebody else logs it."""
        lon, lat = self.cast.inside
        report = {"title": "路灯不亮", "text": "北关村东头的路灯三天不亮了", "lon": lon, "lat": lat}
        report |= {"coordinate_source": "wgs84", "reporter": Reporter("何大年", "+8613812345678")}
        return submit(Report(**(report | said)), by, at=at)

    def actor(self, action: str) -> Actor:
        """Somebody who may take this step on the shortest way."""
        officer = ("sign", "finish", "request_extension", "request_suspension", "resume")
        officer += ("waive", "whistle", "rate_co_handler")
        by = dict.fromkeys(officer, self.cast.county_officer) | {"supervise": self.cast.supervisor}
        by |= dict.fromkeys(("report_in", "contribute", "rate_lead"), self.cast.town_dispatcher)
        by |= dict.fromkeys((*AFTER_WHISTLE, "decide_extension", "decide_suspension"), self.cast.city_dispatcher)
        if action in ("rate", "withdraw", "reopen"):
            return RESIDENT
        return Actor.person(by.get(action, self.cast.county_dispatcher))

    def inputs(self, action: str) -> dict[str, Any]:
        """Good inputs for any action."""
        match action:
            case "reject":
                return {"reason_code": "no_facts", "text": "请补充地点"}
            case "merge":
                return {"into": self.submit()}
            case "dispatch":
                return {"lead": self.cast.urban_management}
            case "rule":
                return {"lead": self.cast.urban_management, "reason": "职责清单第 3 条"}
            case "finish":
                return {"outcome": "solved", "reply": "路灯已修好"}
            case "publish":
                return {"title": "村东头路灯不亮", "reply": "路灯已修好"}
            case "rate":
                return {"solved": True, "satisfaction": "satisfied"}
            case "request_extension":
                return {"days": Decimal(2), "reason": "等配件到货"}
            case "request_suspension" | "review_suspension":
                return {"review_on": (timezone.localdate() + timedelta(days=30)), "reason": "待规划批复"}
            case "decide_extension" | "decide_suspension":
                return {"granted": True}
            case "supervise":
                return {"text": "三日内报告办理情况"}
            case "answer_supervision":
                return {"reply": "已安排专人办理"}
            case "check_supervision":
                return {"accepted": True}
            case "look_back":
                return {"finding": "sound"}
            case "recategorise":
                return {"urgency": "urgent", "reason": "停电"}
            case "waive":
                return {"unit": self.cast.town_authority, "reason": "已无需协办"}
            case "rate_co_handler":
                return {"unit": self.cast.town_authority, "score": 4}
            case "rate_lead":
                return {"score": 5}
            case "whistle":
                return {"wanted": "市供水公司", "reason": "灯杆下有水管"}
            case "answer_whistle":
                return {"co_handlers": [self.cast.city_water]}
            case "refuse_whistle" | "return" | "escalate" | "send_back" | "reopen" | "unpublish" | "reveal_reporter":
                return {"reason": "理由"}
            case "solve_on_spot" | "progress" | "contribute" | "urge" | "instruct" | "note":
                return {"note": "已到现场"}
            case _:
                return {}

    def do(self, case: Case, action: str, actor: Actor | None = None, **kwargs: Any) -> Case:
        """One action, with good inputs unless others are given."""
        result: Case = ACTIONS[action](case, actor or self.actor(action), **(self.inputs(action) | kwargs))
        return result

    def prepare(self, case: Case, action: str) -> Case:
        """The same case where this action has something to answer."""
        if action == "look_back":
            today = timezone.localdate()
            draw_look_back(
                self.cast.city, today.year, (today.month + 2) // 3, 100, at=case.updated_at + timedelta(days=99)
            )
        for before in FIRST.get(action, ()):
            answers = before == "answer_supervision"
            case = self.do(case, before, self.addressed(case) if answers else None)
        return case

    def addressed(self, case: Case) -> Actor:
        """Somebody of the unit that the newest order on a case names."""
        post = case.orders.latest("pk").unit.posts.exclude(role="grid_worker").earliest("pk")
        return Actor.person(post.user)

    def bring(self, status: str, at: datetime | None = None, **said: Any) -> Case:
        """A case in this status, all steps at one moment."""
        case = self.submit(at, **said)
        for action in WAYS[Status(status)]:
            case = self.do(case, action, at=at)
        return case

    def bring_for(self, action: str, status: Status) -> Case:
        """A case in this status with what the action needs besides."""
        case = self.submit()
        for step in WAYS[status]:
            joint = step == "dispatch" and action in WITH_CO_HANDLER
            if step == "finish" and case.assignments.filter(part="co", reported_at=None).exists():
                case = self.do(case, "contribute")
            case = self.do(case, step, **({"co_handlers": [self.cast.town_authority]} if joint else {}))
            if joint and action.startswith("rate_"):
                case = self.do(case, "contribute")
        if status == Status.HANDLING and action in AFTER_WHISTLE:
            case = self.do(case, "whistle")
        return self.prepare(case, action) if status in TABLE[action].sources else case


def publish_default_policy() -> None:
    publish(read_promises((DATA / "policy.toml").read_text()))


@pytest.fixture
def stories(cast: Cast) -> Stories:
    """Over the cast, with the default promises published."""
    publish_default_policy()
    return Stories(cast)


@pytest.fixture
def committed_stories(committed_cast: Cast) -> Stories:
    """The same where other connections and processes see it."""
    publish_default_policy()
    return Stories(committed_cast)
