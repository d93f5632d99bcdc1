"""Versions of a model: which is in use, what takes its place, what goes back, and what they are asked."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from cases.models import Case, Category
from insights.models import TriageModel
from insights.services.asking import categories_for
from insights.services.triage import rolled_up, running, train, train_city
from insights.triage.learning import TooLittle
from tests.stories import Stories
from tests.triage.test_learning import texts_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "text", "category"])
        writer.writerows([place, *row] for place, row in enumerate(zip(*texts_of(90), strict=True)))
    return path


def test_a_file_is_learned_and_another_is_judged_with_all_its_columns(ledger: Path, tmp_path: Path) -> None:
    said, out = StringIO(), tmp_path / "out.csv"
    call_command("train_triage", str(ledger), stdout=said)
    assert "90 texts, 3 labels" in said.getvalue() and "in use" in said.getvalue()
    call_command("predict_triage", str(ledger), "--out", str(out), stdout=StringIO())
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["number", "text", "category", "first", "second", "third", "probability", "unsure"]
    assert len(rows) == 90 and sum(row["first"] == row["category"] for row in rows) > 85
    assert {row["unsure"] for row in rows} <= {"yes", "no"}
    assert all({row["first"], row["second"], row["third"]} == {"水", "路", "校"} for row in rows)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text\n路灯不亮\n", "lacks the columns category"),
        ("text,category\n路灯不亮,\n", "line 2: category is empty"),
        ("text,category\n", "has no row"),
        ("text,category\n路灯不亮,路\n", "labels have at least"),
    ],
)
def test_a_file_that_cannot_be_learned_is_refused_with_what_is_wrong(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        call_command("train_triage", str(path), stdout=StringIO())
    assert not TriageModel.objects.exists()


def test_a_worse_model_does_not_take_over_and_a_better_one_can_be_taken_back() -> None:
    texts, labels = texts_of(120)
    first = train("own", texts, labels)
    mixed = [*labels[1:], labels[0]]  # what is taught now is wrong for all texts alike
    second = train("own", texts_of(120, seed=5)[0], texts_of(120, seed=5)[1])
    assert (first.version, second.version, second.running, second.replaced_id) == (1, 2, True, first.pk)
    third = train("own", texts[:30] + texts_of(60, seed=6)[0], mixed[:30] + texts_of(60, seed=6)[1])
    assert third.version == 3 and third.running == (
        third.figures["held_out"]["new"] >= third.figures["held_out"]["old"]
    )
    call_command("train_triage", "own.csv", "--roll-back", stdout=StringIO())
    assert TriageModel.objects.get(name="own", running=True).pk == (second.pk if third.running else first.pk)


def test_there_is_nothing_to_go_back_to_from_the_first() -> None:
    train("own", *texts_of(60))
    with pytest.raises(CommandError, match="no earlier version"):
        call_command("train_triage", "own.csv", "--roll-back", stdout=StringIO())


def test_a_city_with_few_closed_cases_learns_nothing_yet(stories: Stories) -> None:
    said = StringIO()
    with pytest.raises(CommandError, match="closed cases with a category"):
        call_command("train_triage", "--city", stories.cast.city.code, stdout=said)


def test_a_city_learns_from_what_it_has_closed(stories: Stories, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Category.objects
    keys = {
        label: rows.add_root({"code": f"learned-{place}", "name": label}).pk for place, label in enumerate("水路校")
    }
    texts, labels = texts_of(90)
    one = stories.submit()
    rows = []
    for number, (text, label) in enumerate(zip(texts, labels, strict=True)):
        row = Case.objects.get(pk=one.pk)
        row.pk, row.number, row.text, row.title = None, f"1310-20260101-{number:06}", text, ""
        row.status, row.outcome, row.closed_at = "closed", "solved", timezone.now()
        row.category_id = keys[label]
        rows.append(row)
    Case.objects.bulk_create(rows)
    monkeypatch.setattr("insights.services.triage.FEWEST_CASES", 90)
    model = train_city(stories.cast.city.path)
    assert model.running and model.figures["labels"] == 3
    assert running(stories.cast.city.path) is not None
    found = categories_for(stories.cast.worker, "居民多次反映路灯和人行道", 5)
    assert found[0].id == keys["路"]


def test_a_category_with_few_cases_is_learned_as_the_one_above(stories: Stories) -> None:
    group = Category.objects.add_root({"code": "g", "name": "供水"})
    leaf = group.add_child(code="g1", name="水压")
    other = Category.objects.add_root({"code": "o", "name": "道路"})
    assert rolled_up([leaf.pk] * 3 + [other.pk] * 10) == ["g"] * 3 + ["o"] * 10


def test_whoever_is_signed_in_asks_and_learns_what_decided(stories: Stories) -> None:
    client = APIClient()
    asked = {"text": "小区路灯不亮，电线掉下来了", "grid": stories.cast.cell.code}
    assert client.post("/api/v1/triage/", asked, format="json").status_code == 401
    client.force_authenticate(stories.cast.worker)
    answer = client.post("/api/v1/triage/", asked, format="json").json()
    assert answer["unsure"] and all(one["probability"] is None for one in answer["proposals"])
    assert [sign["kind"] for sign in answer["danger"]] == ["electricity"]
    refused = client.post("/api/v1/triage/", asked | {"grid": "0"}, format="json")
    assert refused.status_code == 400 and "grid" in str(refused.json())


def test_nothing_is_learned_of_nothing() -> None:
    with pytest.raises(TooLittle):
        train("own", [], [])
