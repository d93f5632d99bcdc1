"""Holes and contradictions are found before a case falls into one, and no draft with a hole is published."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from cases.calendars import calendar_of
from cases.choices import Status
from cases.errors import BadInput
from cases.models import Policy
from cases.policies import book
from cases.services.policy_checks import check_policy
from cases.services.publishing import Promises, draft, publish, publish_draft, read_promises
from cases.services.timetables import Circumstances, timetable
from tests.cast import Cast
from tests.stories import DATA, Stories

TEXT = (DATA / "policy.toml").read_text()


def findings(text: str) -> dict[str, bool]:
    return {found.words: found.hole for found in check_policy(draft(read_promises(text)))}


def test_the_promises_of_a_new_installation_have_no_holes(cast: Cast) -> None:
    assert findings(TEXT) == {}


RATED = 'kind = "rate"\ncalendar = 10080\nladder = "rating"'


@pytest.mark.parametrize(
    ("was", "now", "words", "hole"),
    [
        ('kind = "review"', 'kind = "review"\nlevel = "city"', "waits for somebody without a clock “to check”", True),
        ('kind = "whistle"\nworking', 'kind = "whistle"\nchannel = "app"\nworking', "no allowance for", True),
        (RATED, RATED.replace("rating", "desk"), "nothing closes the case", True),
        ('working = 420\nladder = "desk"', 'working = 420\nladder = "rating"', "never flags", True),
        ('{ do = "remind", at = "80 %" },\n    { do = "flag"', '{ do = "remind", at = "100 %" },\n    { do = "flag"',
         "reminds when it is due already", False),
        ('at = "after 60" },\n]\nwork', 'at = "after 0" },\n    { do = "urge", at = "next morning" },\n]\nwork',
         "never comes", False),
        ("calendar = 120\n", "calendar = 60000\n", "has more time than", False),
        ("working = 240\nladder = \"sign\"", "working = 24000\nladder = \"sign\"", "signing has more time", False),
        ('{ do = "urge", at = "next morning" },\n    { do = "notify"', '{ do = "escalate", at = "after 60" },\n'
         '    { do = "notify"', "does not climb", False),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_found(cast: Cast, was: str, now: str, words: str, hole: bool) -> None:
    assert was in TEXT
    found = findings(TEXT.replace(was, now))
    assert [is_hole for said, is_hole in found.items() if words in said][:1] == [hole], found


def test_a_draft_with_a_hole_is_not_published_and_the_command_says_where(stories: Stories) -> None:
    hole = draft(read_promises(TEXT.replace('kind = "review"', 'kind = "review"\nlevel = "city"')))
    with pytest.raises(BadInput, match="without a clock"):
        publish_draft(hole)
    assert Policy.objects.get(pk=hole.pk).published_at is None
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_policies", stdout=out)
    assert ended.value.code == 1
    assert "hole: " in out.getvalue()
    out = StringIO()
    call_command("check_policies", grid="1310", stdout=out)
    assert "nothing found" in out.getvalue()


def older() -> Promises:
    """As a city published them before there was a promise of this kind."""
    promises = read_promises(TEXT)
    return replace(promises, allowances=tuple(row for row in promises.allowances if row["kind"] != "check_answer"))


def test_what_an_older_policy_does_not_know_the_one_for_every_city_lends_and_is_named(stories: Stories) -> None:
    city = stories.cast.city
    policy, _new = publish(older(), grid=city)
    assert not policy.allowances.filter(kind="check_answer").exists()
    holes = [found.words for found in check_policy(policy) if found.hole]
    assert holes == [
        "no allowance for “to check the answer to a supervision order” in: anywhere; until a version has one, the "
        "policy above lends its own"
    ]
    out = StringIO()
    call_command("load_defaults", stdout=out, stderr=out)
    assert holes[0] in out.getvalue()
    case = stories.prepare(stories.bring(Status.HANDLING), "check_supervision")
    clock = case.deadlines.get(kind="check_answer")
    assert (case.policy_id, clock.state, clock.minutes) == (policy.pk, "running", 420)


def test_where_no_policy_above_knows_it_either_no_clock_runs_and_that_is_said(cast: Cast) -> None:
    policy, _new = publish(older(), grid=cast.city)
    assert [found.words for found in check_policy(policy)] == [
        "no allowance for “to check the answer to a supervision order” in: anywhere; no clock runs"
    ]


def test_a_step_says_what_it_does_on_its_own_clock(stories: Stories) -> None:
    policy = Policy.objects.latest("id")
    assert policy.published_at is not None
    rows = timetable(book(), policy.pk, calendar_of(""), policy.published_at, Circumstances())
    last = {row.kind.value: row.steps[-1].words for row in rows if row.steps}
    assert last["extension"] == "let the request lapse: 420 min after it was due"
    assert last["rate"] == "close the case: when it is due"
    assert last["accept"] == "escalate: 60 min after it was due"


def test_an_authority_with_nobody_above_is_a_hole(stories: Stories) -> None:
    cast = stories.cast
    for place in ("city", "county", "town"):
        unit = getattr(cast, f"{place}_authority")
        unit.active = False
        unit.save()
    assert any("nobody stands above" in found.words for found in check_policy(Policy.objects.latest("id")))


def test_the_page_of_a_policy_shows_what_it_makes_of_a_moment(stories: Stories, admin_client: object) -> None:
    policy = Policy.objects.latest("id")
    address = reverse("admin:cases_policy_change", args=[policy.pk])
    page = admin_client.get(address, {"moment": "2026-09-30 15:10", "level": "village"})
    text = page.content.decode()
    assert "2026-10-12 15:10" in text  # five working days over the National Day, one of them a make-up Saturday
    assert "1–7 Oct National Day not counted" in text
    refused = admin_client.get(address, {"moment": "soon"})
    assert refused.status_code == 200 and "errorlist" in refused.content.decode()
