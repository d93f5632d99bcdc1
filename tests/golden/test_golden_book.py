"""Every story of the golden book comes out as it is written, to the minute and to the last line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.models import Case
from cases.services.history import verify
from tests.cast import Cast
from tests.golden.book import Story, Telling, pages, shelf
from tests.stories import Stories

BOOK = Path(__file__).resolve().parents[2] / "docs" / "golden-book.md"


@pytest.mark.parametrize("story", shelf(), ids=lambda story: story.name)
def test_the_story_comes_out_as_it_is_written(story: Story, cast: Cast) -> None:
    telling = Telling(story, Stories(cast))
    telling.run()
    assert {name: telling.lines(name) for name in story.expected} == story.expected
    if story.messages:
        assert telling.messages() == list(story.messages)
    case = Case.objects.get(pk=telling.cases["a"].pk)
    assert {fact: str(getattr(case, fact)) for fact in story.facts} == story.facts
    assert list(verify(Case.objects.all())) == []


def test_the_book_has_thirty_stories_or_more() -> None:
    assert len(shelf()) >= 30


def test_the_book_in_the_docs_says_what_the_stories_say() -> None:
    assert BOOK.read_text() == "".join(pages()), "run: python -m tests.golden > docs/golden-book.md"
