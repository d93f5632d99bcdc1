"""Plain forms for the actions of the table: what a move asks for, drawn as fields, and read back for its serializer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.api.files import CaseFile
from cases.choices import Status
from cases.models import Case
from cases.picks import Picks
from cases.services.bulletin import proposed_entry
from cases.workflow import TABLE, Input, Move

LIKELY = {
    Status.SUBMITTED: "accept",
    Status.ACCEPTED: "dispatch",
    Status.DISPATCHED: "sign",
    Status.HANDLING: "finish",
    Status.REVIEW: "approve",
    Status.FEEDBACK: "rate",
}
"""What most come for in a status: its form stands open where it is on offer."""


FOUND_BY = {"unit": "desk-units", "units": "desk-units", "category": "desk-categories"}
"""Where what can be picked is found by its name."""


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Options below a heading; an empty heading is none."""

    label: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class Field:
    """An input as the page draws it. `widget` is text, line, select, many, yesno, days or date; `found_by` the address
    that finds further options by what is typed."""

    name: str
    label: str
    widget: str
    required: bool
    max_length: int
    value: str
    groups: Sequence[Group] = ()
    hint: str = ""
    errors: Sequence[str] = ()
    found_by: str = ""


@dataclass(frozen=True, slots=True)
class ActionForm:
    """One action of one case. `key` makes a second sending harmless."""

    action: str
    label: str
    fields: Sequence[Field]
    version: int
    open: bool
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    problem: str = ""


def said_in(move: Move, posted: QueryDict) -> dict[str, Any]:
    """The body of the same request to the API: what was left blank and need not be said is left out."""
    said: dict[str, Any] = {}
    for asked in move.inputs:
        if asked.kind == "units":
            said[asked.name] = [value for value in posted.getlist(asked.name) if value]
        elif (value := posted.get(asked.name, "")) or (asked.required and asked.kind not in ("flag", "unit")):
            said[asked.name] = value
    return said


class Forms:
    """The forms of a case for one user."""

    def __init__(self, case: Case, file: CaseFile, user: Any) -> None:
        self.case, self.file = case, file
        self.picks = Picks(case, user, file.orders)

    def all(self, posted: ActionPost | None = None) -> list[ActionForm]:
        """The likely one first and open; instead of it the one that was refused, where there is one."""
        names = [said["name"] for said in self.file.available_actions]
        first = posted.action if posted else LIKELY.get(Status(self.case.status), "")
        names.sort(key=lambda name: name != first)
        return [self._form(TABLE[name], posted, opened=name == first) for name in names]

    def form(self, move: Move, posted: ActionPost | None = None) -> ActionForm:
        """The form of one action, open."""
        return self._form(move, posted, opened=True)

    def _form(self, move: Move, posted: ActionPost | None, opened: bool) -> ActionForm:
        mine = posted if posted and posted.action == move.action else None
        fields = [self._field(move, asked, mine) for asked in move.inputs]
        known = {asked.name for asked in move.inputs}
        rest = [text for name, texts in (mine.errors if mine else {}).items() if name not in known for text in texts]
        problem = " ".join([mine.problem, *rest]).strip() if mine else ""
        return ActionForm(move.action, str(move.label), fields, self.case.version, opened, problem=problem)

    def _field(self, move: Move, asked: Input, posted: ActionPost | None) -> Field:
        values = posted.said.getlist(asked.name) if posted else self._proposed(move, asked)
        groups, widget, hint = self._choices(asked, values)
        return Field(
            name=asked.name,
            label=str(asked.label),
            widget=widget,
            required=asked.required,
            max_length=asked.max_length,
            value=values[0] if values else "",
            groups=groups,
            hint=hint,
            errors=posted.errors.get(asked.name, ()) if posted else (),
            found_by=reverse(FOUND_BY[asked.kind]) if asked.kind in FOUND_BY else "",
        )

    @cached_property
    def _entry(self) -> dict[str, str]:
        return proposed_entry(self.case)._asdict()

    def _proposed(self, move: Move, asked: Input) -> list[str]:
        if move.action == "publish":
            return [self._entry[asked.name]]
        routing = self.file.routing
        if asked.kind != "unit" or not asked.required or not routing or not routing["within_reach"]:
            return []
        return [str(routing["unit"]["id"])]

    def _choices(self, asked: Input, values: Iterable[str]) -> tuple[Sequence[Group], str, str]:
        """Options, the widget, and why something is proposed."""
        match asked.kind:
            case "choice":
                assert asked.choices is not None  # noqa: S101  # a choice names its choices
                options = [(str(value), str(label)) for value, label in asked.choices.choices]
                return [_group("", options, values)], "select", ""
            case "flag":
                return [_group("", [("true", _("yes")), ("false", _("no"))], values)], "yesno", ""
            case "unit":
                return self._marked(self.picks.units, values), "select", self._why if asked.required else ""
            case "units":
                return self._marked(self.picks.units, values), "many", ""
            case "co_handler":
                return [_group("", self.picks.helping, values)], "select", ""
            case "category":
                return self._marked(self.picks.categories, values), "select", ""
            case "case":
                return (), "line", ""
            case "order":
                return [_group("", self.picks.orders, values)], "select", ""
            case "days":
                return (
                    (),
                    "days",
                    _("Working days; days of 24 hours where the clock never rests."),
                )
            case "date":
                return (), "date", ""
        return (), "text", ""

    def _marked(self, plan: Sequence[tuple[str, list[tuple[str, str]]]], values: Iterable[str]) -> list[Group]:
        return [_group(label, options, values) for label, options in plan if options]

    @property
    def _why(self) -> str:
        routing = self.file.routing
        return _("Proposed: %(why)s.") % {"why": routing["why"]} if routing else ""


def _group(label: str, options: Iterable[tuple[str, str]], values: Iterable[str]) -> Group:
    chosen = set(values)
    return Group(label, [Option(value, text, value in chosen) for value, text in options])


@dataclass(frozen=True, slots=True)
class ActionPost:
    """An action that was asked for and refused: what was typed, and what is wrong with it."""

    action: str
    said: QueryDict
    problem: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)
    status: int = 400

    @property
    def version(self) -> int:
        """The version of the case that the form was drawn for; 0 where it says none."""
        said = self.said.get("version", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
