"""Those whom an event concerns are told of it, with the reason, and nobody else is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from cases.actors import IMPORT, RESIDENT, Actor
from cases.choices import EventKind, Status
from cases.models import Case, CaseEvent, Deadline, PendingEvent
from cases.querysets import reaches
from cases.services import sweep
from grids.models import Post, User
from grids.territory import territories_of, territory_of
from notifications.messages import SENTENCES
from notifications.models import InboxItem
from notifications.recipients import TABLE
from notifications.services import dispatch_events
from tests.cast import STARTED_ON, Cast
from tests.notifications.receiving import Told
from tests.stories import Stories


def test_the_table_knows_every_kind_of_event() -> None:
    assert set(TABLE) == set(EventKind)


def test_every_kind_that_somebody_is_told_of_has_a_sentence() -> None:
    assert {kind for kind, selectors in TABLE.items() if selectors} == set(SENTENCES)


def test_a_new_case_reaches_the_village_and_the_worker_of_the_cell_but_not_the_worker_next_door(
    stories: Stories, told: Told
) -> None:
    assert told(stories.submit(), "submitted") == {"village_head": "duty", "worker": "duty"}


def test_who_did_it_is_not_told(stories: Stories, cast: Cast, told: Told) -> None:
    case = stories.submit()
    stories.do(case, "accept", Actor.person(cast.village_head))
    assert told(case, "accepted") == {}


def test_a_desk_whose_case_was_accepted_above_it_hears_of_it(stories: Stories, cast: Cast, told: Told) -> None:
    case = stories.submit()
    stories.do(case, "accept", Actor.person(cast.town_dispatcher))
    assert told(case, "accepted") == {"village_head": "former"}


def test_who_logged_a_case_hears_of_its_way(stories: Stories, cast: Cast, told: Told) -> None:
    from cases.services import Report, submit

    case = submit(Report("井盖破损", "井盖破了", grid_id=cast.cell.pk), Actor.person(cast.worker))
    assert told(case, "submitted") == {"village_head": "duty"}
    for action in ("dispatch", "sign", "finish", "approve"):
        stories.do(case, action)
    assert told(case, "approved") == {"county_officer": "lead", "worker": "logged_by"}


def test_a_dispatch_reaches_lead_and_co_handlers(stories: Stories, cast: Cast, told: Told) -> None:
    officer = User.objects.create_user("housing_officer", "h@example.org", name="许住建")
    Post.objects.create(user=officer, unit=cast.housing, role="officer", starts_on=STARTED_ON)
    case = stories.bring(Status.ACCEPTED)
    stories.do(case, "dispatch", co_handlers=[cast.housing])
    assert told(case, "dispatched") == {"county_officer": "lead", "housing_officer": "co_handler"}


def test_a_unit_that_loses_the_lead_hears_of_it(stories: Stories, cast: Cast, told: Told) -> None:
    case = stories.bring(Status.DISPATCHED)
    stories.do(case, "dispatch", lead=cast.village_authority)
    assert told(case, "dispatched") == {"village_head": "lead", "worker": "lead", "county_officer": "relieved"}


def test_the_result_goes_to_the_unit_that_dispatched_and_back(stories: Stories, cast: Cast, told: Told) -> None:
    case = stories.bring(Status.REVIEW)
    assert told(case, "signed") == {"county_dispatcher": "dispatching"}
    assert told(case, "finished") == {"county_dispatcher": "dispatching"}
    stories.do(case, "send_back")
    assert told(case, "sent_back") == {"county_officer": "lead"}


def test_a_returned_case_is_told_to_the_dispatcher(stories: Stories, told: Told) -> None:
    case = stories.bring(Status.DISPATCHED)
    stories.do(case, "return", stories.actor("sign"))
    assert told(case, "returned") == {"county_dispatcher": "dispatching"}


def test_a_verdict_reaches_the_lead_and_the_dispatcher(stories: Stories, told: Told) -> None:
    case = stories.bring(Status.CLOSED)
    assert told(case, "rated") == {"county_officer": "lead", "county_dispatcher": "dispatching"}
    assert told(case, "closed") == {"county_officer": "lead"}


def test_an_instruction_reaches_all_who_work_on_the_case(stories: Stories, cast: Cast, told: Told) -> None:
    case = stories.bring(Status.HANDLING)
    stories.do(case, "instruct", Actor.person(cast.city_leader))
    assert told(case, "instructed") == {"county_officer": "duty", "county_dispatcher": "dispatching"}


def sweep_until(case: Case, kind: str) -> CaseEvent:
    """Lets the clock run from step to step until it has done this."""
    for _step in range(20):
        found = case.events.filter(kind=kind, actor_kind="clock").first()
        if found:
            return found
        due = Deadline.objects.filter(case=case, fire_at__isnull=False).order_by("fire_at").values_list("fire_at")
        sweep(due[0][0])
    raise AssertionError(f"the clock never {kind}")


def test_a_reminder_reaches_whoever_owes(stories: Stories, told: Told) -> None:
    case = stories.bring(Status.HANDLING)
    sweep_until(case, "reminded")
    assert told(case, "reminded") == {"county_officer": "owes"}


def test_a_flag_reaches_whoever_owes_and_the_level_above(stories: Stories, told: Told) -> None:
    case = stories.submit()
    sweep_until(case, "flagged")
    assert told(case, "flagged") == {"village_head": "owes", "worker": "owes", "town_dispatcher": "above"}


def test_a_flag_on_a_department_reaches_the_dispatcher_too(stories: Stories, told: Told) -> None:
    case = stories.bring(Status.DISPATCHED)
    sweep_until(case, "flagged")
    expected = {"county_officer": "owes", "county_dispatcher": "dispatching", "city_dispatcher": "above"}
    assert told(case, "flagged") == expected


def test_an_escalation_reaches_the_new_unit_the_lower_one_and_the_leader_above(stories: Stories, told: Told) -> None:
    case = stories.bring(Status.HANDLING)
    sweep_until(case, "escalated")
    expected = {"city_dispatcher": "duty", "county_officer": "former", "city_leader": "leader"}
    assert told(case, "escalated") == expected


def test_where_a_level_has_no_leader_the_next_one_is_told(stories: Stories, told: Told) -> None:
    case = stories.submit()
    sweep_until(case, "escalated")  # to the town, which has a dispatcher only
    assert told(case, "escalated") == {
        "town_dispatcher": "duty",
        "village_head": "former",
        "county_leader": "leader",
    }


def test_an_empty_desk_is_no_hole(stories: Stories, cast: Cast, told: Told) -> None:
    User.objects.filter(pk=cast.county_officer.pk).update(is_active=False)
    case = stories.bring(Status.DISPATCHED)
    assert told(case, "dispatched") == {}, "the county's dispatcher, next upward, has dispatched it"
    sweep_until(case, "reminded")
    assert told(case, "reminded") == {"county_dispatcher": "owes"}


def test_a_role_that_a_step_names_is_found_upward(stories: Stories, told: Told) -> None:
    case = stories.bring(Status.HANDLING)
    add_event(case, "role_notified", {"role": "leader", "unit": case.lead_unit_id})
    assert told(case, "role_notified") == {"county_leader": "role"}


def add_event(case: Case, kind: str, payload: dict[str, object]) -> CaseEvent:
    """A line as a later version may write it."""
    return CaseEvent.objects.create(
        case=case, seq=1000, kind=kind, actor_kind="clock", at=timezone.now(), payload=payload, hash="-"
    )


def test_on_leave_both_are_told(stories: Stories, cast: Cast, told: Told) -> None:
    today = timezone.localdate()
    Post.objects.filter(user=cast.county_officer).update(
        substitute=cast.stranger, leave_from=today, leave_to=today + timedelta(days=3)
    )
    assert told(stories.bring(Status.DISPATCHED), "dispatched") == {"county_officer": "lead", "stranger": "lead"}


def test_a_post_that_has_ended_is_told_nothing(stories: Stories, cast: Cast, told: Told) -> None:
    Post.objects.filter(user=cast.worker).update(ends_on=date(2021, 1, 1))
    assert told(stories.submit(), "submitted") == {"village_head": "duty"}


def test_who_may_not_see_the_case_is_not_told(stories: Stories, cast: Cast, told: Told) -> None:
    case = stories.submit()
    Case.objects.filter(pk=case.pk).update(logged_by=cast.stranger)
    stories.do(case, "reject", Actor.person(cast.village_head))
    assert told(case, "rejected") == {}


def test_a_look_at_the_reporter_is_told_to_nobody(stories: Stories, cast: Cast, told: Told) -> None:
    case = stories.bring(Status.ACCEPTED)
    stories.do(case, "reveal_reporter", Actor.person(cast.county_dispatcher))
    assert told(case, "revealed") == {}
    assert not PendingEvent.objects.exists()


def test_a_replay_of_an_old_ledger_tells_nobody(stories: Stories, cast: Cast) -> None:
    from cases.services import Report, submit

    submit(Report("旧事", "旧事", grid_id=cast.cell.pk), IMPORT)
    dispatch_events()
    assert not InboxItem.objects.exists()


def test_what_python_says_of_sight_the_database_says_too(stories: Stories, cast: Cast) -> None:
    cases = [stories.submit(), stories.bring(Status.DISPATCHED), stories.submit(lon=116.335)]
    stories.do(cases[0], "accept", Actor.person(cast.village_head))
    stories.do(cases[0], "dispatch", Actor.person(cast.town_dispatcher), lead=cast.village_authority)
    stories.do(cases[0], "note", RESIDENT)
    users = list(User.objects.all())
    sight = territories_of(users, timezone.localdate())
    for user in users:
        assert sight[user.pk] == territory_of(user)
        seen = set(Case.objects.visible_to(user).values_list("pk", flat=True))
        assert {case.pk for case in Case.objects.all() if reaches(sight[user.pk], case)} == seen


@pytest.mark.parametrize("level", ["village_head", "town_dispatcher", "county_dispatcher", "city_dispatcher"])
def test_a_case_that_rots_reaches_every_level_on_its_way_to_the_city(
    stories: Stories, cast: Cast, told: Told, level: str
) -> None:
    case = stories.submit()
    sweep_until(case, "listed")
    dispatch_events()
    reasons = InboxItem.objects.filter(user=getattr(cast, level)).values_list("event__kind", "reason")
    assert {("reminded", "owes"), ("flagged", "owes")} <= set(reasons)
    assert told(case, "listed") == {"city_dispatcher": "owes", "city_leader": "leader", "supervisor": "supervisor"}
