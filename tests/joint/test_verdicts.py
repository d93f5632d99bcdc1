"""Lead and co-handlers say how the other worked: once each way, and not for everybody to read."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.actors import Actor
from cases.choices import Status
from cases.errors import IllegalMove
from cases.models import Case, PeerRating
from tests.api.conftest import Caller
from tests.cast import STARTED_ON
from tests.stories import Stories


def helped(stories: Stories, status: Status = Status.HANDLING) -> Case:
    """Co-handled by the town's authority, which has done its part."""
    return stories.bring_for("rate_lead", status)


@pytest.mark.parametrize("status", [Status.HANDLING, Status.REVIEW, Status.FEEDBACK])
def test_each_says_once_how_the_other_worked(stories: Stories, status: Status) -> None:
    case = helped(stories, status)
    case = stories.do(case, "rate_co_handler", score=4, comment="来得快")
    case = stories.do(case, "rate_lead", score=2)
    said = {r.by: (r.unit_id, r.score, r.comment) for r in PeerRating.objects.filter(case=case)}
    assert said == {
        "lead": (stories.cast.town_authority.pk, 4, "来得快"),
        "co": (stories.cast.urban_management.pk, 2, ""),
    }
    for action in ("rate_co_handler", "rate_lead"):
        with pytest.raises(IllegalMove):
            stories.do(case, action)


def test_there_is_no_verdict_before_the_part_is_done(stories: Stories) -> None:
    case = stories.bring_for("report_in", Status.HANDLING)
    for action in ("rate_co_handler", "rate_lead"):
        with pytest.raises(IllegalMove):
            stories.do(case, action)


def test_the_history_says_that_there_is_a_verdict_and_not_which(stories: Stories) -> None:
    case = stories.do(helped(stories), "rate_co_handler", score=1, comment="一直不来")
    payload = case.events.get(kind="peer_rated").payload
    assert payload == {"by": "lead", "unit": stories.cast.town_authority.pk, "unit_name": "固安镇综治中心"}


def read(stories: Stories, who: Any, case: Case) -> list[tuple[str, int]]:
    said = Caller(who).get(f"/cases/{case.number}/").json()["peer_ratings"]
    return [(verdict["by"], verdict["score"]) for verdict in said]


def test_a_verdict_is_read_by_the_two_and_from_above(stories: Stories) -> None:
    from grids.models import Post, User

    cast = stories.cast
    officer = User.objects.create_user("housing_officer", "h@example.org", name="许住建")
    Post.objects.create(user=officer, unit=cast.housing, role="officer", starts_on=STARTED_ON)
    case = stories.bring(Status.ACCEPTED)
    case = stories.do(case, "dispatch", co_handlers=[cast.town_authority, cast.housing])
    case = stories.do(stories.do(case, "sign"), "contribute")
    case = stories.do(case, "contribute", Actor.person(officer))
    case = stories.do(case, "rate_co_handler", score=4)
    case = stories.do(case, "rate_lead", score=2)
    both, none = [("lead", 4), ("co", 2)], list[tuple[str, int]]()
    expected = {
        cast.county_officer: both, cast.town_dispatcher: both, cast.county_dispatcher: both, cast.city_leader: both,
        officer: none, cast.village_head: none, cast.worker: none,
    }  # fmt: skip
    for who, said in expected.items():
        assert read(stories, who, case) == said, who
    case = stories.do(case, "rate_lead", Actor.person(officer), score=5)
    assert read(stories, officer, case) == [("co", 5)]
    assert read(stories, cast.town_dispatcher, case) == both


def test_over_http_a_score_is_a_number_from_1_to_5_and_the_unit_a_co_handler(stories: Stories) -> None:
    case, lead = helped(stories), Caller(stories.cast.county_officer)
    address = f"/cases/{case.number}/actions/rate_co_handler/"
    town = stories.cast.town_authority.pk
    for body, field in (
        ({"unit": town, "score": 0}, "score"),
        ({"unit": town, "score": 6}, "score"),
        ({"unit": town}, "score"),
        ({"unit": stories.cast.housing.pk, "score": 3}, "unit"),
        ({"unit": "x", "score": 3}, "unit"),
    ):
        refused = lead.post(address, body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field), refused.content
    assert lead.post(address, {"unit": town, "score": 5}).status_code == 200
    assert lead.post(address, {"unit": town, "score": 5}).status_code == 409
    schema = next(move for move in schemas(Caller(stories.cast.town_dispatcher), case) if move["name"] == "rate_lead")
    score = schema["schema"]["properties"]["score"]
    assert score["type"] == "integer" and [one["const"] for one in score["oneOf"]] == [1, 2, 3, 4, 5]


def schemas(caller: Caller, case: Case) -> Any:
    return caller.get(f"/cases/{case.number}/").json()["available_actions"]


def test_verdicts_cost_the_file_no_query(stories: Stories, settings: LazySettings) -> None:
    case = stories.do(stories.do(helped(stories), "rate_co_handler"), "rate_lead")
    caller = Caller(stories.cast.county_dispatcher)
    caller.get(f"/cases/{case.number}/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with CaptureQueriesContext(connection) as captured:
        assert len(caller.get(f"/cases/{case.number}/").json()["peer_ratings"]) == 2
    assert len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]) <= 10
