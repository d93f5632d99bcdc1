"""Each event is planned for its humane moment, over the ways that somebody has chosen, and a window has one digest."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.models import Case, CaseEvent
from grids.models import Grid, User
from notifications.models import Contact, Delivery, InboxItem, Preference, TellingHours
from notifications.services import dispatch_events
from tests.cast import Cast
from tests.golden.book import moment
from tests.stories import Stories

NIGHT, DAY = moment("2026-11-17 02:00"), moment("2026-11-16 10:01")


def planned(user: User, **of: Any) -> list[tuple[str, str]]:
    """Pace and moment of all that is planned for somebody, the moment on the city's clock."""
    rows = Delivery.objects.filter(user=user, **of).order_by("next_attempt_at", "pk")
    return [(row.pace, f"{timezone.localtime(row.next_attempt_at):%Y-%m-%d %H:%M}") for row in rows]


def happen(case: Case, kind: str, at: datetime, **payload: Any) -> CaseEvent:
    """A line of the clock's."""
    seq = case.events.count() + 1000
    said = {"unit": case.duty_unit_id, **payload}
    return CaseEvent.objects.create(
        case=case, seq=seq, kind=kind, actor_kind="clock", at=at, payload=said, hash=str(seq)
    )


def test_what_comes_in_at_night_waits_for_the_morning(stories: Stories, cast: Cast) -> None:
    stories.submit(NIGHT)
    dispatch_events(at=NIGHT)
    assert planned(cast.village_head) == [("soon", "2026-11-17 07:30")]
    assert InboxItem.objects.get(user=cast.village_head).created_at == NIGHT, "the inbox is no bell"


def test_life_at_risk_rings_at_night_at_whose_turn_it_is(stories: Stories, cast: Cast) -> None:
    Preference.objects.create(user=cast.village_head, quiet_from=time(20), quiet_to=time(8))
    stories.submit(NIGHT, urgency="emergency")
    dispatch_events(at=NIGHT)
    for who in (cast.village_head, cast.worker):
        assert planned(who) == [("now", "2026-11-17 02:00")]


def test_quiet_hours_of_a_person_hold_for_that_person(stories: Stories, cast: Cast) -> None:
    Preference.objects.create(user=cast.village_head, quiet_from=time(9), quiet_to=time(11, 15))
    stories.submit(DAY)
    dispatch_events(at=DAY)
    assert planned(cast.village_head) == [("soon", "2026-11-16 11:15")]
    assert planned(cast.worker) == [("soon", "2026-11-16 10:01")]


def test_the_nearest_hours_upward_are_in_force(stories: Stories, cast: Cast) -> None:
    def wakes(grid: Grid, at: time) -> None:
        TellingHours.objects.create(grid=grid, wakes_at=at)

    wakes(cast.city, time(6))
    wakes(cast.county, time(9))
    case = stories.submit(NIGHT)
    happen(case, "listed", NIGHT, unit=cast.city_authority.pk)
    dispatch_events(at=NIGHT)
    assert planned(cast.village_head) == [("soon", "2026-11-17 09:00")]
    assert planned(cast.city_dispatcher) == [("soon", "2026-11-17 06:00")]


def test_news_of_one_window_are_one_digest(stories: Stories, cast: Cast) -> None:
    for minute in (0, 3, 9):
        at = DAY + timedelta(minutes=minute)
        case = stories.bring("dispatched", at)
        stories.do(case, "sign", at=at)
        dispatch_events(at=at)
    assert planned(cast.county_dispatcher, item__event__kind="signed") == [("later", "2026-11-16 10:30")] * 3


def test_the_first_reminder_goes_at_once_and_the_others_of_the_window_together(stories: Stories, cast: Cast) -> None:
    Preference.objects.create(user=cast.village_head, digest_minutes=120)
    cases = [stories.submit(DAY - timedelta(hours=1)) for _number in range(4)]
    dispatch_events(at=DAY - timedelta(hours=1))
    first, *others = cases
    for case, at in ((first, DAY), *((case, DAY + timedelta(minutes=1)) for case in others)):
        happen(case, "reminded", at)
    dispatch_events(at=DAY)
    rows = Delivery.objects.filter(user=cast.village_head, item__event__kind="reminded")
    assert {row.next_attempt_at for row in rows} == {DAY}, "told together: they are one message"
    happen(first, "flagged", DAY + timedelta(minutes=2))
    dispatch_events(at=DAY + timedelta(minutes=2))
    assert planned(cast.village_head, item__event__kind="flagged") == [("soon", "2026-11-16 12:00")], "the window's end"


def test_a_flood_after_an_outage_is_gathered(stories: Stories, cast: Cast) -> None:
    Preference.objects.create(user=cast.village_head, digest_minutes=120)
    case = stories.submit(DAY - timedelta(days=1))
    dispatch_events(at=DAY - timedelta(days=1))
    happen(case, "flagged", DAY, late_minutes=600, digest=True)
    dispatch_events(at=DAY)
    assert planned(cast.village_head, item__event__kind="flagged") == [("soon", "2026-11-16 12:00")]


def test_what_is_told_late_is_gathered_too(stories: Stories, cast: Cast) -> None:
    stories.submit(DAY - timedelta(hours=2))
    dispatch_events(at=DAY)
    assert planned(cast.village_head) == [("soon", "2026-11-16 10:30")]


def contact(user: User, channel: str, least: str, **fields: Any) -> Contact:
    said = {"verified_at": DAY, "address_sealed": b"", "masked": "*", "address_hash": f"{channel}{least}"} | fields
    return Contact.objects.create(user=user, channel=channel, least=least, **said)


@pytest.mark.parametrize(
    ("urgency", "least", "ways"),
    [
        ("ordinary", "later", {"account", "push", "sms"}),
        ("ordinary", "soon", {"account", "push", "sms"}),
        ("ordinary", "now", {"push", "sms"}),
        ("emergency", "now", {"account", "push", "sms", "ring"}),
    ],
)
def test_each_way_carries_what_its_owner_wants(
    stories: Stories, cast: Cast, urgency: str, least: str, ways: set[str]
) -> None:
    head = cast.village_head
    Preference.objects.create(user=head, account_least=least)
    known = {
        f"contact:{contact(head, 'web_push', 'later').pk}": "push",
        f"contact:{contact(head, 'sms', 'soon').pk}": "sms",
        f"contact:{contact(head, 'sms', 'now').pk}": "ring",
        f"contact:{contact(head, 'apprise', 'later', verified_at=None).pk}": "unverified",
        f"contact:{contact(head, 'apprise', 'soon', dead_at=DAY).pk}": "dead",
        "account": "account",
    }
    stories.submit(DAY, urgency=urgency)
    dispatch_events(at=DAY)
    assert {known[way] for way in Delivery.objects.filter(user=head).values_list("way", flat=True)} == ways
    assert InboxItem.objects.filter(user=head).count() == 1


def test_the_defaults_of_the_rows_are_those_of_the_plan() -> None:
    from notifications.timing import WakingHours, Wishes

    hours, wishes = TellingHours(), Preference()
    hours.clean_fields(exclude=["grid"])
    assert WakingHours(hours.wakes_at, hours.sleeps_at, hours.morning_at, hours.rung_minutes) == WakingHours()
    assert (wishes.quiet_from, wishes.quiet_to, wishes.undisturbed_until) == (None, None, None)
    assert wishes.digest_minutes == Wishes().digest_minutes
