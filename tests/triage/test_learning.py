"""What is learned of texts comes out again: on texts not seen, from a file and back, with the words that decided."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest

from insights.triage.grams import VIEWS, Grams, cut, plain
from insights.triage.learned import Learned, UnknownFormat
from insights.triage.learning import TooLittle, learn

ABOUT = {
    "水": ["自来水", "停水", "水管", "水压", "漏水", "水表"],
    "路": ["路面", "坑洼", "路灯", "井盖", "人行道", "塌陷"],
    "校": ["学校", "老师", "补课", "学费", "幼儿园", "入学"],
}
FILLING = ["小区", "居民", "希望", "尽快", "多次", "反映", "物业", "门口", "晚上", "请求", "已经", "一周"]


def texts_of(count: int, seed: int = 1) -> tuple[list[str], list[str]]:
    """Made-up texts: each has two words of its matter among words of every matter."""
    rng, texts, labels = random.Random(seed), [], []
    for place in range(count):
        label = list(ABOUT)[place % len(ABOUT)]
        words = rng.sample(ABOUT[label], 2) + rng.sample(FILLING, 6)
        rng.shuffle(words)
        texts.append("".join(words))
        labels.append(label)
    return texts, labels


@pytest.fixture(scope="module")
def model() -> Learned:
    return learn(*texts_of(180))[0]


def test_texts_that_were_not_seen_are_judged_rightly_and_shares_sum_to_one(model: Learned) -> None:
    texts, labels = texts_of(90, seed=2)
    judged = [model.judge(text) for text in texts]
    right = sum(one.guesses[0].label == label for one, label in zip(judged, labels, strict=True))
    assert right >= 85
    assert all(sum(guess.probability for guess in one.guesses) == pytest.approx(1, abs=1e-4) for one in judged)


def test_the_report_counts_what_was_unseen_and_what_was_left_out() -> None:
    texts, labels = texts_of(90)
    _model, report = learn([*texts, "孤例"], [*labels, "rare"])
    assert (report.texts, report.labels, report.left_out) == (90, 3, 1)
    assert 0.9 < report.macro_f1 <= 1 and report.in_first_three == 1
    assert report.macro_f1_sure >= report.macro_f1 - 0.02


def test_two_labels_are_enough_and_one_is_not() -> None:
    texts, labels = texts_of(90)
    two = [(text, label) for text, label in zip(texts, labels, strict=True) if label != "校"]
    model, _report = learn([text for text, _ in two], [label for _, label in two])
    assert {model.judge(text).guesses[0].label for text, _ in two[:10]} == {"水", "路"}
    with pytest.raises(TooLittle):
        learn(texts[:3] * 10, ["same"] * 30)


def test_the_same_texts_teach_the_same() -> None:
    texts, labels = texts_of(60)
    first, second = learn(texts, labels)[0], learn(texts, labels)[0]
    assert np.array_equal(first.weights, second.weights)


def test_a_model_comes_back_from_its_file_as_it_was(model: Learned) -> None:
    again = Learned.from_bytes(model.to_bytes())
    for text in texts_of(9, seed=3)[0]:
        guess, other = model.judge(text), again.judge(text)
        assert other.unsure == guess.unsure
        assert [one.label for one in other.guesses] == [one.label for one in guess.guesses]
        assert other.guesses[0].probability == pytest.approx(guess.guesses[0].probability, abs=2e-3)


@pytest.mark.parametrize("content", [b"", b"no such file", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(UnknownFormat):
        Learned.from_bytes(content)


def test_the_words_that_decided_stand_in_the_text_and_are_those_of_the_matter(model: Learned) -> None:
    words = model.deciding_words("小区门口的路灯不亮，居民多次反映", "路")
    assert words and any("路灯" in word or word in "路灯" for word in words)
    assert all(word in "小区门口的路灯不亮，居民多次反映" for word in words)


@pytest.mark.parametrize("text", ["", " ", "\n", "没见过的字眼", "😀" * 50])
def test_a_text_of_which_nothing_is_known_is_unsure_and_breaks_nothing(model: Learned, text: str) -> None:
    judged = model.judge(text)
    assert judged.unsure and len(judged.guesses) == 3
    assert isinstance(model.deciding_words(text, "水"), list)


def test_what_is_counted_is_as_long_as_what_was_said_and_blind_to_figures() -> None:
    assert plain("A8县12号\n楼") == "Q0县00号 楼"
    assert list(cut("路灯亮", VIEWS[0])) == ["路", "灯", "亮", "路灯", "灯亮"]


def test_of_more_grams_than_may_be_the_most_frequent_stay() -> None:
    texts, _labels = texts_of(60)
    few = Grams.of(texts, 100)
    assert 0 < few.count <= 100
    assert Grams.of(texts, 10_000).count > few.count


def test_real_messages_that_were_not_seen_are_judged_well(shared_data: Path) -> None:
    """A small part of them: the whole is what `bench triage` is for."""
    with (shared_data / "labelled_messages.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if len(row["text"]) < 120][:450]
    learned_from, unseen = rows[:350], rows[350:]
    model, report = learn([row["text"] for row in learned_from], [row["category"] for row in learned_from])
    judged = [model.judge(row["text"]) for row in unseen]
    right = [one.guesses[0].label == row["category"] for one, row in zip(judged, unseen, strict=True)]
    asked = zip(judged, unseen, strict=True)
    first_three = [row["category"] in [guess.label for guess in one.guesses[:3]] for one, row in asked]
    assert sum(right) / len(right) > 0.7 and sum(first_three) / len(first_three) > 0.9
    sure = [hit for hit, one in zip(right, judged, strict=True) if not one.unsure]
    assert sum(sure) / len(sure) > sum(right) / len(right)
    assert report.calibration_error < 0.15
