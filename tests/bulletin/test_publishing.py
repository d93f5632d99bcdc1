"""A solved case goes into the bulletin in an official's words, for everybody to read, and comes out again."""

from __future__ import annotations

from typing import Any

import pytest

from cases.actors import Actor
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.masking import given_away, masked
from cases.models import Case, PublicEntry
from cases.reporter import Reporter
from cases.services.bulletin import proposed_entry, publish, unpublish
from tests.stories import Stories

pytestmark = pytest.mark.django_db
WORDS = {"title": "村东头路灯不亮", "reply": "供电所已更换灯具，当晚亮灯"}


def shown() -> list[str]:
    return [entry.case.number for entry in PublicEntry.objects.shown().select_related("case")]


def test_what_is_published_is_read_and_what_is_taken_out_is_not(stories: Stories) -> None:
    case, by = stories.bring("closed"), stories.actor("publish")
    assert shown() == []
    publish(case, by, **WORDS)
    assert shown() == [case.number]
    unpublish(case, by, reason="居民要求")
    assert shown() == []
    publish(case, by, title="路灯不亮", reply="已修好")
    assert shown() == [case.number] and PublicEntry.objects.get().title == "路灯不亮"
    kinds = list(case.events.order_by("seq").values_list("kind", flat=True))[-3:]
    assert kinds == ["published", "unpublished", "published"]
    assert case.events.get(kind="unpublished").payload == {"reason": "居民要求"}


def test_what_is_opened_again_is_not_shown_as_solved(stories: Stories) -> None:
    case = stories.bring("closed")
    publish(case, stories.actor("publish"), **WORDS)
    stories.do(case, "reopen")
    assert shown() == []


def test_only_what_was_solved_and_not_what_is_to_be_kept_secret(stories: Stories) -> None:
    explained = stories.bring("handling")
    for action, said in (("finish", {"outcome": "explained"}), ("approve", {}), ("rate", {})):
        explained = stories.do(explained, action, **said)
    with pytest.raises(IllegalMove, match="only what was solved"):
        publish(explained, stories.actor("publish"), **WORDS)
    with pytest.raises(IllegalMove, match="secrecy"):
        publish(stories.bring("closed", secret=True), stories.actor("publish"), **WORDS)
    with pytest.raises(IllegalMove, match="does not stand"):
        unpublish(stories.bring("closed"), stories.actor("publish"), reason="x")


@pytest.mark.parametrize("who", ["stranger", "county_officer", "worker"])
def test_nobody_publishes_beyond_their_territory_or_role(stories: Stories, who: str) -> None:
    case = stories.bring("closed")
    with pytest.raises(NotPermitted):
        publish(case, Actor.person(getattr(stories.cast, who)), **WORDS)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"title": "何大年家门口路灯不亮"}, "title"),
        ({"reply": "已致电 138 1234 5678 告知"}, "reply"),
        ({"reply": "身份证 131022197001011234 已登记"}, "reply"),
        ({"reply": "已为3号楼2单元401室通水"}, "reply"),
    ],
)
def test_what_leads_to_a_person_is_refused_and_named(stories: Stories, said: dict[str, str], field: str) -> None:
    case = stories.bring("closed")
    with pytest.raises(BadInput) as refused:
        publish(case, stories.actor("publish"), **WORDS | said)
    assert set(refused.value.fields) == {field}
    assert not PublicEntry.objects.exists()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("何大年反映，电话13812345678", "某某反映，电话***"),
        ("张大爷家住12号楼3单元501室", "某某家住某处"),
        ("2026-11-20 已修复 107 路公交站", "2026-11-20 已修复 107 路公交站"),
        ("11月1号修复，5号住户满意", "11月1号修复，某处住户满意"),
        ("1号线旁的路灯 20 盏", "1号线旁的路灯 20 盏"),
    ],
)
def test_a_proposal_leaves_out_what_leads_to_a_person_and_nothing_else(text: str, after: str) -> None:
    reporter = Reporter("何大年", "+8613812345678")
    assert masked(text, reporter) == after
    assert not list(given_away(masked(text, reporter), reporter))


def test_the_official_is_offered_the_masked_words_and_later_their_own(stories: Stories) -> None:
    said: dict[str, Any] = {"title": "何大年家路灯不亮", "text": "电话13812345678"}
    case = Case.objects.get(pk=stories.bring("closed", **said).pk)
    assert proposed_entry(case).title == "某某家路灯不亮"
    publish(case, stories.actor("publish"), **WORDS)
    assert proposed_entry(case) == tuple(WORDS.values())
