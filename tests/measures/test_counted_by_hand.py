"""Each measure over a few cases, the figures counted by hand.

The clocks of the default promises, of an ordinary case that comes in on Monday 16 November 2026 at 9:00 in a village:
to accept until 11:00; dispatched at 9:00 to the county's urban management, to sign until 15:00, to handle until Monday
30 November, 9:00."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from cases.actors import IMPORT, Actor
from cases.choices import Status
from cases.models import Case
from cases.reporter import Reporter
from cases.services import sweep
from insights.figures import Percentiles
from tests.measures.looking import CHINA, MONDAY, Looking, lights
from tests.stories import Stories

DAY1, DAY2, DAY3 = (date(2026, 11, day) for day in (16, 17, 18))
DUE = date(2026, 11, 30)
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
DECEMBER = (date(2026, 12, 1), date(2026, 12, 31))


def after(**span: float) -> datetime:
    return MONDAY + timedelta(**span)


def finish(stories: Stories, case: Case, at: datetime, **said: str) -> Case:
    """From handling to the resident's desk."""
    return stories.do(stories.do(case, "finish", at=at, **said), "approve", at=at)


# Response


def test_a_response_counts_on_the_day_of_its_deadline_kept_or_not(stories: Stories, looking: Looking) -> None:
    """Three dispatched at 9:00, to be signed by 15:00: one signs at 14:59, one at 15:01, one not at all. 1 of 3."""
    for minutes in (359, 361):
        stories.do(stories.bring(Status.DISPATCHED, MONDAY), "sign", at=after(minutes=minutes))
    stories.bring(Status.DISPATCHED, MONDAY)
    assert looking.figure("response", DAY1, DAY1) == (1, 3)
    assert looking.figure("response", DAY2, DAY3) == (0, 0)


def test_work_that_begins_before_the_signature_is_a_response(stories: Stories, looking: Looking) -> None:
    case = stories.bring(Status.DISPATCHED, MONDAY)
    case = stories.do(case, "progress", Actor.person(stories.cast.county_officer), at=after(hours=1))
    stories.do(case, "sign", at=after(hours=10))
    assert looking.figure("response", DAY1, DAY1) == (1, 1)


def test_a_deadline_to_sign_counts_nothing_before_its_moment(stories: Stories, looking: Looking) -> None:
    """Due at 15:00: one has signed at 9:00, one has not; at 14:00 nothing has fallen due for either."""
    stories.bring(Status.HANDLING, MONDAY)
    stories.bring(Status.DISPATCHED, MONDAY)
    assert looking.figure("response", DAY1, DAY1, at=after(hours=5)) == (0, 0)
    assert looking.figure("response", DAY1, DAY1, at=after(hours=6)) == (1, 2)


def test_a_case_that_was_given_back_in_time_owes_its_response_to_the_next(stories: Stories, looking: Looking) -> None:
    """Returned at 10:00, dispatched again on Tuesday 9:00, signed on Wednesday: one deadline, Tuesday 15:00, missed."""
    case = stories.do(stories.bring(Status.DISPATCHED, MONDAY), "return", stories.actor("sign"), at=after(hours=1))
    case = stories.do(case, "dispatch", at=after(days=1))
    stories.do(case, "sign", at=after(days=2))
    assert looking.figure("response", DAY1, DAY1) == (0, 0)
    assert looking.figure("response", DAY2, DAY2) == (0, 1)


def test_a_case_given_to_another_unit_before_its_deadline_is_nobodys_response(
    stories: Stories, looking: Looking
) -> None:
    case = stories.do(
        stories.bring(Status.DISPATCHED, MONDAY), "dispatch", lead=stories.cast.housing, at=after(hours=1)
    )
    looking.figure("response", DAY1, DAY1)
    assert looking.figure("response", DAY1, DAY1, unit=stories.cast.urban_management) == (0, 0)
    assert looking.figure("response", DAY1, DAY1, unit=stories.cast.housing) == (0, 1)
    assert case.lead_unit_id == stories.cast.housing.pk


# Acceptance


def test_accepted_and_rejected_in_time_count_and_what_is_taken_back_owes_nothing(
    stories: Stories, looking: Looking
) -> None:
    """Due at 11:00: accepted at 10:00, rejected at 10:30, accepted at 11:01, withdrawn at 10:00. 2 of 3."""
    stories.do(stories.submit(MONDAY), "accept", at=after(hours=1))
    stories.do(stories.submit(MONDAY), "reject", at=after(hours=1.5))
    stories.do(stories.submit(MONDAY), "accept", at=after(minutes=121))
    stories.do(stories.submit(MONDAY), "withdraw", at=after(hours=1))
    assert looking.figure("acceptance", DAY1, DAY1) == (2, 3)


def test_a_climb_does_not_clear_the_miss_of_the_lower_unit(stories: Stories, looking: Looking) -> None:
    """Nobody in the village accepts by 11:00; the clock takes it to the town, which accepts it in time: 1 of 2 in the
    city, 0 of 1 for the village's authority, 1 of 1 for the town's."""
    cast, case = stories.cast, stories.submit(MONDAY)
    moment = MONDAY
    while Case.objects.get(pk=case.pk).level == "village":
        moment += timedelta(minutes=30)
        sweep(moment)
    stories.do(case, "accept", Actor.person(cast.town_dispatcher), at=moment + timedelta(minutes=1))
    assert looking.figure("acceptance", *NOVEMBER) == (1, 2)
    assert looking.figure("acceptance", *NOVEMBER, unit=cast.village_authority) == (0, 1)
    assert looking.figure("acceptance", *NOVEMBER, unit=cast.town_authority) == (1, 1)
    assert looking.figure("climbing", *NOVEMBER) == (1, 1)
    assert looking.figure("climbing", *NOVEMBER, unit=cast.village_authority) == (1, 1)


# Closure


def test_closed_by_the_end_of_the_period_or_within_the_deadline(stories: Stories, looking: Looking) -> None:
    """All accepted on the 16th, to be handled by the 30th. Closed on the 17th, on the 25th and on 2 December. A period
    that ends on the 18th has two: the one of the 17th, and the one of the 25th, within its deadline. One that ends on
    2 December has all three."""
    for days in (1, 9, 16):
        case = finish(stories, stories.bring(Status.HANDLING, MONDAY), after(hours=1))
        stories.do(case, "rate", at=after(days=days))
    stories.bring(Status.HANDLING, MONDAY)
    assert looking.figure("closure", DAY1, DAY3) == (2, 4)
    assert looking.figure("closure", DAY1, date(2026, 12, 1)) == (2, 4)
    assert looking.figure("closure", DAY1, date(2026, 12, 2)) == (3, 4)


def test_a_case_that_was_reopened_was_closed_only_until_then(stories: Stories, looking: Looking) -> None:
    """Closed on the 17th, reopened on the 20th, closed again on 10 December, after the new promise of two weeks."""
    case = stories.do(finish(stories, stories.bring(Status.HANDLING, MONDAY), after(hours=1)), "rate", at=after(days=1))
    case = stories.do(case, "reopen", at=after(days=4))
    case = finish(stories, case, after(days=5))
    stories.do(case, "rate", at=after(days=24))
    assert looking.figure("closure", DAY1, DAY3) == (1, 1)
    assert looking.figure("closure", *NOVEMBER) == (0, 1)
    assert looking.figure("closure", DAY1, date(2026, 12, 10)) == (1, 1)
    assert looking.figure("reopened", DAY1, DAY1) == (1, 1)
    assert looking.figure("closed", DAY2, DAY2) == (0, 0)  # that closing did not last
    assert looking.figure("closed", *DECEMBER) == (1, 1)


def test_solved_on_the_spot_is_closed_once_its_period_has_ended(stories: Stories, looking: Looking) -> None:
    worker = Actor.person(stories.cast.worker)
    case = stories.do(stories.submit(MONDAY, by=worker), "solve_on_spot", worker, at=MONDAY)
    stories.do(case, "rate", at=after(days=1))
    assert looking.figure("closure", DAY1, DAY1) == (0, 1)
    assert looking.figure("closure", DAY1, DAY2) == (1, 1)
    assert looking.figure("direct", *NOVEMBER) == (1, 1)
    assert looking.figure("on_time", *NOVEMBER) == (0, 0)  # no promise to handle ever ran


# On time


def test_handled_on_time_with_the_extension_that_was_granted(stories: Stories, looking: Looking) -> None:
    """Due on the 30th; with two working days more on 2 December, 9:00. Both finish on 1 December."""
    granted, late = stories.bring(Status.HANDLING, MONDAY), stories.bring(Status.HANDLING, MONDAY)
    granted = stories.do(granted, "request_extension", at=after(days=1))
    granted = stories.do(granted, "decide_extension", at=after(days=1, hours=1))
    for case in (granted, late):
        stories.do(case, "finish", at=after(days=15))
    assert looking.figure("on_time", DUE, DUE) == (0, 1)
    assert looking.figure("on_time", *DECEMBER) == (1, 1)
    assert looking.figure("extended", DAY1, DAY1) == (1, 2)


def test_a_result_that_is_sent_back_is_not_on_time_until_it_is_good(stories: Stories, looking: Looking) -> None:
    case = stories.do(stories.bring(Status.HANDLING, MONDAY), "finish", at=after(days=1))
    assert looking.figure("on_time", DUE, DUE) == (1, 1)
    case = stories.do(case, "send_back", at=after(days=1, hours=1))
    assert looking.figure("on_time", *NOVEMBER) == (0, 1)
    stories.do(case, "finish", at=after(days=30))
    assert looking.figure("on_time", DUE, DUE) == (0, 1)
    assert looking.figure("redone", DAY1, DAY1) == (1, 1)


def test_while_a_case_rests_its_deadline_falls_on_nobody(stories: Stories, looking: Looking) -> None:
    """Suspended on the 16th, resumed on 14 December with ten working days left: due on the 28th."""
    case = stories.bring(Status.HANDLING, MONDAY)
    case = stories.do(case, "request_suspension", review_on=date(2026, 12, 16), at=MONDAY)
    case = stories.do(case, "decide_suspension", at=MONDAY)
    assert looking.figure("on_time", *NOVEMBER) == (0, 0)
    stories.do(case, "resume", at=after(days=28))
    assert looking.figure("on_time", *NOVEMBER) == (0, 0)
    assert looking.figure("on_time", *DECEMBER) == (0, 1)


# Verdicts


def test_verdicts_of_residents_and_of_revisits_stand_apart(stories: Stories, looking: Looking) -> None:
    """By themselves: satisfied, neutral, unsatisfied. By a revisit: satisfied. One revisit reached nobody.
    Solved: all but the unsatisfied one, 3 of 4."""
    revisitor = Actor.person(stories.cast.county_dispatcher)
    cases = [stories.bring(Status.FEEDBACK, MONDAY) for _ in range(5)]
    for case, satisfaction in zip(cases, ("satisfied", "neutral", "unsatisfied"), strict=False):
        stories.do(case, "rate", satisfaction=satisfaction, solved=satisfaction != "unsatisfied", at=after(days=1))
    stories.do(cases[3], "rate", revisitor, at=after(days=1))
    stories.do(cases[4], "close", revisitor, at=after(days=1))
    assert looking.figure("satisfaction", DAY2, DAY2) == (1, 3)
    assert looking.figure("revisit_satisfaction", DAY2, DAY2) == (1, 1)
    assert looking.figure("solved_rate", DAY2, DAY2) == (3, 4)
    assert looking.figure("rated", DAY2, DAY2) == (4, 4)
    assert looking.figure("rating_share", DAY2, DAY2) == (3, 4)  # closed on that day: with a verdict, and the last one


def test_each_verdict_counts_where_a_resident_is_asked_twice(stories: Stories, looking: Looking) -> None:
    case = stories.do(
        stories.bring(Status.FEEDBACK, MONDAY), "rate", solved=False, satisfaction="unsatisfied", at=MONDAY
    )
    stories.do(finish(stories, case, after(days=1)), "rate", at=after(days=2))
    assert looking.figure("solved_rate", DAY1, DAY1) == (0, 1)
    assert looking.figure("solved_rate", DAY1, DAY3) == (1, 2)
    assert looking.figure("rating_share", *NOVEMBER) == (1, 1)


# Who closed it, and how


def test_solved_at_town_or_below_by_the_last_lead_and_among_solved_and_explained(
    stories: Stories, looking: Looking
) -> None:
    """Led last by the village (solved), by the county (explained; and conditions lacking, which is out): 1 of 2."""
    cast, at = stories.cast, after(days=1)
    village, head = cast.village_authority, Actor.person(cast.village_head)
    low = stories.do(stories.bring(Status.ACCEPTED, MONDAY), "dispatch", lead=village, at=MONDAY)
    low = stories.do(stories.do(low, "sign", head, at=MONDAY), "finish", head, at=MONDAY)
    stories.do(stories.do(low, "approve", at=MONDAY), "rate", at=at)
    for outcome in ("explained", "conditions_lacking"):
        stories.do(finish(stories, stories.bring(Status.HANDLING, MONDAY), MONDAY, outcome=outcome), "rate", at=at)
    assert looking.figure("low_level", DAY2, DAY2) == (1, 2)
    assert looking.figure("solved", DAY2, DAY2) == (1, 1)
    assert looking.figure("closed", DAY2, DAY2) == (3, 3)
    assert looking.figure("direct", DAY2, DAY2) == (0, 3)


def test_what_happened_to_a_case_counts_on_the_day_of_its_first_dispatch(stories: Stories, looking: Looking) -> None:
    """Two dispatched on the 16th; one is returned twice, weeks later: a case with at least one, 1 of 2."""
    stories.bring(Status.HANDLING, MONDAY)
    case, officer = stories.bring(Status.DISPATCHED, MONDAY), stories.actor("sign")
    for days in (7, 14):
        case = stories.do(case, "return", officer, at=after(days=days))
        case = stories.do(case, "dispatch", at=after(days=days))
    assert looking.figure("returned", DAY1, DAY1) == (1, 2)
    assert looking.figure("returned", DAY2, DUE) == (0, 0)
    for never in ("redone", "reopened", "escalated", "extended"):
        assert looking.figure(never, DAY1, DAY1) == (0, 2), never


def test_a_hand_that_escalates_is_a_climb(stories: Stories, looking: Looking) -> None:
    stories.do(stories.bring(Status.HANDLING, MONDAY), "escalate", at=after(days=1))
    assert looking.figure("escalated", DAY1, DAY1) == (1, 1)
    assert looking.figure("climbing", DAY2, DAY2) == (1, 1)
    assert looking.figure("on_time", DUE, DUE, unit=stories.cast.urban_management) == (0, 0)  # before it was late


# The same matter again


@pytest.mark.parametrize(("days", "expected"), [(90, (1, 2)), (92, (0, 2))])
def test_the_same_voice_on_a_matter_closed_within_90_days(
    stories: Stories, looking: Looking, days: int, expected: tuple[int, int]
) -> None:
    """Closed on the 17th; the same phone with the same kind of matter `days` after the 16th, accepted at once."""
    category = lights()
    first = stories.bring(Status.FEEDBACK, MONDAY, category_id=category)
    stories.do(first, "rate", at=after(days=1))
    stories.bring(Status.ACCEPTED, after(days=days), category_id=category)
    assert looking.figure("repeated", DAY1, date(2027, 3, 1)) == expected


def test_another_voice_another_matter_and_nobodys_voice_are_no_repetition(stories: Stories, looking: Looking) -> None:
    category = lights()
    first = stories.bring(Status.FEEDBACK, MONDAY, category_id=category)
    stories.do(first, "rate", at=after(days=1))
    stories.bring(Status.ACCEPTED, after(days=2), category_id=category, reporter=Reporter("", "+8613912345678"))
    stories.bring(Status.ACCEPTED, after(days=2), category_id=category, reporter=Reporter())
    stories.bring(Status.ACCEPTED, after(days=2))
    assert looking.figure("repeated", *NOVEMBER) == (0, 4)


# Durations


def test_durations_in_working_and_in_calendar_minutes(stories: Stories, looking: Looking) -> None:
    """Reported on Monday 9:00, signed at 11:00: 120 minutes of both kinds. Closed on Tuesday 9:00 (24 hours, of which
    180 + 210 + 30 minutes are worked), and on Monday 15:00 (6 hours, of which the noon break of two is free): the
    median lies halfway."""
    for hours in (24, 6):
        case = stories.do(stories.bring(Status.DISPATCHED, MONDAY), "sign", at=after(hours=2))
        stories.do(finish(stories, case, after(hours=3)), "rate", at=after(hours=hours))
    response = looking.spread("response_time", DAY1, DAY1)
    assert (response.count, response.working, response.calendar) == (2, (120, 120, 120), (120, 120, 120))
    closure = looking.spread("closure_time", DAY1, DAY2)
    assert closure.working == Percentiles(330, pytest.approx(402), pytest.approx(418.2))
    assert closure.calendar == Percentiles(900, pytest.approx(1332), pytest.approx(1429.2))
    assert looking.spread("closure_time", DAY3, DUE).working is None


# What does not count, and what came from elsewhere


def test_rejected_merged_and_withdrawn_are_voices_but_no_cases_of_a_rate(stories: Stories, looking: Looking) -> None:
    """Five voices: one rejected, one withdrawn after it was accepted, one merged into another after it was dispatched,
    one that goes its way; and the one that the merged went into. Accepted: two. Dispatched: one."""
    stories.bring(Status.REJECTED, MONDAY)
    stories.do(stories.bring(Status.ACCEPTED, MONDAY), "withdraw", at=MONDAY)
    stories.bring(Status.HANDLING, MONDAY)
    other = stories.bring(Status.ACCEPTED, MONDAY)
    merged = stories.do(stories.bring(Status.DISPATCHED, MONDAY), "merge", into=other, at=MONDAY)
    assert looking.figure("reported", DAY1, DAY1) == (5, 5)
    assert looking.figure("closure", DAY1, DAY1) == (0, 2)
    assert looking.figure("returned", DAY1, DAY1) == (0, 1)
    stories.do(merged, "unmerge", at=after(hours=1))
    assert looking.figure("closure", DAY1, DAY1) == (0, 3)
    assert looking.figure("returned", DAY1, DAY1) == (0, 2)


def test_a_miss_stays_though_the_case_is_merged_afterwards(stories: Stories, looking: Looking) -> None:
    case = stories.submit(MONDAY)
    stories.do(case, "merge", into=stories.submit(MONDAY), at=after(days=1))
    assert looking.figure("acceptance", DAY1, DAY1) == (0, 2)


def test_a_ledger_of_last_year_counts_in_last_year(stories: Stories, looking: Looking) -> None:
    """Replayed today at its own times: in by 5 March 2025, handled and closed on the 10th, with no verdict."""
    at = datetime(2025, 3, 5, 9, 0, tzinfo=CHINA)
    case = stories.submit(at, by=IMPORT)
    for action in ("accept", "dispatch", "sign"):
        case = stories.do(case, action, IMPORT, at=at)
    for action in ("finish", "approve", "close"):
        case = stories.do(case, action, IMPORT, at=at + timedelta(days=5))
    march = (date(2025, 3, 1), date(2025, 3, 31))
    assert looking.figure("closure", *march) == (1, 1)
    assert looking.figure("on_time", *march) == (1, 1)
    assert looking.figure("rating_share", *march) == (0, 1)
    assert looking.figure("reported", *NOVEMBER) == (0, 0)


def test_a_day_is_the_citys(stories: Stories, looking: Looking) -> None:
    """00:30 on the 17th in 廊坊 is still the 16th in Greenwich."""
    stories.submit(datetime(2026, 11, 17, 0, 30, tzinfo=CHINA))
    assert looking.figure("reported", DAY1, DAY1) == (0, 0)
    assert looking.figure("reported", DAY2, DAY2) == (1, 1)
