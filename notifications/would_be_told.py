"""Who would be told by each step of a policy's ladders if it fired now: what the policy's page in the admin shows, by
the same table, roster and hours as the telling itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.calendars import calendar_of
from cases.choices import DeadlineKind, EventKind, Status, StepAction, Urgency
from cases.models import Case, CaseEvent, Policy, Step
from cases.services.timetables import PlannedStep
from grids import tree
from grids.choices import Level
from grids.models import Grid, User

from .querysets import message_columns
from .roster import Told, recipients
from .services.planning import Line, Planner

KINDS: dict[str, EventKind] = {
    StepAction.REMIND: EventKind.REMINDED,
    StepAction.FLAG: EventKind.FLAGGED,
    StepAction.URGE: EventKind.URGED,
    StepAction.ESCALATE: EventKind.ESCALATED,
    StepAction.SUPERVISE: EventKind.LISTED,
    StepAction.NOTIFY: EventKind.ROLE_NOTIFIED,
    StepAction.CLOSE: EventKind.CLOSED,
}
"""What a step records."""


class ExampleForm(forms.Form):
    """What is asked of the page's address: a case that one sees, or a grid for a case that just came in there."""

    told_case = forms.CharField(label=gettext_lazy("number of a case"), required=False, max_length=32)
    told_grid = forms.CharField(label=gettext_lazy("or code of a grid"), required=False, max_length=20)
    told_urgency = forms.ChoiceField(label=gettext_lazy("urgency"), required=False, choices=Urgency.choices)

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, initial={"told_urgency": Urgency.ORDINARY})
        self._user = user

    def clean_told_case(self) -> Case | None:
        number = self.cleaned_data["told_case"]
        if not number:
            return None
        case = Case.objects.visible_to(self._user).filter(number=number).defer(*message_columns("")).first()
        if case is None:
            raise forms.ValidationError(_("no case that you see has this number"))
        return case

    def clean_told_grid(self) -> Grid | None:
        code = self.cleaned_data["told_grid"]
        grid = Grid.objects.visible_to(self._user).filter(code=code).first() if code else None
        if code and grid is None:
            raise forms.ValidationError(_("no grid that you see has this code"))
        return grid


@dataclass(frozen=True, slots=True)
class ToldPerson:
    name: str
    why: str
    when: str


@dataclass(frozen=True, slots=True)
class ToldStep:
    words: str
    people: tuple[ToldPerson, ...]


@dataclass(frozen=True, slots=True)
class ToldLadder:
    name: str
    steps: tuple[ToldStep, ...]


def would_be_told(policy: Policy, request: HttpRequest) -> dict[str, Any]:
    """The form and, for its example, the ladders with their people."""
    asked = {name: request.GET[name] for name in ExampleForm.base_fields if name in request.GET}
    form = ExampleForm(asked or None, user=request.user)
    case = None
    if not asked or form.is_valid():
        said = form.cleaned_data if asked else {}
        case = said.get("told_case") or _example(policy, request.user, said)
    ladders = list(told_by(policy, case, timezone.now())) if case else []
    return {"template": "admin/notifications/would_be_told.html", "form": form, "ladders": ladders}


def _example(policy: Policy, user: Any, said: dict[str, Any]) -> Case | None:
    """A case that nobody has touched yet, where it is asked for, else in a village of the policy's territory."""
    villages = Grid.objects.visible_to(user).filter(level=Level.VILLAGE)
    here = villages.filter(path__startswith=policy.grid.path) if policy.grid else villages
    grid = said.get("told_grid") or here.order_by("path").first()
    if grid is None:
        return None
    unit = tree.authority_upward(grid.path, from_level=Level.VILLAGE)
    urgency = said.get("told_urgency") or Urgency.ORDINARY
    duty = unit.id if unit else None
    return Case(grid=grid, grid_path=grid.path, urgency=urgency, status=Status.SUBMITTED, duty_unit_id=duty)


def told_by(policy: Policy, case: Case, at: datetime) -> Iterator[ToldLadder]:
    """Each ladder of the policy with whom its steps would tell of this case, and when."""
    ladders = list(policy.ladders.prefetch_related("steps").order_by("pk"))
    steps = [step for ladder in ladders for step in ladder.steps.all()]
    events = [_event(-place, step, case, at) for place, step in enumerate(steps, 1)]
    told = recipients(events, timezone.localdate(at))
    planner = Planner(events, told, at)
    names = dict(User.objects.filter(pk__in={one.user_id for one in told}).values_list("pk", "name"))
    people: dict[int, list[ToldPerson]] = {}
    for line in planner.lines(told):
        people.setdefault(line.told.event_id, []).append(_person(line, names, case, at))
    rungs = {step.pk: tuple(people.get(event.pk, ())) for step, event in zip(steps, events, strict=True)}
    for ladder in ladders:
        shown = (ToldStep(_words(step, at), rungs[step.pk]) for step in ladder.steps.all())
        yield ToldLadder(ladder.name, tuple(shown))


def _event(pk: int, step: Step, case: Case, at: datetime) -> CaseEvent:
    """What the step would record; never saved."""
    unit = tree.unit(case.duty_unit_id) if case.duty_unit_id else None
    above = tree.authority_above(unit.path if unit else case.grid_path)
    kind = KINDS[step.action]
    payload: dict[str, Any] = {"unit": case.duty_unit_id, "role": step.role}
    if kind == EventKind.ESCALATED and above is None:
        kind = EventKind.LISTED
    elif kind == EventKind.ESCALATED and above is not None:
        payload["to_unit"] = above.id
    return CaseEvent(pk=pk, case=case, seq=case.version + 1, kind=kind, actor_kind="clock", at=at, payload=payload)


def _words(step: Step, at: datetime) -> str:
    return PlannedStep(DeadlineKind.HANDLE, step, at).words  # type: ignore[arg-type]  # a row has what a StepRow has


def _person(line: Line, names: dict[int, str], case: Case, at: datetime) -> ToldPerson:
    told: Told = line.told
    unit = tree.unit(told.unit_id) if told.unit_id else None
    why = " · ".join(filter(None, [unit.name if unit else "", str(told.reason.label)]))
    here = line.at.astimezone(calendar_of(case.grid_path).zone)
    when = _("at once") if line.at <= at else _("at %(moment)s") % {"moment": f"{here:%Y-%m-%d %H:%M}"}
    return ToldPerson(names.get(told.user_id, ""), why, when)
