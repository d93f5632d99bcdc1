"""The history is written here and nowhere else: each line carries the hash of the one before, so that a changed or
lost line shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from cases.models import Case, CaseEvent


def canonical(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as it comes back from the database, so that it hashes alike before and after.

    Raises ValueError for a number that is not whole: PostgreSQL may write it back differently; pass it as text.
    """

    result: dict[str, Any] = _DECODER.decode(_ENCODER.encode(payload))
    return result


def _refuse(value: str) -> Any:
    raise ValueError(f"payload: pass {value} as text")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


_ENCODER = json.JSONEncoder(default=_plain)
_DECODER = json.JSONDecoder(parse_float=_refuse)
_HASHED = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if value else None


def line_hash(event: CaseEvent) -> str:
    """SHA-256 over everything that the line says and the hash of the line before."""
    said = [
        event.case_id,
        event.seq,
        event.kind,
        event.actor_kind,
        event.actor_id,
        event.actor_unit_id,
        _moment(event.at),
        _moment(event.due_at),
        event.payload,
        event.prev_hash,
    ]
    return hashlib.sha256(_HASHED.encode(said).encode()).hexdigest()


def next_line(case: Case, make: Callable[..., CaseEvent] = CaseEvent, **fields: Any) -> CaseEvent:
    """The case's next line, chained; the case takes its number and hash. Not yet saved. `make` is what makes it of its
    columns."""
    fields["payload"] = canonical(fields.get("payload") or {})
    case.version += 1
    event = make(case_id=case.pk, seq=case.version, prev_hash=case.last_hash, **fields)
    event.hash = case.last_hash = line_hash(event)
    return event


def chain(case: Case, events: Iterable[CaseEvent], version: int, last_hash: str) -> None:
    """Chains lines that are not yet saved anew, in this order, onto the line that had this number and hash."""
    case.version, case.last_hash = version, last_hash
    for event in events:
        case.version += 1
        event.seq, event.prev_hash = case.version, case.last_hash
        event.hash = case.last_hash = line_hash(event)


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not verify in a case's history."""

    case_id: int
    number: str
    line: int
    what: str


def verify(cases: Any) -> Iterator[Fault]:
    """Faults in the histories of a queryset of cases: altered, lost or added lines. Streams; order by case."""
    heads = cases.order_by("pk").values_list("pk", "number", "version", "last_hash")
    events = CaseEvent.objects.filter(case__in=cases).order_by("case_id", "seq")
    lines = groupby(events.iterator(chunk_size=2000), key=lambda event: event.case_id)
    ahead = next(lines, None)
    for pk, number, version, last_hash in heads.iterator(chunk_size=2000):
        own: Iterable[CaseEvent] = ()
        if ahead is not None and ahead[0] == pk:
            own = list(ahead[1])
            ahead = next(lines, None)
        yield from _verify_case(pk, number, version, last_hash, own)


def _verify_case(pk: int, number: str, version: int, last_hash: str, events: Iterable[CaseEvent]) -> Iterator[Fault]:
    expected, before = 1, ""
    for event in events:
        if event.seq != expected:
            yield Fault(pk, number, expected, "line is lost")
            expected = event.seq
        elif event.prev_hash != before:
            yield Fault(pk, number, event.seq, "does not follow the line before")
        if event.hash != line_hash(event):
            yield Fault(pk, number, event.seq, "line was altered")
        expected, before = event.seq + 1, event.hash
    if expected != version + 1 or before != last_hash:
        yield Fault(pk, number, expected, "the last lines are lost" if expected <= version else "lines were added")
