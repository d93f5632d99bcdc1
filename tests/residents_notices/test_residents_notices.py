"""A resident hears by short message that the matter came in, what came of it, and when it is handled again."""

from __future__ import annotations

from typing import Any

import pytest

from cases.actors import IMPORT
from cases.choices import Status
from cases.models import Case
from cases.reporter import Reporter
from cases.services import Report, submit
from notifications.models import ChannelAccount, Delivery, ResidentNotice
from notifications.services import dispatch_events
from tests.cast import Cast
from tests.golden.book import moment
from tests.stories import Stories

DAY, NIGHT = moment("2026-11-16 10:00"), moment("2026-11-16 22:00")


@pytest.fixture
def account(cast: Cast) -> ChannelAccount:
    """The city's account for short messages."""
    return ChannelAccount.objects.create(
        city=cast.city, channel="sms", provider="webhook", credentials_sealed=b"", active=True
    )


def noticed(case: Case) -> list[str]:
    dispatch_events(at=DAY)
    rows = ResidentNotice.objects.filter(event__case=case).order_by("pk")
    return list(rows.values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        (Status.SUBMITTED, ["receipt"]),
        (Status.REJECTED, ["receipt", "rejected"]),
        (Status.REVIEW, ["receipt"]),
        (Status.FEEDBACK, ["receipt", "result"]),
        (Status.CLOSED, ["receipt", "result"]),
    ],
)
def test_what_a_resident_hears_of(stories: Stories, account: ChannelAccount, status: Status, kinds: list[str]) -> None:
    assert noticed(stories.bring(status, DAY)) == kinds


def test_a_matter_that_is_handled_again_is_told(stories: Stories, account: ChannelAccount) -> None:
    case = stories.bring(Status.FEEDBACK, DAY)
    case = stories.do(case, "rate", at=DAY, solved=False, satisfaction="unsatisfied")
    assert noticed(case) == ["receipt", "result", "reopened"]


def test_each_notice_goes_by_short_message_once(stories: Stories, account: ChannelAccount) -> None:
    noticed(stories.submit(DAY))
    row = Delivery.objects.get(notice__isnull=False)
    assert (row.way, row.channel, row.pace, row.user, row.next_attempt_at) == ("resident", "sms", "soon", None, DAY)
    dispatch_events(at=DAY)
    assert Delivery.objects.filter(notice__isnull=False).count() == 1


def test_nobody_is_woken_by_a_receipt(stories: Stories, account: ChannelAccount) -> None:
    stories.submit(NIGHT)
    dispatch_events(at=NIGHT)
    assert Delivery.objects.get(notice__isnull=False).next_attempt_at == moment("2026-11-17 07:30")


@pytest.mark.parametrize("said", [{"reporter": Reporter("何大年", "")}, {"reporter": Reporter()}])
def test_who_left_no_phone_hears_nothing(stories: Stories, account: ChannelAccount, said: dict[str, Any]) -> None:
    assert noticed(stories.submit(DAY, **said)) == []


def test_a_city_without_an_account_tells_no_resident(stories: Stories, account: ChannelAccount) -> None:
    ChannelAccount.objects.update(active=False)
    assert noticed(stories.submit(DAY)) == []


def test_the_account_of_another_city_is_not_used(stories: Stories, cast: Cast, account: ChannelAccount) -> None:
    from grids.services import create_grid

    other = create_grid(code="130600000000", name="保定市", level="city", parent=None)
    ChannelAccount.objects.update(city=other)
    assert noticed(stories.submit(DAY)) == []


def test_a_replayed_ledger_tells_nobody(stories: Stories, cast: Cast, account: ChannelAccount) -> None:
    reporter = Reporter("何大年", "+8613812345678")
    assert noticed(submit(Report("旧事", "旧事", grid_id=cast.cell.pk, reporter=reporter), IMPORT)) == []


def test_the_voices_of_a_merged_case_hear_its_result_each_of_their_own(
    stories: Stories, account: ChannelAccount
) -> None:
    voice, apart = stories.submit(DAY), stories.submit(DAY)
    case = stories.submit(DAY)
    for one in (voice, apart):
        stories.do(one, "merge", at=DAY, into=case)
    stories.do(apart, "unmerge", at=DAY)
    for action in ("accept", "dispatch", "sign", "finish", "approve"):
        stories.do(case, action, at=DAY)
    assert noticed(voice) == ["receipt", "result"]
    assert noticed(case) == ["receipt", "result"]
    assert noticed(apart) == ["receipt"], "it goes its own way"
    assert (
        ResidentNotice.objects.filter(kind="result").count() == Delivery.objects.filter(notice__kind="result").count()
    )
