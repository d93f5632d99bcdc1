"""Models of triage: learned, compared with the one in use, taken into use, taken back; and asked about a text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import categories
from cases.choices import Outcome, Status
from cases.errors import BadInput
from cases.models import Case
from insights.models import TriageModel
from insights.triage.learned import Learned

HELD_OUT = 10
"""Of so many texts, one is held out to compare a new model with the one in use."""
FEWEST_CASES = 500
"""A city with fewer closed cases has nothing to learn from yet."""
NEWEST_CASES = 8_000
MOST_A_LABEL = 400
"""What is learned from: the newest cases, and of each category so many; more teaches little and takes long."""
STEP = 4
"""Characters of one level in a category's tree path."""


class NoModel(BadInput):
    """There is no model of this name, or none to go back to."""


def train(
    name: str, texts: Sequence[str], labels: Sequence[str], *, processes: int = 1, at: datetime | None = None
) -> TriageModel:
    """Learns a new version of the model. It takes the place of the one in use where it is not worse on texts that were
    held out (both are asked: whoever wins has earned it); then it learns from those as well.

    Raises TooLittle where too few texts of two labels are there.
    """
    from insights.triage.learning import learn  # scikit-learn is large, and only who learns needs it

    before = running(name)
    compared = _compared(before, texts, labels) if before is not None else {}
    learned, report = learn(texts, labels, processes)
    better = compared.get("new", 1.0) >= compared.get("old", 0.0)
    with transaction.atomic():
        _alone(name)
        own = TriageModel.objects.filter(name=name)
        last, old = own.first(), own.filter(running=True).first()
        if better:
            own.update(running=False)
        return TriageModel.objects.create(
            name=name,
            version=(last.version if last else 0) + 1,
            trained_at=at or timezone.now(),
            running=better,
            replaced=old if better else None,
            figures=asdict(report) | {"held_out": compared},
            content=learned.to_bytes(),
        )


def _compared(before: Learned, texts: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """The share of held-out texts that each of the two judges rightly; nothing where too few are left to learn from."""
    from insights.triage.learning import TooLittle, learn

    def part(held: bool) -> tuple[list[str], list[str]]:
        some = [pair for place, pair in enumerate(zip(texts, labels, strict=True)) if (place % HELD_OUT == 0) is held]
        return [text for text, _label in some], [label for _text, label in some]

    asked, right = part(held=True)
    try:
        new, _report = learn(*part(held=False))
    except TooLittle:
        return {}
    return {"texts": len(asked), "old": _hits(before, asked, right), "new": _hits(new, asked, right)}


def _hits(model: Learned, texts: Sequence[str], right: Sequence[str]) -> float:
    said = [model.judge(text).guesses[0].label for text in texts]
    return round(sum(one == other for one, other in zip(said, right, strict=True)) / max(len(texts), 1), 4)


def roll_back(name: str) -> TriageModel:
    """Takes the model of this name out of use that is in it, and the one that it replaced into it.

    Raises NoModel where there is none.
    """
    with transaction.atomic():
        _alone(name)
        now = TriageModel.objects.filter(name=name, running=True).select_related("replaced").first()
        if now is None or now.replaced is None:
            raise NoModel(name=_("there is no earlier version to go back to"))
        TriageModel.objects.filter(pk=now.pk).update(running=False)
        TriageModel.objects.filter(pk=now.replaced.pk).update(running=True)
        return now.replaced


def _alone(name: str) -> None:
    """One at a time for a name, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"triage {name}"])


def running(name: str) -> Learned | None:
    """The model of this name that is in use."""
    key = TriageModel.objects.filter(name=name, running=True).values_list("pk", flat=True).first()
    return _read(key) if key is not None else None


@lru_cache(maxsize=4)
def _read(key: int) -> Learned:
    return Learned.from_bytes(bytes(TriageModel.objects.values_list("content", flat=True).get(pk=key)))


def train_city(path: str, *, processes: int = 1, at: datetime | None = None) -> TriageModel:
    """Learns from the city's own closed cases. A category with too few is learned as the one above it.

    Raises BadInput where the city has closed too few, TooLittle where they are all alike.
    """
    closed = Case.objects.filter(grid_path__startswith=path, status=Status.CLOSED, category__isnull=False)
    worked = closed.filter(outcome__in=[Outcome.SOLVED, Outcome.EXPLAINED]).order_by("-submitted_at", "-pk")
    rows = list(worked.values_list("title", "text", "category_id")[:NEWEST_CASES])
    if len(rows) < FEWEST_CASES:
        raise BadInput(city=_("has %(count)d closed cases with a category; at least %(least)d are needed")
                       % {"count": len(rows), "least": FEWEST_CASES})  # fmt: skip
    labels = rolled_up([category for _title, _text, category in rows])
    kept = _at_most([(f"{title}\n{text}", label) for (title, text, _c), label in zip(rows, labels, strict=True)])
    return train(path, [text for text, _label in kept], [label for _text, label in kept], processes=processes, at=at)


def rolled_up(category_ids: Iterable[int]) -> list[str]:
    """The code of each category, or of the nearest above it that has cases enough together with all below it."""
    from insights.triage.learning import FEWEST_A_LABEL

    book = categories.book()
    by_path = {row.path: row for row in book.by_id.values()}
    paths = [book.path(pk) for pk in category_ids]
    counts = Counter(path[:end] for path in paths for end in range(STEP, len(path) + 1, STEP))

    def enough(path: str) -> str:
        while len(path) > STEP and counts[path] < FEWEST_A_LABEL:
            path = path[:-STEP]
        return by_path[path].code

    return [enough(path) for path in paths]


def _at_most(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for text, label in rows:
        seen[label] += 1
        if seen[label] <= MOST_A_LABEL:
            kept.append((text, label))
    return kept


def figures_in_words(model: TriageModel) -> str:
    """One line for whoever trained it."""
    said: dict[str, Any] = model.figures
    return (
        f"{model}: {said['texts']} texts, {said['labels']} labels; macro F1 {said['macro_f1']}, "
        f"{said['macro_f1_sure']} without the unsure fifth, right among the first three {said['in_first_three']}"
    )
