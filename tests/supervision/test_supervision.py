"""Orders of who watches over the work: given, answered, checked, and listed where nothing is above."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.actors import RESIDENT, Actor
from cases.choices import Status
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Case, StepFiring, SupervisionOrder
from cases.services import sweep
from cases.services.history import verify
from notifications.messages import render
from notifications.models import InboxItem
from notifications.services import dispatch_events
from tests.stories import Stories

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)


def order_on(case: Case) -> SupervisionOrder:
    return SupervisionOrder.objects.filter(case=case).latest("pk")


def clocks(case: Case) -> list[str]:
    return list(case.deadlines.filter(kind="supervise").order_by("pk").values_list("state", flat=True))


@pytest.fixture
def supervised(stories: Stories) -> Case:
    """In handling at the county, with an order of the city's supervisor since Monday 9:00."""
    return stories.do(stories.bring(Status.HANDLING, at=MONDAY), "supervise", at=MONDAY)


def test_an_order_goes_to_who_has_the_case_with_two_working_days_to_answer(stories: Stories, supervised: Case) -> None:
    order = order_on(supervised)
    assert (order.unit_id, order.issuer_id) == (stories.cast.urban_management.pk, stories.cast.city_authority.pk)
    clock = supervised.deadlines.get(kind="supervise")
    assert (clock.order_id, clock.unit_id) == (order.pk, stories.cast.urban_management.pk)
    assert clock.due_at.astimezone(CHINA) == datetime(2026, 11, 18, 9, 0, tzinfo=CHINA)
    assert (supervised.supervisions, supervised.listed_at) == (1, None)


def test_an_answer_in_time_meets_the_clock_and_the_check_closes_the_order(stories: Stories, supervised: Case) -> None:
    officer = Actor.person(stories.cast.county_officer)
    case = stories.do(supervised, "answer_supervision", officer, at=MONDAY + timedelta(hours=2))
    assert (order_on(case).state, clocks(case)) == ("answered", ["met"])
    case = stories.do(case, "check_supervision", Actor.person(stories.cast.supervisor), at=MONDAY + timedelta(hours=3))
    assert (order_on(case).state, order_on(case).closed_by) == ("closed", stories.cast.supervisor)
    kinds = list(case.events.order_by("seq").values_list("kind", flat=True))
    assert kinds[-3:] == ["supervised", "supervision_answered", "supervision_checked"]
    assert list(verify(Case.objects.all())) == []


def test_a_poor_answer_is_sent_back_with_a_new_deadline_and_a_word_on_what_is_missing(
    stories: Stories, supervised: Case
) -> None:
    case = stories.do(supervised, "answer_supervision", Actor.person(stories.cast.county_officer), at=MONDAY)
    supervisor, later = Actor.person(stories.cast.supervisor), MONDAY + timedelta(days=1)
    with pytest.raises(BadInput) as refused:
        stories.do(case, "check_supervision", supervisor, accepted=False, at=later)
    assert "note" in refused.value.fields
    case = stories.do(case, "check_supervision", supervisor, accepted=False, note="未说明完成时间", at=later)
    assert (order_on(case).state, order_on(case).refusals) == ("open", 1)
    assert clocks(case) == ["met", "running"]
    assert case.deadlines.filter(kind="supervise").latest("pk").starts_at == later


def test_an_unanswered_order_is_flagged_at_its_unit_and_told_to_a_leader_but_the_case_does_not_climb(
    stories: Stories, supervised: Case
) -> None:
    sweep(MONDAY + timedelta(days=4))
    supervised.refresh_from_db()
    said = [e.kind for e in supervised.events.filter(payload__deadline_kind="supervise").order_by("seq")]
    assert said == ["supervised", "reminded", "flagged", "role_notified", "urged"]
    assert supervised.lead_unit_id == stories.cast.urban_management.pk


def test_a_unit_answers_only_its_own_order(stories: Stories, supervised: Case) -> None:
    case = stories.do(
        supervised, "supervise", Actor.person(stories.cast.county_leader), unit=stories.cast.town_authority, at=MONDAY
    )
    county, town = order_on(case), Actor.person(stories.cast.town_dispatcher)
    first = SupervisionOrder.objects.exclude(pk=county.pk).get()
    with pytest.raises(NotPermitted):
        stories.do(case, "answer_supervision", town, order=first.pk, at=MONDAY)
    with pytest.raises(BadInput) as refused:
        stories.do(case, "answer_supervision", town, order=10**9, at=MONDAY)
    assert "order" in refused.value.fields
    case = stories.do(case, "answer_supervision", town, at=MONDAY)
    county.refresh_from_db()
    assert (county.state, SupervisionOrder.objects.get(pk=first.pk).state) == ("answered", "open")


def test_who_watches_below_the_issuer_does_not_check_its_orders(stories: Stories, supervised: Case) -> None:
    case = stories.do(supervised, "answer_supervision", Actor.person(stories.cast.county_officer), at=MONDAY)
    with pytest.raises(NotPermitted):
        stories.do(case, "check_supervision", Actor.person(stories.cast.county_leader), at=MONDAY)
    stories.do(case, "check_supervision", Actor.person(stories.cast.city_leader), at=MONDAY)


def test_a_second_order_to_the_same_unit_waits_for_the_first(stories: Stories, supervised: Case) -> None:
    with pytest.raises(IllegalMove, match="already"):
        stories.do(supervised, "supervise", at=MONDAY)


def test_a_unit_outside_the_issuer_s_territory_cannot_be_ordered(stories: Stories, supervised: Case) -> None:
    leader = Actor.person(stories.cast.county_leader)
    with pytest.raises(BadInput) as refused:
        stories.do(supervised, "supervise", leader, unit=stories.cast.city_housing, at=MONDAY)
    assert "unit" in refused.value.fields


def test_only_the_city_lists_a_case_and_listing_is_in_the_history(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    with pytest.raises(BadInput) as refused:
        stories.do(case, "supervise", Actor.person(stories.cast.county_leader), listed=True, at=MONDAY)
    assert "listed" in refused.value.fields
    case = stories.do(case, "supervise", listed=True, at=MONDAY)
    assert (case.listed_at, order_on(case).listed) == (MONDAY, True)
    assert [e.kind for e in case.events.order_by("seq")][-2:] == ["supervised", "listed"]


def test_where_nothing_is_above_the_clock_gives_one_listed_order_and_not_a_second(stories: Stories) -> None:
    case = stories.submit(MONDAY)
    for half_days in range(1, 21):
        sweep(MONDAY + timedelta(hours=12 * half_days))
    case.refresh_from_db()
    order = SupervisionOrder.objects.get(case=case)
    assert (order.listed, order.unit_id, order.issuer_id) == (True, case.duty_unit_id, stories.cast.city_authority.pk)
    assert (order.issued_by, case.supervisions, case.listed_at) == (None, 1, order.issued_at)
    assert case.events.get(kind="listed").payload["order"] == order.pk
    assert case.deadlines.filter(order=order).count() == 1
    case = stories.do(case, "escalate", Actor.person(stories.cast.city_dispatcher), at=MONDAY + timedelta(days=11))
    assert SupervisionOrder.objects.filter(case=case).count() == 1
    assert case.events.filter(kind="listed").count() == 2


def test_an_escalation_by_hand_at_the_top_lists_with_its_reason_and_upgrades_an_open_order(stories: Stories) -> None:
    cast = stories.cast
    case = stories.do(
        stories.bring(Status.DISPATCHED, at=MONDAY), "escalate", Actor.person(cast.county_officer), at=MONDAY
    )
    case = stories.do(case, "supervise", at=MONDAY)
    case = stories.do(case, "escalate", Actor.person(cast.city_dispatcher), reason="市级也无法解决", at=MONDAY)
    order = SupervisionOrder.objects.get(case=case)
    assert (order.listed, order.text) == (True, "三日内报告办理情况")
    other = stories.do(
        stories.bring(Status.DISPATCHED, at=MONDAY), "escalate", Actor.person(cast.county_officer), at=MONDAY
    )
    other = stories.do(other, "escalate", Actor.person(cast.city_dispatcher), reason="市级也无法解决", at=MONDAY)
    assert order_on(other).text == "市级也无法解决"


def test_orders_close_with_their_case_and_an_undone_merger_wakes_them(stories: Stories, supervised: Case) -> None:
    case = stories.do(supervised, "withdraw", RESIDENT, at=MONDAY + timedelta(hours=1))
    assert (order_on(case).state, clocks(case)) == ("closed", ["cancelled"])
    ended = case.events.get(kind="supervision_checked").payload
    assert (ended["order"], ended["lapse"]) == (order_on(case).pk, "ended")
    merged = stories.do(stories.bring(Status.HANDLING, at=MONDAY), "supervise", at=MONDAY)
    dispatcher = Actor.person(stories.cast.county_dispatcher)
    merged = stories.do(merged, "merge", dispatcher, into=stories.submit(MONDAY), at=MONDAY + timedelta(hours=1))
    assert order_on(merged).state == "closed"
    merged = stories.do(merged, "unmerge", dispatcher, at=MONDAY + timedelta(hours=2))
    assert (order_on(merged).state, clocks(merged)) == ("open", ["running"])
    assert not merged.events.filter(kind="supervision_checked").exists()  # it only slept


def test_the_clock_that_closes_a_case_ends_its_order_and_the_mark_names_the_closing(stories: Stories) -> None:
    case = stories.do(stories.bring(Status.FEEDBACK, at=MONDAY), "supervise", at=MONDAY)
    sweep(MONDAY + timedelta(days=7))
    assert [e.kind for e in case.events.order_by("seq")][-2:] == ["closed", "supervision_checked"]
    mark = StepFiring.objects.get(deadline__case=case, step__action="close")
    assert mark.event is not None and mark.event.kind == "closed"


def test_what_a_lapse_is_told_as_names_its_reason(stories: Stories) -> None:
    case = stories.do(stories.bring(Status.HANDLING, at=MONDAY), "request_suspension", at=MONDAY)
    case = stories.do(case, "withdraw", RESIDENT, at=MONDAY)
    dispatch_events()
    item = InboxItem.objects.filter(event__case=case, event__kind="suspension_refused").first()
    assert item is not None
    assert render(item, "en").what == "The request to suspend the case has lapsed: the case has ended"


def test_who_gave_the_order_is_told_of_the_answer_and_the_unit_of_the_order(stories: Stories, supervised: Case) -> None:
    case = stories.do(supervised, "answer_supervision", Actor.person(stories.cast.county_officer), at=MONDAY)
    dispatch_events()
    told = set(InboxItem.objects.filter(event__case=case).values_list("event__kind", "user__username"))
    assert {("supervised", "county_officer"), ("supervision_answered", "supervisor")} <= told
    assert ("supervised", "supervisor") not in told
