"""One message for many events, its cases by urgency; lists at set times; and nothing about who spoke up."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.choices import Status, Urgency
from cases.models import Case
from notifications.choices import Pace
from notifications.composing import compose
from notifications.models import Delivery
from tests.stories import Stories
from tests.words.conftest import KEY, Planned

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(stories: Stories) -> None:
    for name in ("village_head", "county_leader"):
        user = getattr(stories.cast, name)
        user.locale = "en"
        user.save()


def due(case: Case, moment: str) -> Case:
    Case.objects.filter(pk=case.pk).update(due_at=moment)
    return case


def test_one_event_is_said_as_in_the_inbox_and_leads_to_its_case(stories: Stories, planned: Planned) -> None:
    case = stories.submit()
    said = compose([planned(stories.cast.village_head, case)])
    assert said.subject.startswith(f"{case.number} · A new case in 北关村")
    assert case.title in said.text and said.url.endswith(f"/cases/{case.number}")
    assert (said.pace, said.key) == (Pace.SOON, str(KEY))
    assert len(said.short) <= 120 and "\n" not in said.short


def test_many_events_are_one_message_with_a_line_for_each_case_the_most_urgent_first(
    stories: Stories, planned: Planned
) -> None:
    head = stories.cast.village_head
    late, early = (
        due(stories.submit(title="晚"), "2027-03-01T00:00Z"),
        due(stories.submit(title="早"), "2027-01-01T00:00Z"),
    )
    fire = due(stories.submit(title="火"), "2028-01-01T00:00Z")
    Case.objects.filter(pk=fire.pk).update(urgency=Urgency.EMERGENCY)
    news = due(stories.submit(title="闻"), "2026-12-01T00:00Z")
    rows = [planned(head, case) for case in (late, early, fire)] + [planned(head, news, pace=Pace.LATER)]
    said = compose(rows)
    lines = [line for line in said.text.splitlines() if line.startswith("- ")]
    assert [line.split()[2].rstrip(":") for line in lines] == ["火", "早", "晚", "闻"]
    assert said.subject == "Cases that concern you: 4, of which something is asked of you in 3"
    assert said.url.endswith("/inbox/") and said.text.splitlines()[-1] == said.url
    assert "Until 2027-01-01 08:00" in lines[1]


def test_several_events_of_a_case_are_one_line_that_says_the_newest(stories: Stories, planned: Planned) -> None:
    head, case, other = stories.cast.village_head, stories.bring(Status.HANDLING), stories.submit()
    rows = [planned(head, case, kind=kind) for kind in ("signed", "submitted", "dispatched")] + [planned(head, other)]
    (line,) = [line for line in compose(rows).text.splitlines() if line.startswith(f"- {case.number}")]
    assert "has signed" in line and "(earlier: 2)" in line


def test_events_of_a_single_case_lead_to_it_and_say_the_newest_first(stories: Stories, planned: Planned) -> None:
    head, case = stories.cast.village_head, stories.bring(Status.HANDLING)
    said = compose([planned(head, case, kind=kind) for kind in ("submitted", "signed", "dispatched")])
    assert said.subject.startswith(case.number) and "has signed" in said.subject
    assert said.url.endswith(f"/cases/{case.number}")
    assert said.text.index("has signed") < said.text.index("Dispatched to") < said.text.index("A new case in")


def test_a_flood_names_so_many_cases_and_counts_the_rest(
    stories: Stories, planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = stories.cast.village_head
    monkeypatch.setattr("notifications.digests.MOST_LINES", 3)
    said = compose([planned(head, stories.submit()) for _number in range(5)])
    assert sum(line.startswith("- ") for line in said.text.splitlines()) == 3
    assert "and 2 more" in said.text and said.subject.startswith("Cases that concern you: 5")


def test_composing_reads_nothing_however_many_there_are(
    stories: Stories, planned: Planned, noticed: Planned, settings: Any
) -> None:
    head = stories.cast.village_head
    for _number in range(3):
        planned(head, stories.submit())
    notice = noticed(stories.submit(), "receipt")
    rows = list(Delivery.objects.with_case().filter(user=head))
    compose(rows)
    compose(rows[:1])
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with CaptureQueriesContext(connection) as captured:
        compose(rows)
        compose(rows[:1])
        compose([notice])
    assert len(captured) == 0


def test_of_a_secret_reporter_only_the_number_is_said(stories: Stories, planned: Planned, listed: Planned) -> None:
    head, case = stories.cast.village_head, stories.submit(title="举报甲", secret=True)
    one, other = planned(head, case), planned(head, stories.submit())
    morning = listed(head, "morning", {"overdue": [case.number]})
    for rows in ([one], [one, other], [morning]):
        said = compose(rows)
        assert case.number in said.text
        assert "举报甲" not in f"{said.subject}{said.text}{said.short}"


def test_a_morning_list_names_what_is_overdue_first_and_nothing_that_is_not_seen_any_more(
    stories: Stories, listed: Planned
) -> None:
    head, seen, late = stories.cast.village_head, stories.submit(title="新"), stories.submit(title="旧")
    beyond = stories.submit(grid_id=stories.cast.other_county.pk)
    said = compose([listed(head, "morning", {"new": [seen.number], "overdue": [late.number, beyond.number]})])
    assert said.subject.startswith("morning list")
    assert said.text.index(late.number) < said.text.index(seen.number)
    assert beyond.number not in said.text
    assert "overdue 2, new 1" in said.short


def test_a_weekly_round_up_has_its_figures(stories: Stories, listed: Planned) -> None:
    content = {"overdue": [], "figures": {"in": 12, "closed": 9, "late": 1}}
    said = compose([listed(stories.cast.county_leader, "weekly", content)])
    assert "came in: 12, closed: 9, late: 1" in said.text
    nothing = compose([listed(stories.cast.county_leader, "monthly", {})])
    assert "Nothing waits for you." in nothing.text


def test_a_list_and_events_that_are_due_together_are_one_message(
    stories: Stories, planned: Planned, listed: Planned
) -> None:
    head, case = stories.cast.village_head, stories.submit()
    rows = [planned(head, stories.submit()), listed(head, "morning", {"new": [case.number]}), planned(head, case)]
    said = compose(rows)
    assert said.subject.startswith("morning list") and "Cases that concern you: 2" in said.text
    assert said.url.endswith("/inbox/")


def test_the_same_rows_give_the_same_words_in_any_order(stories: Stories, planned: Planned) -> None:
    rows = [planned(stories.cast.village_head, stories.submit()) for _number in range(4)]
    assert compose(rows) == compose(rows[::-1])


def test_each_reads_their_own_language(stories: Stories, planned: Planned) -> None:
    chinese, english = stories.cast.worker, stories.cast.village_head
    assert chinese.locale == "zh-hans"
    case = stories.submit()
    assert "A new case" in compose([planned(english, case)]).subject
    assert "A new case" not in compose([planned(chinese, case)]).subject


def test_nothing_is_no_message() -> None:
    with pytest.raises(ValueError, match="nothing to say"):
        compose([])
