"""When something is due, and why: pure functions of time, so that a page, a sweep, an import of last year's
ledger and a what-if all count alike. No Django, no database: whoever has a calendar's rows builds a
`Calendar`.

The four rules that everything here keeps:

- Working intervals are half-open, and an allowance that is used up exactly ends at the closing moment (17:30
  today), never at the next opening. Counting backwards mirrors this: it ends at an opening.
- A clock that starts outside working time begins to count at the next opening. A clock of zero minutes is due
  at its start where that is working time (its closing moment included), else at the next opening.
- Arithmetic is on whole microseconds since 1970 UTC: seconds are kept, and a day with a change of the clocks
  has as many working minutes as really pass. Moments go in aware (a naive one is a ValueError that names the
  argument) and come out in the calendar's time zone.
- Nothing counts while a clock is paused, whatever the hour.
"""

from cases.deadlines.calendar import Calendar, Counting, DayRule, Hours
from cases.deadlines.clock import Explanation, Pause, Reason, Segment, StillPaused, due_at, explain
from cases.deadlines.counting import (
    add,
    difference,
    elapsed,
    last_working_moment,
    minutes_to_day_end,
    next_morning,
)
from cases.deadlines.many import due_many, fire_many
from cases.deadlines.steps import Anchor, fire_at

__all__ = [
    "Anchor",
    "Calendar",
    "Counting",
    "DayRule",
    "Explanation",
    "Hours",
    "Pause",
    "Reason",
    "Segment",
    "StillPaused",
    "add",
    "difference",
    "due_at",
    "due_many",
    "elapsed",
    "explain",
    "fire_at",
    "fire_many",
    "last_working_moment",
    "minutes_to_day_end",
    "next_morning",
]
