"""The real clocks as columns: read by a binary copy, so that a million come in seconds and in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from cases.choices import Channel, DeadlineKind, StepAction, Urgency
from cases.services.clocks import BESIDE
from grids.choices import Level

KINDS, LEVELS, URGENCIES, CHANNELS = (
    [str(value) for value in words.values] for words in (DeadlineKind, Level, Urgency, Channel)
)

RUNNING, PAUSED, ENDED = 0, 1, 2
FLOATS = ("minutes", "added")
COLUMNS = {
    "id": "d.id",
    "case": "d.case_id",
    "kind": "array_position(%(kinds)s::text[], d.kind::text)",
    "unit": "coalesce(d.unit_id, 0)",
    "level": "array_position(%(levels)s::text[], d.level::text)",
    "grid": "c.grid_id",
    "category": "coalesce(c.category_id, 0)",
    "urgency": "array_position(%(urgencies)s::text[], c.urgency::text)",
    "channel": "array_position(%(channels)s::text[], c.channel::text)",
    "allowance": "d.allowance_id",
    "calendar_time": "(d.counting = 'calendar')::int",
    "start": "extract(epoch FROM d.starts_at) * 1000000",
    "due": "extract(epoch FROM d.due_at) * 1000000",
    "end": "extract(epoch FROM least(coalesce(d.ended_at, %(until)s), %(until)s)) * 1000000",
    "state": "CASE d.state WHEN 'running' THEN 0 WHEN 'paused' THEN 1 ELSE 2 END",
    "flagged": "(d.flagged_at IS NOT NULL)::int",
    "missed": "(d.state = 'missed')::int",
    "beside": "(d.assignment_id IS NOT NULL OR d.order_id IS NOT NULL OR d.kind = ANY(%(beside)s))::int",
    "paused": "(p.deadline_id IS NOT NULL)::int",
    "reminded": "coalesce(f.reminded, 0)",
    "escalated": "coalesce(f.escalated, 0)",
    "minutes": "d.minutes",
    "added": "d.added_minutes",
}
"""Each eight bytes and never null, so that every row is as long as every other."""

QUERY = """
    SELECT {columns}
    FROM cases_case c
    JOIN cases_deadline d ON d.case_id = c.id
    LEFT JOIN (SELECT DISTINCT deadline_id FROM cases_adjustment WHERE kind = 'pause') p ON p.deadline_id = d.id
    LEFT JOIN (
        SELECT f.deadline_id,
            count(*) FILTER (WHERE s.action = %(remind)s) AS reminded,
            count(*) FILTER (WHERE s.action = %(escalate)s) AS escalated
        FROM cases_stepfiring f JOIN cases_step s ON s.id = f.step_id
        WHERE s.action IN (%(remind)s, %(escalate)s) GROUP BY f.deadline_id
    ) f ON f.deadline_id = d.id
    WHERE c.submitted_at >= %(since)s AND c.submitted_at < %(until)s AND d.starts_at < %(until)s
        AND c.grid_path >= %(path)s AND c.grid_path < %(beyond)s
"""

ROW = np.dtype(
    [("fields", ">i2")]
    + [part for name in COLUMNS for part in ((f"{name}_", ">i4"), (name, ">f8" if name in FLOATS else ">i8"))]
)
HEADER = 19
"""Bytes before the first row of PostgreSQL's binary COPY, where nobody asks for extensions of it."""
AT_ONCE = 100_000

WORDS: dict[str, Any] = {
    "kinds": KINDS,
    "levels": LEVELS,
    "urgencies": URGENCIES,
    "channels": CHANNELS,
    "beside": [str(kind.value) for kind in BESIDE],
    "remind": StepAction.REMIND.value,
    "escalate": StepAction.ESCALATE.value,
}

Rows = npt.NDArray[Any]
"""Clocks as a structured array with the columns above; moments in microseconds since 1970, words by their place in the
lists above, counted from 1."""


def real_clocks(since: datetime, until: datetime, path: str) -> Iterator[Rows]:
    """The clocks of cases submitted in a subtree (an empty path: everywhere) in that time, some thousands at once."""
    said = {"since": since, "until": until, "path": path, "beyond": f"{path}\x7f"} | WORDS
    typed = ", ".join(f"({sql})::{'float8' if name in FLOATS else 'int8'}" for name, sql in COLUMNS.items())
    statement = f"COPY ({QUERY.format(columns=typed)}) TO STDOUT (FORMAT binary)"
    # First into a file: whoever reads the rows asks the same connection for other things meanwhile
    with TemporaryFile() as file:
        with connection.cursor() as cursor, cursor.copy(statement, said) as copy:
            for block in copy:
                file.write(block)
        file.seek(HEADER)
        while len(block := file.read(AT_ONCE * ROW.itemsize)) >= ROW.itemsize:
            # What is left over at the end is the mark of two bytes
            yield np.frombuffer(block, dtype=ROW, count=len(block) // ROW.itemsize)
