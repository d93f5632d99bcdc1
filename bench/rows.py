"""Rows on their way into the database, as lines of COPY's text format, and the hash chain in its fast form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NULL = "\\N"
DAY_MICROS = 86_400_000_000

COLUMNS: dict[str, tuple[str, ...]] = {
    "cases_case": (
        "id", "number", "lookup_code", "title", "text", "channel", "category_id", "urgency", "status", "grid_id",
        "grid_path", "found_by", "lon", "lat", "coordinate_source", "address", "reporter_sealed",
        "reporter_phone_hash", "anonymous", "secret", "logged_by_id", "accepted_by_id", "duty_unit_id", "level",
        "lead_unit_id", "dispatching_unit_id", "co_unit_ids", "unit_ids", "policy_id", "submitted_at", "accepted_at",
        "dispatched_at", "finished_at", "closed_at", "updated_at", "due_at", "overdue_since", "escalations", "returns",
        "redos", "reopens", "urges", "binding", "outcome", "reply", "reject_reason", "source", "source_number",
        "version", "last_hash",
    ),
    "cases_assignment": (
        "id", "case_id", "unit_id", "part", "dispatched_at", "dispatched_by_id", "why", "signed_at", "ended_at",
        "end_reason",
    ),
    "cases_caseevent": (
        "id", "case_id", "seq", "kind", "actor_kind", "actor_id", "actor_unit_id", "at", "due_at", "payload", "quiet",
        "prev_hash", "hash", "recorded_at",
    ),
    "cases_deadline": (
        "id", "case_id", "kind", "unit_id", "level", "allowance_id", "starts_at", "minutes", "added_minutes",
        "counting", "due_at", "state", "flagged_at", "ended_at", "fire_at", "fire_step_id", "error",
    ),
    "cases_stepfiring": ("id", "deadline_id", "step_id", "due_at", "fired_at", "event_id"),
    "cases_rating": ("id", "case_id", "solved", "satisfaction", "comment", "at"),
}  # fmt: skip
"""What is loaded, in an order in which each table refers to earlier ones only."""

EVENTS_ROOM, DEADLINES_ROOM, SHARES_ROOM = 32, 8, 2
"""Ids that each case may use: known without asking the database, so that chunks can be made anywhere."""


@lru_cache(maxsize=256)
def moment_text(micros: int) -> str:
    """Microseconds since 1970 as history hashes them, and as PostgreSQL reads them."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds")


def copy_text(value: object) -> str:
    """A value as a field of COPY's text format."""
    if value is None:
        return NULL
    if value is True or value is False:
        return "t" if value else "f"
    return str(value)


class Tables:
    """Lines for each table."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {table: [] for table in COLUMNS}

    def add(self, table: str, *values: object) -> None:
        """One row; the values stand in the order of the table's columns."""
        self.lines[table].append("\t".join(map(copy_text, values)))


class Chain:
    """The history of one case, as `cases.services.history` would write it: the same lines, the same hashes."""

    def __init__(self, tables: Tables, case_id: int) -> None:
        self.tables = tables
        self.case_id = case_id
        self.seq = 0
        self.head = ""

    def record(
        self, kind: str, at: str, payload: str, actor: tuple[str, int | None, int | None], due: str | None = None
    ) -> int:
        """Adds a line; `payload` is canonical JSON with sorted keys, `actor` kind, person and unit. Its id."""
        self.seq += 1
        who, person, unit = actor
        said = (
            f'[{self.case_id},{self.seq},"{kind}","{who}",{person or "null"},{unit or "null"},"{at}",'
            f'{chr(34) + due + chr(34) if due else "null"},{payload},"{self.head}"]'
        )
        hashed = sha256(said.encode()).hexdigest()
        event_id = self.case_id * EVENTS_ROOM + self.seq
        quoted = payload.replace("\\", "\\\\") if "\\" in payload else payload
        # Half of all lines are these: one format is much cheaper than a walk over the fields
        self.tables.lines["cases_caseevent"].append(
            f"{event_id}\t{self.case_id}\t{self.seq}\t{kind}\t{who}\t{person or NULL}\t{unit or NULL}\t{at}\t"
            f"{due or NULL}\t{quoted}\tf\t{self.head}\t{hashed}\t{at}"
        )
        self.head = hashed
        return event_id
