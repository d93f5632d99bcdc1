"""What holds for every calendar, moment and allowance."""

import datetime as dt
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.deadlines import (
    Calendar,
    Counting,
    Pause,
    add,
    difference,
    due_at,
    due_many,
    elapsed,
    explain,
    fire_at,
    fire_many,
    last_working_moment,
    minutes_to_day_end,
    next_morning,
)
from cases.deadlines.calendar import micros_of

MINUTE = dt.timedelta(minutes=1)
FIRST = dt.datetime(2012, 1, 1, tzinfo=dt.UTC)
moments = st.integers(0, 17 * 366 * 86_400).map(lambda seconds: FIRST + dt.timedelta(seconds=seconds))
allowances = st.integers(0, 12_000)
countings = st.sampled_from((Counting.WORKING, Counting.CALENDAR))
quick = settings(max_examples=150, deadline=None)


@st.composite
def paused_clocks(draw: st.DrawFn) -> tuple[dt.datetime, int, list[Pause]]:
    start, minutes = draw(moments), draw(allowances)
    pauses, here = [], start - dt.timedelta(days=1)
    for after, lasts in draw(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 9000)), max_size=4)):
        begins = here + after * MINUTE
        here = begins + lasts * MINUTE
        pauses.append(Pause(begins, here, "材料待补"))
    return start, minutes, pauses


def is_worked(calendar: Calendar, moment: dt.datetime, *, closing: bool = True) -> bool:
    """Asked of the day's hours, not of the table that counts. A closing moment may be the next midnight."""
    today = moment.astimezone(calendar.zone).date()
    spans = [span for day in (today - dt.timedelta(days=1), today) for span in calendar.intervals(day)]
    return any(
        utc(starts) <= utc(moment) < utc(ends) or (closing and utc(moment) == utc(ends)) for starts, ends in spans
    )


def utc(moment: dt.datetime) -> dt.datetime:
    """Python compares two moments of one zone by their wall clocks: wrong when clocks go back."""
    return moment.astimezone(dt.UTC)


@quick
@given(moments, allowances, allowances, countings)
def test_two_allowances_one_after_the_other_are_their_sum(calendar, start, first, second, counting):
    one_by_one = add(calendar, add(calendar, start, first, counting), second, counting)
    assert utc(one_by_one) == utc(add(calendar, start, first + second, counting))


@quick
@given(moments, moments, allowances, countings)
def test_who_starts_later_is_never_due_earlier(calendar, one, other, minutes, counting):
    first, second = sorted((one, other))
    for signed in (minutes, -minutes):
        sooner, later = (add(calendar, start, signed, counting) for start in (first, second))
        assert utc(sooner) <= utc(later)


@quick
@given(moments, allowances, allowances, countings)
def test_who_has_more_time_is_never_due_earlier(calendar, start, less, more, counting):
    sooner, later = (add(calendar, start, minutes, counting) for minutes in (less, less + more))
    assert utc(sooner) <= utc(later)


@quick
@given(moments, st.integers(-12_000, 12_000), countings)
def test_the_difference_is_what_was_added(calendar, start, minutes, counting):
    moved = add(calendar, start, minutes, counting)
    assert elapsed(calendar, start, moved, counting) == minutes * MINUTE
    assert difference(calendar, start, moved, counting) == minutes
    assert difference(calendar, moved, start, counting) == -minutes


@quick
@given(moments, allowances)
def test_subtracting_undoes_adding_for_a_start_in_working_time(calendar, start, minutes):
    start = add(calendar, start, 1, Counting.WORKING)
    if is_worked(calendar, start, closing=False):
        there = add(calendar, start, minutes, Counting.WORKING)
        assert utc(add(calendar, there, -minutes, Counting.WORKING)) == utc(start)
    there = add(calendar, start, -minutes, Counting.WORKING)
    if minutes == 0 or is_worked(calendar, start):
        assert utc(add(calendar, there, minutes, Counting.WORKING)) == utc(start)


@quick
@given(moments, st.integers(-12_000, 12_000))
def test_a_working_clock_never_lands_outside_working_time(calendar, start, minutes):
    assert is_worked(calendar, add(calendar, start, minutes, Counting.WORKING))


@quick
@given(moments)
def test_mornings_and_last_moments_are_worked_and_lie_on_their_side(calendar, moment):
    last, morning = last_working_moment(calendar, moment), next_morning(calendar, moment)
    assert last <= moment < morning
    assert is_worked(calendar, last)
    assert is_worked(calendar, morning, closing=False)
    assert morning.date() > moment.astimezone(calendar.zone).date()
    assert is_worked(calendar, moment) == (utc(last) == utc(moment))


@settings(max_examples=40, deadline=None)
@given(moments, st.integers(0, 900))
def test_counting_minute_by_minute_gives_the_same(langfang, start, minutes):
    start = start.replace(second=0).astimezone(langfang.zone)
    here, left = start, minutes
    while left:
        left -= any(h.starts <= here.time() < h.ends for h in langfang.hours_on(here.date()))
        here += MINUTE
    while not is_worked(langfang, here):
        here += MINUTE
    assert due_at(langfang, start, minutes, Counting.WORKING) == here


@quick
@given(paused_clocks(), countings, st.integers(-600, 3_000))
def test_an_explanation_is_without_gaps_and_sums_exactly(calendar, clock, counting, added):
    start, minutes, pauses = clock
    added = max(added, -minutes)
    told = explain(calendar, start, minutes, counting, pauses, added)
    assert told.due_at == due_at(calendar, start, minutes, counting, pauses, added)
    assert sum(segment.minutes for segment in told.segments if segment.counted) == minutes + added
    lengths = (segment.duration for segment in told.segments if segment.counted)
    assert sum(lengths, dt.timedelta()) == (minutes + added) * MINUTE
    assert [s.starts for s in told.segments] == [start, *(s.ends for s in told.segments)][: len(told.segments)]
    assert (told.segments[-1].ends if told.segments else start) == told.due_at
    assert all(segment.duration > dt.timedelta() for segment in told.segments)
    for one, next_one in pairwise(told.segments):
        assert (one.counted, one.reason) != (next_one.counted, next_one.reason)


@quick
@given(paused_clocks())
def test_counted_segments_are_worked_and_never_paused(calendar, clock):
    start, minutes, pauses = clock
    for segment in explain(calendar, start, minutes, Counting.WORKING, pauses).segments:
        worked = elapsed(calendar, segment.starts, segment.ends, Counting.WORKING)
        assert segment.code
        if segment.counted:
            assert worked == segment.duration
            paused = (p for p in pauses if p.ends > p.starts)
            assert not any(p.starts < segment.ends and p.ends > segment.starts for p in paused)
        elif segment.code != "suspended":
            assert not worked


@quick
@given(st.lists(st.tuples(moments, allowances), max_size=20), countings)
def test_the_vectorised_recount_agrees_with_one_by_one(calendar, clocks, counting):
    starts = np.array([start.replace(tzinfo=None) for start, _ in clocks], dtype="datetime64[us]")
    minutes = np.array([minutes for _, minutes in clocks], dtype=np.int64)
    due = due_many(calendar, starts, minutes, counting).astype(object)
    expected = [due_at(calendar, start, minutes, counting) for start, minutes in clocks]
    assert [moment.replace(tzinfo=dt.UTC) for moment in due] == [utc(moment) for moment in expected]


@quick
@given(
    paused_clocks(),
    countings,
    st.booleans(),
    st.one_of(st.tuples(st.just("percent"), st.integers(0, 99)), st.tuples(st.just("before"), st.integers(1, 5_000))),
)
def test_a_reminder_lies_between_start_and_due_and_in_working_time(calendar, clock, counting, any_hour, step):
    start, minutes, pauses = clock
    due = due_at(calendar, start, minutes, counting, pauses)
    fires = fire_at(
        calendar,
        anchor=step[0],
        value=step[1],
        start=start,
        allowance_minutes=minutes,
        counting=counting,
        due=due,
        any_hour=any_hour,
        pauses=pauses,
    )
    assert utc(start) <= utc(fires) <= utc(due)
    if utc(fires) < utc(due):
        assert any_hour or is_worked(calendar, fires)
        assert not any(pause.starts < fires < pause.ends for pause in pauses)


def day_end(calendar: Calendar, start: dt.datetime, days: int) -> dt.datetime:
    return due_at(calendar, start, minutes_to_day_end(calendar, start, days), Counting.WORKING)


@quick
@given(moments, st.integers(1, 40))
def test_the_close_of_a_day_is_a_closing_moment_with_nothing_worked_after_it_that_day(calendar, start, days):
    due = day_end(calendar, start, days)
    assert utc(start) < utc(due)
    assert is_worked(calendar, due)
    last = (utc(due) - dt.timedelta(microseconds=1)).astimezone(calendar.zone).date()
    assert utc(due) == utc(calendar.intervals(last)[-1][1])


@quick
@given(moments, moments, st.integers(1, 40), st.integers(0, 10))
def test_days_to_the_close_grow_with_the_start_and_with_their_number(calendar, one, other, days, more):
    first, second = sorted((one, other))
    assert utc(day_end(calendar, first, days)) <= utc(day_end(calendar, second, days + more))


@quick
@given(moments, st.integers(1, 40))
def test_so_many_closes_lie_between_the_start_and_the_close_of_the_last_day(calendar, start, days):
    due = day_end(calendar, start, days)
    here, until = start.astimezone(calendar.zone).date(), due.astimezone(calendar.zone).date()
    dates = (here + dt.timedelta(days=n) for n in range((until - here).days + 1))
    closes = [calendar.intervals(day)[-1][1] for day in dates if calendar.intervals(day)]
    assert sum(utc(start) < utc(close) <= utc(due) for close in closes) == days


@quick
@given(st.lists(st.tuples(moments, st.integers(1, 40)), max_size=20))
def test_many_closes_at_once_agree_with_one_by_one(calendar, clocks):
    starts = np.array([start.replace(tzinfo=None) for start, _ in clocks], dtype="datetime64[us]")
    due = due_many(calendar, starts, np.array([days for _, days in clocks], dtype=np.int64), Counting.DAY)
    expected = [utc(day_end(calendar, start, days)) for start, days in clocks]
    assert [moment.replace(tzinfo=dt.UTC) for moment in due.astype(object)] == expected


steps = st.one_of(
    st.tuples(st.just("percent"), st.integers(0, 100)),
    st.tuples(st.sampled_from(("before", "after")), st.integers(0, 5_000)),
    st.tuples(st.just("next_morning"), st.integers(0, 600)),
)


@quick
@given(st.lists(st.tuples(moments, allowances), min_size=1, max_size=12), countings, st.booleans(), steps)
def test_a_step_on_many_clocks_agrees_with_one_by_one(calendar, clocks, counting, any_hour, step):
    due = [due_at(calendar, start, minutes, counting) for start, minutes in clocks]
    many = fire_many(
        calendar,
        anchor=step[0],
        value=step[1],
        any_hour=any_hour,
        starts=np.array([micros_of(start, "") for start, _ in clocks], dtype=np.int64),
        amounts=np.array([minutes * 60_000_000 for _, minutes in clocks], dtype=np.int64),
        due=np.array([micros_of(moment, "") for moment in due], dtype=np.int64),
        counting=counting,
    )
    for (start, minutes), moment, found in zip(clocks, due, many.tolist(), strict=True):
        fires = fire_at(
            calendar,
            anchor=step[0],
            value=step[1],
            start=start,
            allowance_minutes=minutes,
            counting=counting,
            due=moment,
            any_hour=any_hour,
        )
        assert found == micros_of(fires, "")
