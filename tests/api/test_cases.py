"""The list of cases and one case's file, as those who work on them read them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.actors import Actor
from cases.models import Case, Category
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories


def numbers(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["results"]]


def queries_of(caller: Caller, path: str, query: Any = None) -> list[str]:
    """The statements of a request, without those that only begin and end a transaction."""
    with CaptureQueriesContext(connection) as captured:
        assert caller.get(path, query).status_code == 200
    return [q["sql"] for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]


def test_a_list_asks_four_times_at_most_whatever_its_page_size(
    stories: Stories, dispatcher: Caller, lights: Category, settings: LazySettings
) -> None:
    """Session, user, posts, and the page itself: sign-in is counted."""
    for _ in range(52):
        stories.submit(category_id=lights.pk)
    dispatcher.get("/cases/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    few, many = (queries_of(dispatcher, "/cases/", {"page_size": size}) for size in (5, 50))
    assert len(few) == len(many) <= 4, many
    assert not any("COUNT(" in statement for statement in many)


def test_an_overdue_list_in_due_order_asks_as_often(
    stories: Stories, dispatcher: Caller, settings: LazySettings
) -> None:
    for _ in range(6):
        stories.submit()
    stories.bring("withdrawn")
    dispatcher.get("/cases/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    for size in (5, 50):
        assert len(queries_of(dispatcher, "/cases/", {"ordering": "due_at", "page_size": size})) <= 4


def test_a_file_asks_ten_times_at_most_however_much_stands_in_it(
    stories: Stories, dispatcher: Caller, settings: LazySettings
) -> None:
    case = stories.bring("closed")
    for _ in range(30):
        case = stories.do(case, "note")
    dispatcher.get(f"/cases/{case.number}/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    assert len(queries_of(dispatcher, f"/cases/{case.number}/")) <= 10


@pytest.mark.parametrize("body", [{}, {"category": "010301"}])
def test_logging_a_case_asks_twelve_times_at_most(
    stories: Stories, dispatcher: Caller, lights: Category, settings: LazySettings, body: dict[str, Any]
) -> None:
    said = {"text": "路灯不亮", "lon": 116.305, "lat": 39.435, "coordinate_source": "wgs84"} | body
    said |= {"intake_point": stories.cast.intake_point.token}
    dispatcher.post("/cases/", said)
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with CaptureQueriesContext(connection) as captured:
        assert dispatcher.post("/cases/", said, **{"Idempotency-Key": "k1"}).status_code == 201
    asked = [q["sql"] for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(asked) <= 12, asked


def test_pages_show_every_case_once_also_where_moments_are_equal(stories: Stories, dispatcher: Caller) -> None:
    at = timezone.now() - timedelta(days=1)
    made = [stories.submit(at).number for _ in range(7)]
    seen: list[str] = []
    address = "/api/v1/cases/?page_size=3"
    while address:
        page = dispatcher.client.get(address).json()
        seen += [row["number"] for row in page["results"]]
        address = page["next"]
    assert seen == made[::-1]


@pytest.mark.parametrize("ordering", ["-submitted_at", "submitted_at", "due_at", "-due_at", "-updated_at"])
def test_every_ordering_pages_through_all_with_empty_moments_last(
    stories: Stories, dispatcher: Caller, ordering: str
) -> None:
    now = timezone.now()
    for days in (3, 1, 2):
        stories.submit(now - timedelta(days=days))
        stories.bring("withdrawn", now - timedelta(days=days))
    column = ordering.removeprefix("-")
    seen: list[Any] = []
    address = f"/api/v1/cases/?page_size=2&ordering={ordering}"
    while address:
        page = dispatcher.client.get(address).json()
        seen += page["results"]
        address = page["next"]
    assert len({row["number"] for row in seen}) == len(seen) == 6
    values = [row[column] for row in seen]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    assert known == sorted(known, reverse=ordering.startswith("-"))


def test_a_case_that_comes_in_between_moves_nothing_on_the_next_page(stories: Stories, dispatcher: Caller) -> None:
    at = timezone.now() - timedelta(days=1)
    made = [stories.submit(at).number for _ in range(4)][::-1]
    first = dispatcher.get("/cases/", {"page_size": 2}).json()
    stories.submit()
    second = dispatcher.client.get(first["next"]).json()
    assert [row["number"] for row in second["results"]] == made[2:]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": "\0"}, "cursor"),
        ({"page_size": "201"}, "page_size"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "²"}, "page_size"),
        ({"ordering": "title"}, "ordering"),
        ({"status": "lost"}, "status"),
        ({"status": "a\0"}, "status"),
        ({"grid": "999999999999"}, "grid"),
        ({"category": "nothing"}, "category"),
        ({"overdue": "perhaps"}, "overdue"),
        ({"lead_unit": "99999999999999999999"}, "lead_unit"),
        ({"submitted_after": "yesterday"}, "submitted_after"),
        ({"number": "1310\0"}, "number"),
        ({"number": "1" * 33}, "number"),
        ({"statsu": "submitted"}, "statsu"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(
    stories: Stories, dispatcher: Caller, query: dict[str, str], field: str
) -> None:
    for path in ("/cases/", "/cases/export.csv", "/cases/count/"):
        if path != "/cases/" and field in ("cursor", "page_size", "ordering"):
            continue
        answer = dispatcher.get(path, query)
        assert answer.status_code == 400, (path, answer.content)
        assert answer["Content-Type"] == "application/problem+json"
        assert fields_of(answer) == {field}


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_moments_at_the_end_of_time_do_no_harm(stories: Stories, dispatcher: Caller, moment: str) -> None:
    assert dispatcher.get("/cases/", {"submitted_before": moment}).status_code in (200, 400)


@pytest.mark.parametrize("offset", ["+23:59", "-23:59"])
def test_a_moment_in_an_offset_that_the_database_does_not_know_is_understood(
    stories: Stories, dispatcher: Caller, offset: str
) -> None:
    case = stories.submit(datetime(2026, 3, 2, 12, tzinfo=UTC))
    hour = "11:59" if offset.startswith("+") else "12:01"
    day = "2026-03-03" if offset.startswith("+") else "2026-03-01"
    same = f"{day}T{hour}:00{offset}"  # just that moment
    assert numbers(dispatcher.get("/cases/", {"submitted_after": same})) == [case.number]
    assert numbers(dispatcher.get("/cases/", {"submitted_before": same})) == []


def test_a_cursor_of_another_ordering_is_refused(stories: Stories, dispatcher: Caller) -> None:
    for _ in range(3):
        stories.submit()
    address = dispatcher.get("/cases/", {"page_size": 1}).json()["next"]
    answer = dispatcher.client.get(f"{address}&ordering=due_at")
    assert answer.status_code == 400
    assert fields_of(answer) == {"cursor"}


def test_filters_narrow_the_list(stories: Stories, dispatcher: Caller, lights: Category) -> None:
    cast = stories.cast
    old = timezone.now() - timedelta(days=40)
    late = stories.submit(old, category_id=lights.pk, channel="hotline")
    handled = stories.bring("handling")
    gone = stories.bring("withdrawn", urgency="urgent")
    far = stories.submit(lon=116.405, lat=39.435)
    everything = [far.number, gone.number, handled.number, late.number]
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({}, everything),
        ({"status": ["submitted", "withdrawn"]}, [far.number, gone.number, late.number]),
        ({"grid": cast.village.code}, [gone.number, handled.number, late.number]),
        ({"grid": cast.other_town.code}, [far.number]),
        ({"grid": cast.other_county.code}, []),
        ({"category": "01"}, [late.number]),
        ({"category": "010301"}, [late.number]),
        ({"channel": "hotline"}, [late.number]),
        ({"urgency": "urgent"}, [gone.number]),
        ({"level": "county"}, [handled.number]),
        ({"overdue": "true"}, [late.number]),
        ({"overdue": "false"}, [far.number, gone.number, handled.number]),
        ({"open": "false"}, [gone.number]),
        ({"open": "true"}, [far.number, handled.number, late.number]),
        ({"lead_unit": cast.urban_management.pk}, [handled.number]),
        ({"submitted_before": "2001-01-01"}, []),
        ({"submitted_after": (old + timedelta(days=1)).isoformat()}, [far.number, gone.number, handled.number]),
        ({"due_before": timezone.now().isoformat()}, [late.number]),
        ({"number": handled.number}, [handled.number]),
        ({"number": "1310-"}, everything),
        ({"mine": "true"}, []),
    ]
    for query, found in expected:
        assert numbers(dispatcher.get("/cases/", query)) == found, query
        assert dispatcher.get("/cases/count/", query).json() == {"count": len(found)}
    assert numbers(Caller(cast.county_officer).get("/cases/", {"mine": "true"})) == [handled.number]


def test_what_waits_for_a_decision_or_an_answer_is_in_the_list_of_who_owes_it(stories: Stories) -> None:
    cast = stories.cast
    above, watching = Caller(cast.city_dispatcher), Caller(cast.supervisor)
    case = stories.bring("handling")
    assert numbers(above.get("/cases/", {"mine": "true"})) == []
    case = stories.do(case, "request_extension")
    assert numbers(above.get("/cases/", {"mine": "true"})) == [case.number]
    case = stories.do(case, "decide_extension")
    assert numbers(above.get("/cases/", {"mine": "true"})) == []
    case = stories.do(stories.do(case, "supervise"), "answer_supervision", Actor.person(cast.county_officer))
    assert numbers(watching.get("/cases/", {"mine": "true"})) == [case.number]
    stories.do(case, "check_supervision", Actor.person(cast.supervisor))
    assert numbers(watching.get("/cases/", {"mine": "true"})) == []


def test_names_in_a_list_are_those_of_now_and_of_units_that_are_gone(stories: Stories, dispatcher: Caller) -> None:
    case = stories.bring("handling")
    stories.cast.urban_management.active = False
    stories.cast.urban_management.save()
    row = dispatcher.get("/cases/").json()["results"][0]
    assert row["lead_unit"] == {"id": stories.cast.urban_management.pk, "name": "固安县城市管理局"}
    assert row["grid"]["place"] == "廊坊市 / 固安县 / 固安镇 / 北关村村民委员会 / 北关村第一网格"
    assert row["number"] == case.number


def test_a_file_has_history_clocks_and_what_can_be_done(stories: Stories, dispatcher: Caller, lights: Category) -> None:
    case = stories.bring("dispatched", category_id=lights.pk)
    answer = dispatcher.get(f"/cases/{case.number}/")
    file = answer.json()
    assert answer["ETag"] == f'"{case.version}"'
    assert [event["kind"] for event in file["events"]] == ["submitted", "accepted", "dispatched"]
    assert file["events"][1]["actor"]["name"] == "钱县调"
    assert file["reporter"] == {"name": "何**", "phone": "+86138****5678", "anonymous": False, "secret": False}
    assert [share["unit"]["name"] for share in file["assignments"]] == ["固安县城市管理局"]
    clocks = {clock["kind"]: clock for clock in file["clocks"] if clock["state"] == "running"}
    assert clocks.keys() == {"sign", "handle"}
    counted = [s["minutes"] for s in clocks["handle"]["segments"] if s["counted"]]
    assert sum(counted) == clocks["handle"]["minutes"]
    assert file["routing"]["unit"]["name"] == "固安县城市管理局"
    assert file["routing"]["within_reach"] is True
    assert "路灯不亮" in file["routing"]["why"]
    offered = {action["name"]: action for action in file["available_actions"]}
    assert {"dispatch", "escalate", "merge", "reveal_reporter"} <= offered.keys()
    assert "sign" not in offered
    schema = offered["dispatch"]["schema"]
    assert schema["required"] == ["lead"]
    assert offered["dispatch"]["url"].endswith(f"/api/v1/cases/{case.number}/actions/dispatch/")


def test_routing_is_proposed_only_to_who_can_dispatch_and_says_what_is_out_of_reach(
    stories: Stories, lights: Category
) -> None:
    town_dispatcher = Actor.person(stories.cast.town_dispatcher)
    case = stories.do(stories.submit(category_id=lights.pk), "accept", town_dispatcher)
    worker, town = Caller(stories.cast.worker), Caller(stories.cast.town_dispatcher)
    assert worker.get(f"/cases/{case.number}/").json()["routing"] is None
    proposal = town.get(f"/cases/{case.number}/").json()["routing"]
    assert proposal["unit"]["name"] == "固安县城市管理局"
    assert proposal["within_reach"] is False


def test_a_secret_reporter_is_in_no_file_and_offered_to_nobody_but_who_accepted(stories: Stories) -> None:
    case = stories.bring("accepted", secret=True)
    for user in (stories.cast.county_dispatcher, stories.cast.city_dispatcher, stories.cast.city_leader):
        file = Caller(user).get(f"/cases/{case.number}/").json()
        assert (file["reporter"]["name"], file["reporter"]["phone"]) == ("", "")
        offered = {action["name"] for action in file["available_actions"]}
        assert ("reveal_reporter" in offered) == (user == stories.cast.county_dispatcher)


def test_a_long_history_is_read_in_pages(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    for _ in range(5):
        case = stories.do(case, "note")
    page = dispatcher.get(f"/cases/{case.number}/events/", {"page_size": 4}).json()
    rest = dispatcher.client.get(page["next"]).json()
    assert [line["seq"] for line in page["results"] + rest["results"]] == [1, 2, 3, 4, 5, 6]
    newest = dispatcher.get(f"/cases/{case.number}/events/", {"ordering": "-seq"}).json()["results"]
    assert newest[0]["seq"] == 6


def rows_of(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_an_export_is_the_list_as_a_table_without_reporters(stories: Stories, dispatcher: Caller) -> None:
    case = stories.bring("handling")
    stories.bring("withdrawn")
    answer = dispatcher.get("/cases/export.csv", {"status": "handling"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.streaming
    rows = rows_of(answer)
    assert [row["number"] for row in rows] == [case.number]
    assert rows[0]["lead_unit"] == "固安县城市管理局"
    assert rows[0]["grid"].endswith("北关村第一网格")
    assert not any("何" in value or "138" in value for value in rows[0].values())


def test_a_file_and_an_export_say_in_a_sentence_why_the_next_clock_is_due(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    clock = dispatcher.get(f"/cases/{case.number}/").json()["clocks"][0]
    assert clock["explanation"].startswith("2 h of working time from ")
    row = rows_of(dispatcher.get("/cases/export.csv"))[0]
    assert row["due_why"] == clock["explanation"]


@pytest.mark.parametrize("title", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "＝1", "  =1"])
def test_nothing_in_an_export_is_a_formula(stories: Stories, dispatcher: Caller, title: str) -> None:
    case = stories.submit()
    Case.objects.filter(pk=case.pk).update(title=title, address=title)
    row = rows_of(dispatcher.get("/cases/export.csv"))[0]
    assert row["title"] == row["address"] == f"'{title}"


def test_an_export_hides_the_words_of_who_asked_for_secrecy(stories: Stories, dispatcher: Caller) -> None:
    stories.submit(secret=True)
    row = rows_of(dispatcher.get("/cases/export.csv"))[0]
    assert (row["title"], row["text"], row["address"]) == ("", "", "")
