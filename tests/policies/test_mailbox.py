"""A leader's mailbox: reported, read and forwarded the same day."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cases.services import sweep
from tests.stories import Stories

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("came", "due"),
    [
        ("2026-11-16T09:10", "2026-11-16T17:30"),
        ("2026-11-16T17:29", "2026-11-16T17:30"),
        ("2026-11-20T18:30", "2026-11-23T17:30"),  # Friday evening: Monday
    ],
)
def test_a_letter_to_the_mailbox_is_read_and_sent_on_by_the_close_of_the_day(
    stories: Stories, came: str, due: str
) -> None:
    at, until = (datetime.fromisoformat(text).replace(tzinfo=CHINA) for text in (came, due))
    case = stories.submit(at, channel="mailbox")
    assert case.deadlines.get(kind="accept").due_at == until
    case = stories.do(case, "accept", at=at)
    assert case.deadlines.get(kind="dispatch").due_at == until


def test_the_leader_hears_at_once_and_what_is_not_read_today_climbs(stories: Stories) -> None:
    at = datetime(2026, 11, 16, 9, 10, tzinfo=CHINA)
    case = stories.submit(at, channel="mailbox")
    sweep(at)
    told = case.events.get(kind="role_notified")
    assert (told.payload["role"], told.due_at) == ("leader", at)
    sweep(datetime(2026, 11, 17, 10, 0, tzinfo=CHINA))
    kinds = list(case.events.order_by("seq").values_list("kind", flat=True))[:5]
    assert kinds == ["submitted", "role_notified", "reminded", "flagged", "escalated"]


def test_life_at_risk_is_quicker_whichever_way_it_comes(stories: Stories) -> None:
    at = datetime(2026, 11, 16, 9, 10, tzinfo=CHINA)
    case = stories.submit(at, channel="mailbox", urgency="emergency")
    assert case.deadlines.get(kind="accept").due_at == datetime(2026, 11, 16, 9, 25, tzinfo=CHINA)
