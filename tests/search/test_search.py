"""What was typed is found in number, title, text and address, by who may see the case, the best first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import BadInput
from cases.models import Case, CaseWords
from cases.services.words import index_words
from cases.tasks import tidy_search
from cases.words import LONGEST_SEARCH, SIMPLIFIED, folded, wanted
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db


def found(user: Any, said: str) -> list[str]:
    """Numbers of what a search finds, in its order."""
    return [case.number for case in Case.objects.visible_to(user).search(said, user).best(said)]


@pytest.fixture
def lamp(stories: Stories) -> Case:
    return stories.submit(
        title="路灯不亮",
        text="K12路公交站旁３号楼前的路灯坏了。Телефон не работает; ＡＢＣ mart",
        address="北关村东街18号",
    )


THERE = (
    "路灯", "路灯不亮", "公交站", "灯", "亮", "坏", "东街", "东街18号", "18", "3号楼", "３号楼", "k12", "K12路",
    "Ｋ１２", "abc", "AB", "mart", "ma", "работает", "路灯 东街", "东街　路灯", "路灯坏了吗", "路灯。",
    "“路灯”",
)  # fmt: skip
NOT_THERE = ("灯路", "水管", "路灯 水管", "art", "12", "北关村西街", "何大年", "13812345678", "8号楼")


def test_words_characters_and_beginnings_find_it_and_nothing_else_does(lamp: Case, stories: Stories) -> None:
    for said in THERE:
        assert found(stories.cast.city_leader, said) == [lamp.number], said
    for said in NOT_THERE:
        assert found(stories.cast.city_leader, said) == [], said


def test_a_number_is_found_whole_by_its_beginning_and_by_its_running_part(lamp: Case, stories: Stories) -> None:
    other, leader = stories.submit(text="另一件"), stories.cast.city_leader
    running = lamp.number.rsplit("-", 1)[1]
    for said in (lamp.number, running, running.lstrip("0"), f"{lamp.number} 路灯"):
        assert found(leader, said) == [lamp.number], said
    assert set(found(leader, lamp.number[:13])) == {lamp.number, other.number}


def test_what_cannot_be_looked_for_says_what_can(dispatcher: Caller) -> None:
    for said in ("的", "是", "，。", "!?", "的 了", "x" * (LONGEST_SEARCH + 1)):
        answer = dispatcher.get("/cases/", {"search": said})
        assert (answer.status_code, fields_of(answer)) == (400, {"search"}), said
    assert dispatcher.get("/cases/", {"search": "  "}).status_code == 200


def test_a_search_with_a_nul_is_none_of_ours_to_crash_on(stories: Stories, dispatcher: Caller) -> None:
    assert dispatcher.get("/cases/", {"search": "路灯\0"}).status_code == 400
    with pytest.raises(BadInput):
        wanted("\0")


def test_what_stands_in_the_title_comes_first_and_the_newer_of_equals(stories: Stories, dispatcher: Caller) -> None:
    in_text = stories.submit(title="照明", text="水管旁的灯不亮")
    in_address = stories.submit(title="照明", text="灯不亮", address="水管巷1号")
    in_title = [stories.submit(title="水管漏水", text="请尽快") for _ in range(2)]
    stories.submit(title="照明", text="灯不亮")
    rows = dispatcher.get("/cases/", {"search": "水管"}).json()["results"]
    expected = [in_title[1], in_title[0], in_address, in_text]
    assert [row["number"] for row in rows] == [case.number for case in expected]


def test_filters_orderings_and_counts_hold_within_a_search(stories: Stories, dispatcher: Caller) -> None:
    old, new = stories.submit(text="水管漏了"), stories.submit(text="水管裂了")
    stories.submit()
    stories.do(old, "accept")
    asked = {"search": "水管", "ordering": "submitted_at"}
    assert [row["number"] for row in dispatcher.get("/cases/", asked).json()["results"]] == [old.number, new.number]
    asked = {"search": "水管", "status": "accepted"}
    assert [row["number"] for row in dispatcher.get("/cases/", asked).json()["results"]] == [old.number]
    assert dispatcher.get("/cases/count/", asked).json() == {"count": 1}


def test_pages_of_a_search_show_each_match_once_also_when_more_come_in(stories: Stories, dispatcher: Caller) -> None:
    made = [stories.submit(text=f"水管漏了{'水管' * (place % 2)}").number for place in range(7)]
    seen: list[str] = []
    address = f"/api/v1/cases/?search={quote('水管')}&page_size=3"
    while address:
        page = dispatcher.client.get(address).json()
        seen += [row["number"] for row in page["results"]]
        address = page["next"]
        stories.submit(title="水管", text="新来的")
    assert sorted(seen) == made


def test_a_cursor_belongs_to_its_search(stories: Stories, dispatcher: Caller) -> None:
    for _ in range(3):
        stories.submit(text="水管漏了")
    page = dispatcher.get("/cases/", {"search": "水管", "page_size": 1}).json()
    other = page["next"].replace("%E6%B0%B4%E7%AE%A1", "%E8%B7%AF%E7%81%AF")
    assert other != page["next"]
    answer = dispatcher.client.get(other)
    assert answer.status_code == 400 and fields_of(answer) == {"cursor"}


def test_a_search_asks_no_more_often_than_the_list(
    stories: Stories, dispatcher: Caller, settings: LazySettings
) -> None:
    for _ in range(6):
        stories.submit()
    dispatcher.get("/cases/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    for size in (2, 50):
        with CaptureQueriesContext(connection) as captured:
            assert len(dispatcher.get("/cases/", {"search": "路灯", "page_size": size}).json()["results"]) == min(
                size, 6
            )
        assert len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]) <= 4


def test_nobody_finds_what_they_do_not_see(stories: Stories, lamp: Case) -> None:
    cast = stories.cast
    assert found(cast.stranger, "路灯") == found(cast.neighbour, "路灯") == found(cast.county_officer, "路灯") == []
    for who in (cast.worker, cast.village_head, cast.town_dispatcher, cast.county_leader, cast.city_leader):
        assert found(who, "路灯") == [lamp.number], who
    stories.do(stories.do(lamp, "accept"), "dispatch")
    assert found(cast.county_officer, "路灯") == [lamp.number]
    Case.objects.filter(pk=lamp.pk).update(grid_path=cast.other_county.path)
    assert found(cast.stranger, "路灯") == found(cast.county_officer, "路灯") == [lamp.number]
    assert found(cast.county_leader, "路灯") == []


def test_words_follow_what_happens_to_a_case_whoever_writes_it(stories: Stories, lamp: Case) -> None:
    leader = stories.cast.city_leader
    Case.objects.filter(pk=lamp.pk).update(
        text="井盖丢失", title="井盖", address="", grid_path=stories.cast.far_village.path
    )
    assert found(leader, "路灯") == [] and found(leader, "井盖") == [lamp.number]
    words = CaseWords.objects.get(pk=lamp.pk)
    assert words.grid_path == stories.cast.far_village.path
    assert words.unit_ids == Case.objects.get(pk=lamp.pk).unit_ids


def test_old_cases_are_made_findable_in_batches_and_again_changes_nothing(stories: Stories) -> None:
    cases = [stories.submit() for _ in range(3)]
    CaseWords.objects.all().delete()
    assert found(stories.cast.city_leader, "路灯") == []
    call_command("index_cases", verbosity=0)
    tidy_search()
    assert set(found(stories.cast.city_leader, "路灯")) == {case.number for case in cases}
    CaseWords.objects.filter(pk=cases[0].pk).update(words="")
    call_command("index_cases", verbosity=0)
    assert len(found(stories.cast.city_leader, "路灯")) == 2
    call_command("index_cases", verbosity=0, renew=True)
    assert len(found(stories.cast.city_leader, "路灯")) == 3


def test_traditional_and_simplified_characters_find_each_other(stories: Stories) -> None:
    said = stories.submit(title="垃圾車擋路", text="小區後門的垃圾車一整天擋著路，請儘快處理").number
    plain = stories.submit(title="后门堵了", text="小区后门的垃圾车挡着路").number
    leader = stories.cast.city_leader
    assert set(found(leader, "垃圾车")) == set(found(leader, "垃圾車")) == set(found(leader, "後門")) == {said, plain}
    assert next(iter(Case.objects.all().best("垃圾車"))).number == said  # in its title


def test_the_database_folds_as_pythons_search_does(db: None) -> None:
    with connection.cursor() as cursor:
        for text in ("".join(SIMPLIFIED), "".join(SIMPLIFIED.values()), "ＡＢｃ燈 路\n𠀀"):
            cursor.execute("SELECT cases_folded(%s)", [text])
            assert cursor.fetchone()[0] == folded(text)


def test_only_what_has_other_tokens_now_is_written_anew(stories: Stories) -> None:
    cases = [stories.submit() for _ in range(3)]
    CaseWords.objects.filter(pk=cases[0].pk).update(words="")
    assert [written for _seen, written in index_words(renew=True)] == [1]


PIECES = st.text(st.sampled_from("路灯燈裡里不亮的々〇𠀀ab1A１Ａéж。， -\n'\\&|!:*"), max_size=12)


@settings(max_examples=100, deadline=None)
@given(before=PIECES, said=PIECES, after=PIECES)
def test_whatever_stands_in_a_text_is_found_in_it(before: str, said: str, after: str) -> None:
    """The tokens of Python's search and of the database's index are made by two programs that must agree."""
    try:
        lexemes = wanted(said).lexemes
    except BadInput:
        return
    text = f"{before} {said} {after}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_words_of('1310-20260101-000042', '', %s) @@ %s::tsquery", [text, lexemes])
        assert cursor.fetchone()[0] or not lexemes
