"""Check-ins on patrols: where, when, by whom; who sees them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Patrol, PatrolPhoto
from cases.services.orphans import remove_orphaned_files
from grids.models import IntakePoint
from grids.services import create_grid
from tests.access.test_access import TERRITORY, seen_by
from tests.files.samples import HIDDEN, upload
from tests.stories import Stories

Calls = Callable[..., Any]


def visit(stories: Stories, **said: Any) -> dict[str, Any]:
    lon, lat = stories.cast.inside
    return {"key": str(uuid.uuid4()), "lon": lon, "lat": lat} | said


def test_a_check_in_knows_its_place_by_point_district_or_position(stories: Stories, calls: Calls) -> None:
    cast, worker = stories.cast, calls(stories.cast.worker)
    home = create_grid(code="131022100200001001", name="东头户区", level="micro", parent=cast.cell)
    box = IntakePoint.objects.create(grid=cast.cell, name="村口说事箱")
    told = [
        worker.post("/patrols/", said).json()
        for said in (
            visit(stories, note="灯亮着"),
            {"key": str(uuid.uuid4()), "grid": home.code},
            visit(stories, intake_point=box.token),
        )
    ]
    assert [one["grid"]["name"] for one in told] == ["北关村第一网格", "东头户区", "北关村第一网格"]
    assert [one["intake_point"] for one in told] == [None, None, "村口说事箱"]
    assert told[0]["user"]["name"] == "王网格" and told[0]["note"] == "灯亮着"


def test_the_same_check_in_sent_again_is_kept_once_with_its_photos(stories: Stories, calls: Calls) -> None:
    worker, said = calls(stories.cast.worker), visit(stories)
    for _turn in range(2):
        form = said | {"file": [upload(), upload()]}
        told = worker.client.post("/api/v1/patrols/", form, format="multipart")
        assert told.status_code == 201, told.content
    assert Patrol.objects.count() == 1 and PatrolPhoto.objects.count() == 2
    content = b"".join(worker.client.get(told.json()["photos"][0]).streaming_content)
    assert content.startswith(b"\xff\xd8") and HIDDEN.encode() not in content
    assert calls(stories.cast.neighbour).client.get(told.json()["photos"][0]).status_code == 404
    assert calls(stories.cast.neighbour).post("/patrols/", said | visit_next(stories)).status_code == 422
    swept = list(remove_orphaned_files(older_than=timedelta(0), at=timezone.now() + timedelta(days=1)))
    assert sum(len(batch.orphans) for batch in swept) == 0
    assert default_storage.exists(str(PatrolPhoto.objects.first().file.name))  # type: ignore[union-attr]


def visit_next(stories: Stories) -> dict[str, Any]:
    """A place of the neighbour's."""
    return {"lon": 116.315, "lat": 39.435}


def test_what_is_not_right_with_a_check_in_is_named(stories: Stories, calls: Calls) -> None:
    worker, now = calls(stories.cast.worker), timezone.now()
    for said, field in (
        ({"key": "x"}, "key"),
        ({"key": str(uuid.uuid4())}, "grid"),
        (visit(stories) | visit_next(stories), "grid"),
        (visit(stories, grid=stories.cast.next_cell.code), "grid"),
        (visit(stories, at=(now + timedelta(hours=1)).isoformat()), "at"),
        (visit(stories, at=(now - timedelta(days=15)).isoformat()), "at"),
        (visit(stories, note="x" * 2001), "note"),
        ({"key": str(uuid.uuid4()), "lon": 116.3}, "lon"),
    ):
        refused = worker.post("/patrols/", said)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field), said
    assert calls(stories.cast.county_officer).post("/patrols/", visit(stories)).status_code == 403
    assert not Patrol.objects.exists()


def test_a_phone_without_a_network_says_when_it_was(stories: Stories, calls: Calls) -> None:
    worker, then = calls(stories.cast.worker), timezone.now() - timedelta(hours=3)
    worker.post("/patrols/", visit(stories, at=then.isoformat()))
    worker.post("/patrols/", visit(stories, at=(timezone.now() + timedelta(minutes=5)).isoformat()))
    kept = list(Patrol.objects.order_by("at"))
    assert kept[0].at == then and kept[0].recorded_at > then
    assert kept[1].at == kept[1].recorded_at


@pytest.mark.parametrize("who", TERRITORY)
def test_check_ins_are_seen_in_ones_own_territory_and_below_and_by_oneself(
    stories: Stories, calls: Calls, who: str
) -> None:
    calls(stories.cast.worker).post("/patrols/", visit(stories))
    calls(stories.cast.neighbour).post("/patrols/", visit(stories) | visit_next(stories))
    caller = calls(getattr(stories.cast, who))
    listed = {row["grid"]["code"] for row in caller.get("/patrols/").json()["results"]}
    seen = seen_by(who) & {"cell", "next_cell"}
    assert listed == {getattr(stories.cast, place).code for place in seen}
    mine = caller.get("/patrols/", {"mine": "true"}).json()["results"]
    assert len(mine) == (who in ("worker", "neighbour"))


def test_a_longer_list_costs_no_more_queries(stories: Stories, calls: Calls, settings: LazySettings) -> None:
    worker, counts = calls(stories.cast.worker), []
    worker.post("/patrols/", visit(stories))
    worker.get("/patrols/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600  # what is kept in the process has been read
    for turns in (1, 4):
        for _turn in range(turns):
            form = visit(stories) | {"file": [upload()]}
            worker.client.post("/api/v1/patrols/", form, format="multipart")
        with CaptureQueriesContext(connection) as asked:
            worker.get("/patrols/")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 5
