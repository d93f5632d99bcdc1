"""What the ledger has of each case. Reporters are not among it, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.choices import Channel, Outcome, Status, Urgency
from cases.models import Case
from grids.choices import Level


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is for programs and heads the CSV, `label` for people and heads the workbook. `width` is in characters.
    `words` are the labels of a closed list."""

    name: str
    label: Any
    width: int = 12
    words: Mapping[str, Any] | None = None


def _of_case(name: str, width: int = 12, words: Any = None) -> Column:
    field: Any = Case._meta.get_field(name)
    return Column(name, field.verbose_name, width, dict(words.choices) if words else None)


PLAIN = (
    _of_case("number", 24),
    _of_case("title", 30),
    _of_case("text", 60),
    _of_case("channel", words=Channel),
    _of_case("urgency", words=Urgency),
    _of_case("status", 14, Status),
    _of_case("address", 30),
    _of_case("level", words=Level),
    _of_case("outcome", words=Outcome),
    _of_case("reply", 40),
)
NAMES = (
    Column("category_code", _("category code"), 14),
    Column("category", _("category"), 20),
    Column("grid_code", _("grid code"), 18),
    Column("grid", _("grid"), 40),
    Column("duty_unit", _("who has it"), 24),
    Column("lead_unit", _("lead unit"), 24),
)
MOMENTS = tuple(
    _of_case(name, 20)
    for name in ("submitted_at", "accepted_at", "dispatched_at", "finished_at", "closed_at", "due_at", "overdue_since")
)
COUNTS = tuple(_of_case(name, 8) for name in ("escalations", "returns", "redos", "reopens", "urges"))
COLUMNS = (*PLAIN, *NAMES, *MOMENTS, *COUNTS, Column("due_why", _("why it is due then"), 60))
"""The ledger, from left to right."""
HIDDEN_OF_SECRET = ("title", "text", "address")
"""Words of somebody who asks for secrecy may tell who they are."""
