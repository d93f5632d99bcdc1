"""The category tree and the demo's phrases are edited by hand: what their readers rely on is checked here,
without a database."""

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from cases.choices import Channel, Focus, Outcome, RejectReason, Urgency
from grids.choices import UnitKind

DATA = Path(__file__).resolve().parents[2] / "cases" / "data"
TREE_COLUMNS = ["code", "name_zh", "name_en", "parent_code"]
LEAF_COLUMNS = ["urgency", "unit_kind", "focus", "photo_required", "level"]
LEADING_LEVELS = {"village", "town", "county", "city"}
SLOT = re.compile(r"\{(\w*)\}")

Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with (DATA / "categories.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == TREE_COLUMNS + LEAF_COLUMNS
        return list(reader)


@pytest.fixture(scope="module")
def leaves(rows: list[Row]) -> list[Row]:
    return [row for row in rows if len(row["code"]) == 6]


@pytest.fixture(scope="module")
def phrases() -> dict[str, Any]:
    return tomllib.loads((DATA / "demo_phrases.toml").read_text(encoding="utf-8"))


def texts_for_any_leaf(phrases: dict[str, Any]) -> Iterator[str]:
    for part in ("replies", "notes", "ratings", "moves", "rejections"):
        yield from chain.from_iterable(phrases[part].values())


def texts_of(leaf: dict[str, Any]) -> list[str]:
    return [*leaf["titles"], *leaf["texts"], leaf["answer"]]


def length_bounds(template: str, phrases: dict[str, Any]) -> tuple[int, int]:
    """Shortest and longest text, in characters, that the template can become."""
    names = SLOT.findall(template)
    fixed = len(SLOT.sub("", template))
    sizes = [[len(value) for value in phrases["slots"][name]] for name in names]
    return fixed + sum(map(min, sizes)), fixed + sum(map(max, sizes))


def test_the_tree_has_about_fifteen_fields_and_a_hundred_leaves(rows: list[Row]) -> None:
    sizes = Counter(len(row["code"]) for row in rows)
    assert set(sizes) == {2, 4, 6}
    assert 12 <= sizes[2] <= 18
    assert 40 <= sizes[4] <= 60
    assert 95 <= sizes[6] <= 130


def test_codes_are_unique_and_nest_below_a_parent_that_stands_before_them(rows: list[Row]) -> None:
    seen: set[str] = set()
    for row in rows:
        code = row["code"]
        assert re.fullmatch(r"(\d\d){1,3}", code), code
        assert row["parent_code"] == code[:-2], code
        assert code not in seen, code
        assert len(code) == 2 or code[:-2] in seen, code
        seen.add(code)


def test_every_branch_ends_in_leaves(rows: list[Row]) -> None:
    parents = {row["parent_code"] for row in rows}
    assert [row["code"] for row in rows if len(row["code"]) < 6 and row["code"] not in parents] == []


@pytest.mark.parametrize("column", ["name_zh", "name_en"])
def test_names_are_given_and_unique_among_siblings(rows: list[Row], column: str) -> None:
    assert all(row[column] and row[column] == row[column].strip() for row in rows)
    names = Counter((row["parent_code"], row[column]) for row in rows)
    assert [name for name, count in names.items() if count > 1] == []


def test_every_leaf_has_valid_defaults(leaves: list[Row]) -> None:
    for row in leaves:
        assert row["urgency"] in Urgency.values, row
        assert row["unit_kind"] in UnitKind.values, row
        assert row["level"] in LEADING_LEVELS, row
        assert row["photo_required"] in {"0", "1"}, row
        focus = row["focus"].split(";") if row["focus"] else []
        assert set(focus) <= set(Focus.values) and len(focus) == len(set(focus)), row


def test_only_leaves_have_defaults(rows: list[Row]) -> None:
    assert [row for row in rows if len(row["code"]) < 6 and any(row[name] for name in LEAF_COLUMNS)] == []


def test_every_urgency_focus_area_and_kind_of_unit_occurs(leaves: list[Row]) -> None:
    assert {row["urgency"] for row in leaves} == set(Urgency.values)
    assert {row["unit_kind"] for row in leaves} == set(UnitKind.values)
    assert set(chain.from_iterable(row["focus"].split(";") for row in leaves)) - {""} == set(Focus.values)


def test_demo_phrases_belong_to_sixty_leaves_or_more_of_the_tree(leaves: list[Row], phrases: dict[str, Any]) -> None:
    codes = [leaf["code"] for leaf in phrases["leaves"]]
    assert len(codes) == len(set(codes)) >= 60
    assert set(codes) <= {row["code"] for row in leaves}


def test_each_leaf_pairs_its_titles_with_its_texts(phrases: dict[str, Any]) -> None:
    for leaf in phrases["leaves"]:
        indexes = range(len(leaf["texts"]))
        assert 3 <= len(leaf["titles"]) == len(leaf["texts"]) <= 5, leaf["code"]
        assert set(leaf.get("answer_fits", indexes)) <= set(indexes), leaf["code"]
        assert set(leaf.get("months", [1])) <= set(range(1, 13)), leaf["code"]


def test_every_slot_of_a_template_exists_and_every_slot_is_used(phrases: dict[str, Any]) -> None:
    own = set(phrases["slots"])
    from_leaves = set(SLOT.findall("".join(chain.from_iterable(map(texts_of, phrases["leaves"])))))
    elsewhere = set(SLOT.findall("".join(texts_for_any_leaf(phrases))))
    assert from_leaves == own
    assert elsewhere == set(phrases["given"])


def test_braces_stand_only_around_slots(phrases: dict[str, Any]) -> None:
    everything = chain(texts_for_any_leaf(phrases), chain.from_iterable(map(texts_of, phrases["leaves"])))
    assert [text for text in everything if set("{}") & set(SLOT.sub("", text))] == []


def test_an_answer_speaks_only_of_what_the_texts_it_fits_have_said(phrases: dict[str, Any]) -> None:
    for leaf in phrases["leaves"]:
        for index in leaf.get("answer_fits", range(len(leaf["texts"]))):
            said = set(SLOT.findall(leaf["titles"][index] + leaf["texts"][index]))
            assert set(SLOT.findall(leaf["answer"])) <= said, (leaf["code"], index)


def test_no_template_occurs_twice(phrases: dict[str, Any]) -> None:
    everything = chain(texts_for_any_leaf(phrases), chain.from_iterable(map(texts_of, phrases["leaves"])))
    assert [text for text, count in Counter(everything).items() if count > 1] == []


def test_titles_and_texts_have_the_length_of_real_ones(phrases: dict[str, Any]) -> None:
    for leaf in phrases["leaves"]:
        for title in leaf["titles"]:
            low, high = length_bounds(title, phrases)
            assert low >= 5 and high <= 30, (title, low, high)
        for text in leaf["texts"]:
            low, high = length_bounds(text, phrases)
            assert low >= 30 and high <= 150, (text, low, high)


def test_slot_values_and_names_are_unique(phrases: dict[str, Any]) -> None:
    for name, values in chain(phrases["slots"].items(), phrases["people"].items()):
        assert len(values) == len(set(values)) >= 2, name


def test_there_are_replies_for_every_outcome_and_texts_for_every_reason(phrases: dict[str, Any]) -> None:
    assert set(phrases["replies"]) == set(Outcome.values)
    assert all(len(replies) == 10 for replies in phrases["replies"].values())
    assert set(phrases["rejections"]) == set(RejectReason.values)
    assert all(len(texts) >= 2 for texts in phrases["rejections"].values())
    assert set(phrases["prefixes"]) <= set(Channel.values)
