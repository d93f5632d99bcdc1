"""Looking back on closed cases: a sample that anybody can draw again, and what is found in it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from cases.actors import Actor
from cases.choices import Status
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Case, LookBack, LookBackItem
from cases.services.history import verify
from cases.services.look_backs import check_look_back, draw_look_back, sample
from tests.stories import Stories

CHINA = ZoneInfo("Asia/Shanghai")
IN_AUGUST = datetime(2026, 8, 17, 9, 0, tzinfo=CHINA)
AFTER = datetime(2026, 10, 8, 9, 0, tzinfo=CHINA)


def closed(stories: Stories, count: int, at: datetime = IN_AUGUST) -> list[Case]:
    return [stories.bring(Status.CLOSED, at=at) for _n in range(count)]


def drawn_numbers() -> list[str]:
    return list(LookBackItem.objects.order_by("position").values_list("case__number", flat=True))


def test_the_sample_is_the_cases_with_the_smallest_hashes_of_seed_and_number(stories: Stories) -> None:
    numbers = [case.number for case in closed(stories, 7)]
    drawn = draw_look_back(stories.cast.city, 2026, 3, 30, "摇号", at=AFTER)
    by_hand = sorted(numbers, key=lambda n: hashlib.sha256(f"摇号:{n}".encode()).hexdigest())[
        :3
    ]  # 30 % of 7, rounded up
    assert drawn_numbers() == by_hand
    (look_back,) = drawn.new
    assert (look_back.unit, look_back.population) == (stories.cast.urban_management, 7)


def test_the_same_seed_draws_the_same_cases_in_a_fresh_table(stories: Stories) -> None:
    closed(stories, 6)
    draw_look_back(stories.cast.city, 2026, 3, 50, "s", at=AFTER)
    first = drawn_numbers()
    LookBackItem.objects.all().delete()
    LookBack.objects.all().delete()
    draw_look_back(stories.cast.city, 2026, 3, 50, "s", at=AFTER)
    assert drawn_numbers() == first and len(first) == 3


def test_a_unit_s_quarter_is_drawn_once(stories: Stories) -> None:
    closed(stories, 3)
    first = draw_look_back(stories.cast.city, 2026, 3, 5, at=AFTER)
    again = draw_look_back(stories.cast.county, 2026, 3, 100, at=AFTER)
    assert (len(first.new), len(again.new), again.before) == (1, 0, first.new)
    assert LookBackItem.objects.count() == 1, "at least one"


@pytest.mark.parametrize(
    ("population", "percent", "size"), [(1, 0.01, 1), (20, 5, 1), (21, 5, 2), (10, 100, 10), (0, 5, 0)]
)
def test_shares_are_rounded_up(population: int, percent: float, size: int) -> None:
    assert len(sample([str(n) for n in range(population)], percent, "s")) == size


def test_a_quarter_begins_and_ends_at_the_city_s_midnight(stories: Stories) -> None:
    (last,) = closed(stories, 1, datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
    closed(stories, 1, datetime(2026, 9, 30, 16, 0, tzinfo=UTC))
    draw_look_back(stories.cast.city, 2026, 3, 100, at=AFTER)
    assert drawn_numbers() == [last.number]


def test_a_quarter_that_still_runs_is_not_drawn(stories: Stories) -> None:
    with pytest.raises(BadInput) as refused:
        draw_look_back(stories.cast.city, 2026, 4, 5, at=AFTER)
    assert "quarter" in refused.value.fields
    for wrong in ({"percent": 0}, {"percent": 101}, {"quarter": 5}, {"seed": "x" * 41}):
        with pytest.raises(BadInput) as refused:
            draw_look_back(stories.cast.city, **({"year": 2026, "quarter": 3, "percent": 5, "at": AFTER} | wrong))
        assert set(refused.value.fields) == set(wrong)


def test_what_is_sound_stays_closed_and_says_so(stories: Stories) -> None:
    closed(stories, 1)
    item = draw_look_back(stories.cast.city, 2026, 3, 5, at=AFTER).new[0].items.get()
    item = check_look_back(item, Actor.person(stories.cast.supervisor), "sound", at=AFTER)
    case = Case.objects.get()
    assert (case.status, item.finding, item.checked_by) == ("closed", "sound", stories.cast.supervisor)
    assert case.events.latest("seq").kind == "looked_back"
    with pytest.raises(IllegalMove):
        check_look_back(item, Actor.person(stories.cast.supervisor), "unsound", "x", at=AFTER)


def test_what_is_not_as_reported_is_reopened_with_a_new_clock_in_the_same_breath(stories: Stories) -> None:
    closed(stories, 1)
    item = draw_look_back(stories.cast.city, 2026, 3, 5, at=AFTER).new[0].items.get()
    supervisor = Actor.person(stories.cast.supervisor)
    with pytest.raises(BadInput) as refused:
        check_look_back(item, supervisor, "unsound", at=AFTER)
    assert "note" in refused.value.fields
    check_look_back(item, supervisor, "unsound", "路灯仍不亮", at=AFTER)
    case = Case.objects.get()
    assert (case.status, case.reopens, case.lead_unit_id) == ("handling", 1, stories.cast.urban_management.pk)
    assert [e.kind for e in case.events.order_by("seq")][-2:] == ["looked_back", "reopened"]
    assert case.deadlines.get(kind="handle", state="running").starts_at == AFTER
    assert list(verify(Case.objects.all())) == []


def test_only_who_watches_over_the_unit_checks_its_sample(stories: Stories) -> None:
    closed(stories, 1)
    item = draw_look_back(stories.cast.city, 2026, 3, 5, at=AFTER).new[0].items.get()
    for name in ("county_officer", "county_dispatcher", "stranger", "village_head"):
        with pytest.raises(NotPermitted):
            check_look_back(item, Actor.person(getattr(stories.cast, name)), "sound", at=AFTER)
    check_look_back(item, Actor.person(stories.cast.county_leader), "sound", at=AFTER)


def test_the_command_prints_the_seed_and_says_what_was_drawn_before(stories: Stories) -> None:
    closed(stories, 2)
    call = ["draw_look_back", "--grid", "131022", "--quarter", "2026Q3", "--percent", "50"]
    out = StringIO()
    call_command(*call, stdout=out)
    row = LookBack.objects.get()
    assert f"固安县城市管理局: 1 of 2, seed {row.seed}" in out.getvalue() and len(row.seed) == 16
    again = StringIO()
    call_command(*call, stdout=again)
    assert "drawn before, and kept: 1" in again.getvalue()
    with pytest.raises(CommandError, match="2026Q3"):
        call_command("draw_look_back", "--grid", "131022", "--quarter", "2026-3")
    with pytest.raises(CommandError, match="no grid"):
        call_command("draw_look_back", "--grid", "999999", "--quarter", "2026Q3")


def client_of(stories: Stories, who: str) -> APIClient:
    client = APIClient()
    client.force_login(getattr(stories.cast, who))
    return client


def test_supervisors_and_leaders_draw_see_and_check_in_their_territory_over_the_api(stories: Stories) -> None:
    closed(stories, 2)
    said = {"grid": stories.cast.county.code, "year": 2026, "quarter": 3, "percent": 100, "seed": "s"}
    leader = client_of(stories, "county_leader")
    answer = leader.post("/api/v1/look-backs/", said, format="json")
    assert answer.status_code == 201, answer.json()
    (row,) = answer.json()["drawn"]
    assert (row["drawn"], row["checked"], row["population"], row["seed"]) == (2, 0, 2, "s")
    path = f"/api/v1/look-backs/{row['id']}/"
    items = leader.get(path).json()["items"]
    assert [item["position"] for item in items] == [1, 2]
    checked = leader.post(f"{path}items/2/check/", {"finding": "sound"}, format="json")
    assert checked.json()["finding"] == "sound"
    assert leader.get("/api/v1/look-backs/").json()["results"][0]["checked"] == 1
    assert leader.post(f"{path}items/2/check/", {"finding": "sound"}, format="json").status_code == 409
    assert leader.post(f"{path}items/1/check/", {"finding": "so-so"}, format="json").status_code == 400


@pytest.mark.parametrize("who", ["county_officer", "county_dispatcher", "village_head", "worker", "stranger"])
def test_for_others_there_are_no_look_backs(stories: Stories, who: str) -> None:
    closed(stories, 1)
    row = draw_look_back(stories.cast.city, 2026, 3, 5, at=AFTER).new[0]
    client = client_of(stories, who)
    assert client.get("/api/v1/look-backs/").json()["results"] == []
    assert client.get(f"/api/v1/look-backs/{row.pk}/").status_code == 404
    check = client.post(f"/api/v1/look-backs/{row.pk}/items/1/check/", {"finding": "sound"}, format="json")
    assert check.status_code == 404
    said = {"grid": stories.cast.county.code, "year": 2026, "quarter": 3}
    assert client.post("/api/v1/look-backs/", said, format="json").status_code == 403


def test_a_leader_draws_nothing_outside_their_territory(stories: Stories) -> None:
    said = {"grid": stories.cast.other_county.code, "year": 2026, "quarter": 3}
    assert client_of(stories, "county_leader").post("/api/v1/look-backs/", said, format="json").status_code == 404


def test_the_case_itself_offers_the_check_while_its_sample_waits(stories: Stories) -> None:
    (case,) = closed(stories, 1)
    client = client_of(stories, "supervisor")

    def offered() -> set[str]:
        return {a["name"] for a in client.get(f"/api/v1/cases/{case.number}/").json()["available_actions"]}

    assert "look_back" not in offered()
    draw_look_back(stories.cast.city, 2026, 3, 5, at=AFTER)
    assert "look_back" in offered()
    done = client.post(f"/api/v1/cases/{case.number}/actions/look_back/", {"finding": "sound"}, format="json")
    assert done.status_code == 200 and "look_back" not in offered()
