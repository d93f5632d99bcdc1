"""Promises as data: read from a file with clear errors, published once, never changed, inherited down the tree."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction
from django.utils import timezone

from cases.errors import BadInput
from cases.models import Allowance, Policy, Step
from cases.policies import book
from cases.services.clocks import explanation_of
from cases.services.publishing import promises_of, publish, read_promises, sped_up
from tests.cast import Cast
from tests.stories import DATA, Stories

DEFAULT = (DATA / "policy.toml").read_text()
LADDERS = '[ladders]\ndesk = [{ do = "flag", at = "after 0" }]\n'


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def one_promise(minutes: int, **more: str) -> str:
    rows = "".join(f'{name} = "{value}"\n' for name, value in more.items())
    return f'{LADDERS}[[allowances]]\nkind = "accept"\nworking = {minutes}\nladder = "desk"\n{rows}'


def test_the_file_is_published_once_and_again_only_where_it_says_something_new(db: None) -> None:
    promises = read_promises(DEFAULT)
    first, new = publish(promises)
    assert new and promises_of(first) == promises
    assert publish(promises) == (first, False)
    second, new = publish(sped_up(promises, 60))
    assert new and (second.version, Policy.objects.count()) == (2, 2)


def test_a_published_policy_cannot_be_changed_by_anybody(db: None) -> None:
    policy, _new = publish(read_promises(DEFAULT))
    for change in (
        lambda: Allowance.objects.filter(policy=policy).update(minutes=1),
        lambda: Step.objects.filter(ladder__policy=policy).first().delete(),
        lambda: policy.ladders.create(name="more"),
        lambda: Policy.objects.filter(pk=policy.pk).update(max_returns=9),
    ):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("text", "place", "right"),
    [
        ("", "file", "allowances"),
        ("x = [", "file", "not TOML"),
        (one_promise(0), "allowances[1]", "more than 0"),
        (one_promise(5, level="street"), "allowances[1]", "village"),
        (one_promise(5, channel="letter"), "allowances[1]", "mailbox"),
        (one_promise(5).replace("working = 5", "days = 1.5"), "allowances[1]", "whole working days"),
        (one_promise(5).replace("working = 5", "days = 0"), "allowances[1]", "more than 0"),
        (one_promise(5).replace("working = 5", "days = 1\nworking = 5"), "allowances[1]", "one of them"),
        (one_promise(5).replace("accept", "answer"), "allowances[1]", "accept"),
        (one_promise(5).replace('ladder = "desk"', 'ladder = "stairs"'), "allowances[1]", "desk"),
        (one_promise(5).replace("after 0", "soon"), "ladders.desk[1]", "next morning"),
        (one_promise(5).replace('do = "flag"', 'do = "shout"'), "ladders.desk[1]", "remind"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_at_its_place_with_what_would_be_right(
    text: str, place: str, right: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read_promises(text)
    assert right in refused.value.fields[place]


def test_an_unknown_category_is_refused_and_nothing_is_published(db: None) -> None:
    with pytest.raises(BadInput) as refused:
        publish(read_promises(one_promise(5, category="999")))
    assert "999" in refused.value.fields["category"]
    assert not Policy.objects.exists()


def test_the_nearest_ancestor_s_policy_is_in_force_and_what_it_does_not_say_its_base_says(cast: Cast) -> None:
    general, _new = publish(read_promises(DEFAULT))
    county, _new = publish(read_promises(one_promise(30)), grid=cast.county, base=general)
    now = timezone.now()
    here = book().in_force(cast.cell.path, now)
    assert here.id == county.pk
    assert book().in_force(cast.other_county.path, now).id == general.pk
    minutes = {kind: book().allowance(here.id, kind, "", "ordinary", "village").minutes for kind in ("accept", "sign")}
    assert minutes == {"accept": 30, "sign": 240}


def test_a_case_keeps_the_version_that_it_came_in_under(stories: Stories) -> None:
    before = stories.submit()
    publish(read_promises(one_promise(30)))
    after = stories.submit()
    assert (before.policy.version, after.policy.version) == (1, 2)
    before = stories.do(before, "accept")
    assert before.deadlines.get(kind="dispatch").allowance.policy_id == before.policy_id


def test_a_matter_older_than_any_policy_comes_under_the_first(stories: Stories) -> None:
    assert stories.submit(timezone.now() - timedelta(days=900)).policy.version == 1


def test_without_any_policy_the_error_says_what_to_run(cast: Cast) -> None:
    with pytest.raises(ImproperlyConfigured, match="load_defaults"):
        book().in_force(cast.cell.path, timezone.now())


@pytest.mark.parametrize(
    ("urgency", "level", "minutes", "counting"),
    [
        ("emergency", "county", 120, "calendar"),
        ("urgent", "village", 1440, "calendar"),
        ("consultation", "city", 420, "working"),
        ("ordinary", "village", 5 * 420, "working"),
        ("ordinary", "town", 7 * 420, "working"),
        ("ordinary", "county", 10 * 420, "working"),
        ("ordinary", "city", 15 * 420, "working"),
    ],
)
def test_the_default_promises_are_those_of_the_domain(
    stories: Stories, urgency: str, level: str, minutes: int, counting: str
) -> None:
    policy = book().in_force(stories.cast.cell.path, timezone.now())
    row = book().allowance(policy.id, "handle", "", urgency, level)
    assert row is not None and (row.minutes, row.counting.value) == (minutes, counting)


def test_the_default_file_stands_where_commands_look_for_it() -> None:
    assert (Path(DATA) / "policy.toml").is_file()


MAILBOX = f"""{LADDERS}
[[allowances]]
kind = "accept"
working = 120
ladder = "desk"

[[allowances]]
kind = "accept"
level = "village"
working = 100
ladder = "desk"

[[allowances]]
kind = "accept"
channel = "mailbox"
days = 1
ladder = "desk"

[[allowances]]
kind = "accept"
urgency = "urgent"
calendar = 60
ladder = "desk"
"""


def test_a_channel_is_more_than_a_level_and_less_than_an_urgency(cast: Cast) -> None:
    policy, _new = publish(read_promises(MAILBOX))
    assert promises_of(policy) == read_promises(MAILBOX)
    found = {
        (urgency, channel): book().allowance(policy.pk, "accept", "", urgency, "village", channel)
        for urgency in ("ordinary", "urgent")
        for channel in ("app", "mailbox")
    }
    assert {here: row and (row.minutes, row.counting.value) for here, row in found.items()} == {
        ("ordinary", "app"): (100, "working"),
        ("ordinary", "mailbox"): (1, "day"),
        ("urgent", "app"): (60, "calendar"),
        ("urgent", "mailbox"): (60, "calendar"),
    }


def test_a_message_of_the_leader_s_mailbox_is_due_at_the_close_of_the_day(stories: Stories) -> None:
    publish(read_promises(MAILBOX), at=local("2026-01-01T00:00"))
    for start, due, minutes in (
        ("2026-03-02T09:30", "2026-03-02T17:30", 360),  # a Monday
        ("2026-03-02T17:30", "2026-03-03T17:30", 420),  # no time is left
        ("2026-03-06T20:00", "2026-03-09T17:30", 420),  # over the weekend
    ):
        case = stories.submit(local(start), channel="mailbox")
        clock = case.deadlines.get(kind="accept")
        assert (clock.due_at, clock.minutes, clock.counting) == (local(due), minutes, "working")
        told = explanation_of(clock)
        assert told.due_at == clock.due_at
        assert sum(segment.minutes for segment in told.segments if segment.counted) == minutes


def test_sped_up_a_day_becomes_its_minutes() -> None:
    rows = {row["channel"]: row for row in sped_up(read_promises(MAILBOX), 60).allowances if row["channel"]}
    assert (rows["mailbox"]["minutes"], rows["mailbox"]["counting"]) == (7, "calendar")
