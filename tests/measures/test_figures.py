"""The figures of a small world."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from insights.figures import Scope, Spread, cases_behind, figures
from insights.services import drain
from tests.stories import Stories


def test_each_figure_opens_as_many_cases_as_it_says(stories: Stories) -> None:
    for status in ("closed", "rejected", "withdrawn", "handling", "suspended", "merged"):
        stories.bring(status)
    drain()
    today, user = timezone.localdate(), stories.cast.city_leader
    scope = Scope(stories.cast.city, None, today - timedelta(days=3), today + timedelta(days=30))
    at = timezone.now() + timedelta(days=25)
    found = figures(user, scope, at=at)
    assert found["reported"].numerator == 7  # type: ignore[union-attr]  # each voice; the merged one had another to go into
    for name, figure in found.items():
        if isinstance(figure, Spread):
            assert cases_behind(user, scope, name, at=at).count() == figure.count
            continue
        behind = {part: cases_behind(user, scope, name, part, at=at).count()
                  for part in ("numerator", "denominator", "missing")}  # fmt: skip
        assert behind["numerator"] == figure.numerator, name
        assert behind["denominator"] == figure.denominator, name
        assert behind["missing"] == figure.denominator - figure.numerator, name
