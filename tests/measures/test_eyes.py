"""Whose eyes reach where: figures count what one sees and nothing beside it, for every role and territory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import Http404
from django.urls import reverse
from rest_framework.test import APIClient

from cases.choices import Status
from cases.models import Case
from insights.figures import Figure, Filters, Part, Scope, Spread, cases_behind, figures, ranking, series
from insights.measures import MEASURES
from insights.services import drain
from insights.stock import cases_in_stock, cases_left_out, left_out, stock
from tests.access.test_access import BELOW, PLACES, TERRITORY
from tests.measures.looking import LATER, MONDAY
from tests.stories import Stories

STARTS, ENDS = MONDAY.date() - timedelta(days=7), MONDAY.date() + timedelta(days=60)


@pytest.fixture
def world(stories: Stories, settings: LazySettings) -> Stories:
    """A case in every grid of the cast, and one in each status in the cell, some of them given to the county's urban
    management."""
    for place in sorted(PLACES):
        stories.submit(MONDAY, grid_id=getattr(stories.cast, place).pk)
    for status in (Status.CLOSED, Status.HANDLING, Status.SUSPENDED, Status.REJECTED, Status.MERGED, Status.WITHDRAWN):
        stories.bring(status, MONDAY)
    drain()
    client_of(stories, "city_leader").get(reverse("measures-ranking"))
    settings.SNAPSHOT_CHECK_SECONDS = 3600  # nothing of the territory changes from here on
    return stories


def scope_of(world: Stories, grid: str | None = None, unit: str | None = None) -> Scope:
    cast = world.cast
    return Scope(getattr(cast, grid) if grid else None, getattr(cast, unit) if unit else None, STARTS, ENDS)


def numerators(found: dict[str, Figure | Spread]) -> dict[str, int]:
    return {name: figure.count if isinstance(figure, Spread) else figure.numerator for name, figure in found.items()}


def test_figures_answer_in_ones_own_territory_and_below_and_nowhere_else(world: Stories) -> None:
    for who in TERRITORY:
        _ask_everywhere(world, who)


def _ask_everywhere(world: Stories, who: str) -> None:
    user = getattr(world.cast, who)
    seen = set() if who == "county_officer" else BELOW[str(TERRITORY[who]["own"])]
    everything = figures(world.cast.city_leader, scope_of(world), at=LATER)
    for place in sorted(PLACES):
        if place in seen:
            reported = figures(user, scope_of(world, place), ["reported"], at=LATER)["reported"]
            assert isinstance(reported, Figure)
            cases = Case.objects.filter(grid_path__startswith=getattr(world.cast, place).path)
            assert reported.numerator == cases.count(), place
            continue
        for asked in (figures, stock, left_out):
            with pytest.raises(Http404):
                asked(user, scope_of(world, place))
        with pytest.raises(Http404):
            cases_behind(user, scope_of(world, place), "reported")
    if who in ("city_leader", "city_dispatcher", "supervisor", "administrator"):
        assert figures(user, scope_of(world), at=LATER) == everything


def test_every_figure_opens_as_many_cases_as_it_says_and_only_visible_ones(world: Stories) -> None:
    for who in TERRITORY:
        _open_all(world, who)


def _open_all(world: Stories, who: str) -> None:
    user, own = getattr(world.cast, who), TERRITORY[who]["own"]
    visible = set(Case.objects.visible_to(user).values_list("pk", flat=True))
    scopes = [scope_of(world)] if who == "county_officer" else [scope_of(world, own)]
    scopes += [scope_of(world, unit="urban_management")] if _sees_unit(user, world, "urban_management") else []
    for scope in scopes:
        for name, figure in figures(user, scope, at=LATER).items():
            counted, missing, all_ = (
                list(cases_behind(user, scope, name, part, at=LATER).values_list("pk", flat=True)) for part in PARTS
            )
            assert set(all_) <= visible
            if isinstance(figure, Spread):
                assert len(all_) == figure.count, name
                continue
            assert (len(counted), len(all_)) == (figure.numerator, figure.denominator), (name, scope)
            assert sorted([*counted, *missing]) == sorted(all_), name
        for reason in left_out(user, scope, at=LATER):
            assert cases_left_out(user, scope, reason.reason, at=LATER).count() == reason.count


PARTS: tuple[Part, ...] = ("numerator", "missing", "denominator")


def _sees_unit(user: Any, world: Stories, unit: str) -> bool:
    return type(getattr(world.cast, unit)).objects.visible_to(user).filter(pk=getattr(world.cast, unit).pk).exists()


def test_an_officer_has_the_figures_of_what_fell_to_their_unit(world: Stories) -> None:
    """Dispatched to the county's urban management: closed, handling, suspended. Its handling deadlines that fell: the
    one met and the one running; one rests."""
    found = numerators(figures(world.cast.county_officer, scope_of(world), at=LATER))
    assert (found["closed"], found["response"]) == (1, 3)
    on_time = figures(world.cast.county_officer, scope_of(world), ["on_time"], at=LATER)["on_time"]
    assert isinstance(on_time, Figure) and (on_time.numerator, on_time.denominator) == (1, 2)


def test_a_unit_elsewhere_counts_only_the_cases_that_one_sees(world: Stories) -> None:
    """The county's urban management leads cases of the village; the stranger sees neither."""
    with pytest.raises(Http404):
        figures(world.cast.stranger, scope_of(world, unit="urban_management"))
    of_county = figures(world.cast.county_leader, scope_of(world, unit="urban_management"), ["response"], at=LATER)
    assert numerators(of_county) == {"response": 3}


def test_the_places_below_add_up_and_so_do_the_days(world: Stories) -> None:
    """Also where the sums come from the facts and where from the daily sums."""
    for grid in ("city", "town", "village"):
        _add_up(world, grid)


def _add_up(world: Stories, grid: str) -> None:
    user, scope = world.cast.city_leader, scope_of(world, grid)
    names = [m.name for m in MEASURES.values() if m.kind in ("rate", "count") and m.name != "closure"]
    total = figures(user, scope, names, at=LATER)
    rows = ranking(user, scope, names, at=LATER)
    own = Case.objects.filter(grid=getattr(world.cast, grid)).count()
    below = sum(numerators(row.figures)["reported"] for row in rows)
    assert below + own == numerators(total)["reported"]
    for name in names:
        for step in ("day", "week", "month"):
            summed = sum(f.numerator for _day, f in series(user, scope, name, step, at=LATER))  # type: ignore[arg-type, union-attr]
            assert summed == numerators(total)[name], (name, step)


def test_units_are_ranked_to_whom_something_fell(world: Stories) -> None:
    rows = ranking(world.cast.city_leader, scope_of(world, "county"), ["on_time", "acceptance"], by="unit", at=LATER)
    found = {row.place_id: numerators(row.figures) for row in rows}
    assert found[world.cast.urban_management.pk]["on_time"] == 1
    assert world.cast.housing.pk not in found


def test_a_filter_narrows_every_figure_and_the_cases_behind_it(world: Stories) -> None:
    world.submit(MONDAY, channel="hotline", urgency="urgent")
    drain()
    user = world.cast.city_leader
    for filters in (Filters(channel="hotline"), Filters(urgency="urgent")):
        scope = Scope(world.cast.city, None, STARTS, ENDS, filters)
        assert numerators(figures(user, scope, ["reported"], at=LATER)) == {"reported": 1}
        assert cases_behind(user, scope, "reported", at=LATER).count() == 1
        assert stock(user, scope).open == cases_in_stock(user, scope, "open").count() == 1


# Stock


def test_the_stock_now_is_what_lies_there_and_a_past_one_what_lay_there(world: Stories) -> None:
    """Ten cases in the places, one handled and one suspended in the cell, and the one that the merged case went into:
    open. On the Monday before, nothing; on that Monday at 9:01 the same, and nothing late."""
    user, scope = world.cast.city_leader, scope_of(world)
    now = stock(user, scope)
    assert (now.open, now.suspended) == (len(PLACES) + 3, 1)
    assert sum(band.open for band in now.ages) == now.open
    for name in ("open", "overdue", "suspended"):
        assert cases_in_stock(user, scope, name).count() == getattr(now, name)
    before = stock(user, scope, MONDAY - timedelta(days=7))
    assert (before.open, before.overdue, before.suspended) == (0, 0, 0)
    then = stock(user, scope, MONDAY + timedelta(minutes=1))
    assert (then.open, then.overdue, then.suspended) == (len(PLACES) + 2, 0, 1)  # the other one came in only now
    noon = stock(user, scope, MONDAY + timedelta(hours=3))
    assert noon.overdue == len(PLACES)  # nobody accepted them by eleven
    month = stock(user, scope, MONDAY + timedelta(days=20))
    assert {band.name: band.open for band in month.ages}["month"] == len(PLACES) + 2


# Over the API


def client_of(world: Stories, who: str) -> APIClient:
    client = APIClient()
    client.force_login(getattr(world.cast, who))
    return client


PERIOD = {"starts": STARTS.isoformat(), "ends": ENDS.isoformat()}


def test_addresses_of_figures_answer_as_far_as_ones_eyes_reach(world: Stories) -> None:
    for who in TERRITORY:
        _call(world, who)


def _call(world: Stories, who: str) -> None:
    client = client_of(world, who)
    seen = set() if who == "county_officer" else BELOW[str(TERRITORY[who]["own"])]
    assert len(client.get(reverse("measures")).json()) == len(MEASURES)
    for place in filter(None, TERRITORY[who].values()):
        asked = {"grid": getattr(world.cast, place).code}
        over_time = asked | PERIOD
        for path, query in (
            (reverse("measures-figures"), over_time), (reverse("measures-stock"), asked),
            (reverse("measures-series"), over_time | {"measure": "reported", "step": "week"}),
            (reverse("measures-ranking"), over_time | {"measures": "reported"}),
            (reverse("measures-left-out"), over_time), (reverse("measures-cases", args=["reported"]), over_time),
        ):  # fmt: skip
            answer = client.get(path, query)
            assert answer.status_code == (200 if place in seen else 404), (place, path)


def test_the_cases_behind_a_figure_come_in_pages_and_say_when_and_whose(world: Stories) -> None:
    client, path = client_of(world, "city_leader"), reverse("measures-cases", args=["acceptance"])
    first = client.get(path, PERIOD | {"part": "denominator", "page_size": 5}).json()
    expected = client.get(reverse("measures-figures"), PERIOD | {"measures": "acceptance"}).json()["figures"][0]
    rows, following = first["results"], first["next"]
    while following:
        page = client.get(following).json()
        rows, following = rows + page["results"], page["next"]
    assert len(rows) == expected["denominator"]
    assert rows[0]["unit"]["name"] and rows[0]["case"]["number"]
    merged = client.get(reverse("measures-cases", args=["merged"]), PERIOD).json()["results"]
    assert [row["case"]["status"] for row in merged] == ["merged"]
    assert client.get(reverse("measures-cases", args=["nonsense"])).status_code == 404


WRONG: list[tuple[str, dict[str, str], str]] = [
    ("measures-figures", {"grid": "1"}, "grid"),
    ("measures-figures", {"gird": "131000000000"}, "gird"),
    ("measures-figures", {"starts": "2026-11-02", "ends": "2026-11-01"}, "starts"),
    ("measures-figures", {"starts": "2001-01-01"}, "starts"),
    ("measures-figures", {"ends": "9999-12-31"}, "ends"),
    ("measures-figures", {"measures": "response,speed"}, "measure"),
    ("measures-figures", {"category": "no"}, "category"),
    ("measures-series", {}, "measure"),
    ("measures-series", {"measure": "response", "step": "hour"}, "step"),
    ("measures-ranking", {"by": "person"}, "by"),
    ("measures-stock", {"at": "2999-01-01T00:00:00Z"}, "at"),
]


def test_what_cannot_be_asked_is_refused_by_name(stories: Stories) -> None:
    client = client_of(stories, "city_leader")
    for path, query, field in WRONG:
        answer = client.get(reverse(path), query)
        assert answer.status_code == 400, (path, query)
        assert [error["field"] for error in answer.json()["errors"]] == [field]


MOST_QUERIES = {"measures-figures": 7, "measures-ranking": 8, "measures-series": 6, "measures-stock": 4}


def test_figures_take_a_handful_of_statements(world: Stories, django_assert_max_num_queries: Any) -> None:
    client, grid = client_of(world, "city_leader"), {"grid": world.cast.city.code}
    for path, most in MOST_QUERIES.items():
        query = grid | (PERIOD if path != "measures-stock" else {})
        query |= {"measure": "closure"} if path == "measures-series" else {}
        client.get(reverse(path), query)
        with django_assert_max_num_queries(most + 4):  # signing in, and what tells of changed territory
            assert client.get(reverse(path), query).status_code == 200
