"""The resident's door: without an account, by number and code, as a parcel is followed."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.throttling import SimpleRateThrottle

from cases.actors import Actor
from cases.models import Case, CaseEvent
from cases.reporter import unseal
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories

REPORT = {
    "title": "路灯不亮",
    "text": "北关村东头的路灯三天不亮了",
    "lon": 116.305,
    "lat": 39.435,
    "coordinate_source": "wgs84",
    "reporter": {"name": "何大年", "phone": "138 1234 5678"},
}


def code_of(case: Case) -> dict[str, str]:
    return {"X-Case-Code": case.lookup_code}


def test_a_report_gets_a_slip_with_number_code_and_promise(stories: Stories, nobody: Caller) -> None:
    answer = nobody.post("/public/cases/", REPORT)
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    slip = answer.json()
    case = Case.objects.get(number=slip["number"])
    assert slip["lookup_code"] == case.lookup_code
    assert (slip["office"], slip["status"]) == ("北关村村委会", "submitted")
    assert slip["due_at"] is not None
    assert slip["track_url"].endswith(f"/api/v1/public/cases/{case.number}/")
    assert case.grid == stories.cast.cell
    assert unseal(case.reporter_sealed).phone == "+8613812345678"
    assert "何" not in answer.content.decode()


def test_a_report_from_an_intake_point_needs_no_place(stories: Stories, nobody: Caller) -> None:
    answer = nobody.post("/public/cases/", {"text": "想问问养老金", "intake_point": stories.cast.intake_point.token})
    case = Case.objects.get(number=answer.json()["number"])
    assert (case.grid, case.found_by, case.channel) == (stories.cast.village, "intake_point", "intake_point")


def test_a_report_in_baidus_coordinates_lands_where_it_was_meant(stories: Stories, nobody: Caller) -> None:
    from grids.coordinates import from_wgs84

    place = from_wgs84(*stories.cast.inside, "bd09")
    said = REPORT | {"lon": place.lon, "lat": place.lat, "coordinate_source": "bd09"}
    case = Case.objects.get(number=nobody.post("/public/cases/", said).json()["number"])
    assert case.grid == stories.cast.cell
    assert (case.lon, case.lat) == pytest.approx(stories.cast.inside, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"title": "x" * 201}, "title"),
        ({"lat": 139.4}, "lat"),
        ({"lon": "NaN"}, "lon"),
        ({"lon": None}, "lon"),
        ({"lon": 110.0, "lat": 30.0}, "lon"),
        ({"coordinate_source": "gps"}, "coordinate_source"),
        ({"category": "nothing"}, "category"),
        ({"intake_point": "nowhere"}, "intake_point"),
        ({"intake_point": "x" * 30}, "intake_point"),
        ({"reporter": {"phone": "12"}}, "reporter.phone"),
        ({"reporter": {"name": "x" * 81}}, "reporter.name"),
        ({"reporter": {"mail": "x"}}, "reporter.mail"),
        ({"reporter": "何大年"}, "reporter"),
        ({"anonymous": True}, "reporter"),
        ({"channel": "hotline"}, "channel"),
        ({"urgency": "emergency"}, "urgency"),
        ({"grid": "131022100200"}, "grid"),
    ],
)
def test_a_report_that_cannot_be_used_is_refused_by_name_and_leaves_nothing(
    stories: Stories, nobody: Caller, change: dict[str, Any], field: str
) -> None:
    answer = nobody.post("/public/cases/", REPORT | change)
    assert answer.status_code == 400, answer.content
    assert field in fields_of(answer)
    assert "何大年" not in answer.content.decode()
    assert not Case.objects.exists()


def test_tracking_names_offices_and_nobody(stories: Stories, nobody: Caller) -> None:
    case = stories.bring("handling")
    case = stories.do(case, "progress", Actor.person(stories.cast.county_officer), note="内部记录：联系电工张三")
    answer = nobody.get(f"/public/cases/{case.number}/", **code_of(case))
    said = answer.json()
    way = [(step["kind"], step["office"]) for step in said["steps"]]
    assert way == [
        ("submitted", ""),
        ("accepted", "固安县社会治理中心"),
        ("dispatched", "固安县城市管理局"),
        ("signed", "固安县城市管理局"),
    ]
    assert (said["status"], said["office"], said["open"]) == ("handling", "固安县城市管理局", True)
    assert said["due_at"] is not None
    assert said["available_actions"] == ["withdraw", "note"]
    text = answer.content.decode()
    assert not any(user.name in text for user in (stories.cast.county_dispatcher, stories.cast.county_officer))
    assert "内部记录" not in text
    assert "何大年" not in text


def test_a_reply_is_shown_once_it_is_approved_and_not_while_it_is_written_anew(
    stories: Stories, nobody: Caller
) -> None:
    def reply() -> str:
        return str(nobody.get(f"/public/cases/{case.number}/", **code_of(case)).json()["reply"])

    case = stories.bring("review")
    assert reply() == ""
    case = stories.do(case, "approve")
    assert reply() == "路灯已修好"
    case = stories.do(case, "rate", solved=False, satisfaction="unsatisfied")
    assert reply() == ""


def test_an_escalation_says_where_to(stories: Stories, nobody: Caller) -> None:
    case = stories.do(stories.submit(), "escalate", Actor.person(stories.cast.village_head))
    step = nobody.get(f"/public/cases/{case.number}/", **code_of(case)).json()["steps"][-1]
    assert (step["kind"], step["office"]) == ("escalated", "固安镇综治中心")


def test_number_and_code_are_wrong_alike(stories: Stories, nobody: Caller) -> None:
    case = stories.submit()
    wrong = nobody.get(f"/public/cases/{case.number}/", **{"X-Case-Code": "2222222222"})
    missing = nobody.get(f"/public/cases/{case.number}/")
    strange = nobody.get("/public/cases/1310-20200101-000001/", **code_of(case))
    unreadable = nobody.get(f"/public/cases/{case.number}/", {"code": "编码\0"})
    assert [a.status_code for a in (wrong, missing, strange, unreadable)] == [404] * 4
    assert wrong.json() == missing.json() == strange.json() == unreadable.json()
    assert nobody.get(f"/public/cases/{case.number}/", {"code": case.lookup_code.upper()}).status_code == 200


def test_the_resident_rates_and_closes(stories: Stories, nobody: Caller) -> None:
    case = stories.bring("feedback")
    path = f"/public/cases/{case.number}/rate/"
    bad = nobody.post(path, {"solved": True, "satisfaction": "great"}, **code_of(case))
    assert (bad.status_code, fields_of(bad)) == (400, {"satisfaction"})
    answer = nobody.post(path, {"solved": True, "satisfaction": "satisfied", "comment": "很快"}, **code_of(case))
    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["steps"][-1]["kind"]) == ("closed", "closed")
    assert nobody.post(path, {"solved": True, "satisfaction": "satisfied"}, **code_of(case)).status_code == 409


def test_the_resident_reopens_withdraws_and_adds_a_note(stories: Stories, nobody: Caller) -> None:
    closed, fresh = stories.bring("closed"), stories.submit()
    again = nobody.post(f"/public/cases/{closed.number}/reopen/", {"reason": "又不亮了"}, **code_of(closed))
    assert again.json()["status"] == "handling", again.content
    noted = nobody.post(f"/public/cases/{fresh.number}/note/", {"note": "是第三根灯杆"}, **code_of(fresh))
    assert noted.json()["steps"][-1]["text"] == "是第三根灯杆"
    gone = nobody.post(f"/public/cases/{fresh.number}/withdraw/", {}, **code_of(fresh))
    assert gone.json()["status"] == "withdrawn"
    assert CaseEvent.objects.filter(case=fresh, actor_kind="resident").count() == 3


def test_a_resident_can_do_nothing_that_is_not_theirs(stories: Stories, nobody: Caller) -> None:
    case = stories.submit()
    for action in ("accept", "dispatch", "approve", "reveal_reporter", "escalate"):
        assert nobody.post(f"/public/cases/{case.number}/{action}/", **code_of(case)).status_code == 404


def test_a_signed_in_browser_acts_as_the_resident_here_and_not_as_itself(stories: Stories) -> None:
    case = stories.submit()
    Caller(stories.cast.county_dispatcher).post(f"/public/cases/{case.number}/note/", {"note": "你好"}, **code_of(case))
    assert CaseEvent.objects.get(case=case, kind="noted").actor is None


def test_an_address_that_asks_too_often_is_told_when_to_come_again(
    stories: Stories, nobody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "public_submit", "2/hour")
    answers = [nobody.post("/public/cases/", REPORT) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 3600
    assert answers[2]["Content-Type"] == "application/problem+json"
    other = nobody.client.post("/api/v1/public/cases/", REPORT, format="json", REMOTE_ADDR="203.0.113.9")
    assert other.status_code == 201


def test_addresses_of_one_ipv6_network_are_counted_together(
    stories: Stories, nobody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "public_submit", "1/hour")
    codes = [
        nobody.client.post("/api/v1/public/cases/", REPORT, format="json", REMOTE_ADDR=address).status_code
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
    ]
    assert codes == [201, 429, 201]
