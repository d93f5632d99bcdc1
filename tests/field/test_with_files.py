"""A case or an action with its photos: one request, all of it or nothing, once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from cases.models import Attachment, Case, Category, Patrol
from tests.files.samples import upload
from tests.stories import Stories

Calls = Callable[..., Any]
REPORT = {"text": "北关村东头的路灯三天不亮了", "channel": "patrol"}


def send(caller: Any, path: str, form: dict[str, Any], **headers: str) -> Any:
    return caller.client.post(f"/api/v1{path}", form, format="multipart", headers=headers)


def report(stories: Stories, **said: Any) -> dict[str, Any]:
    lon, lat = stories.cast.inside
    place = {"lon": lon, "lat": lat, "coordinate_source": "wgs84"}
    return {"report": json.dumps(REPORT | place)} | said


def test_a_case_with_photos_solved_on_the_spot_is_one_request_and_once(
    stories: Stories, calls: Calls, lights: Category
) -> None:
    Category.objects.filter(pk=lights.pk).update(photo_required=True)
    worker, key = calls(stories.cast.worker), {"Idempotency-Key": str(uuid.uuid4())}
    lon, lat = stories.cast.inside
    said = REPORT | {"lon": lon, "lat": lat, "coordinate_source": "wgs84", "category": lights.code}

    def form() -> dict[str, Any]:
        return {"report": json.dumps(said), "file": [upload(), upload()], "solved": "已更换灯泡"}

    first = send(worker, "/cases/with-files/", form(), **key)
    assert first.status_code == 201, first.content
    again = send(worker, "/cases/with-files/", form(), **key)
    assert again.json() == first.json() and again["Idempotent-Replayed"] == "true"
    case = Case.objects.get()
    assert (case.status, case.outcome, case.reply) == ("feedback", "solved", "已更换灯泡")
    assert first.json()["version"] == case.version and case.attachments.count() == 2
    other = send(worker, "/cases/with-files/", form() | {"file": [upload()]}, **key)
    assert other.status_code == 422


def test_a_photo_that_cannot_be_kept_keeps_the_case_out_too(stories: Stories, calls: Calls, lights: Category) -> None:
    Category.objects.filter(pk=lights.pk).update(photo_required=True)
    worker = calls(stories.cast.worker)
    refused = send(worker, "/cases/with-files/", report(stories, file=[upload(), upload(b"nothing")]))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "file")
    said = json.loads(report(stories)["report"]) | {"category": lights.code}
    refused = send(worker, "/cases/with-files/", {"report": json.dumps(said), "solved": "好了"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "note")
    for wrong, field in (({"report": "{"}, "report"), ({}, "report"), (report(stories, solve="x"), "solve")):
        refused = send(worker, "/cases/with-files/", wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    assert not Case.objects.exists() and not Attachment.objects.exists()


def test_an_action_with_photos_is_done_with_them_or_not_at_all(stories: Stories, calls: Calls) -> None:
    case = stories.do(stories.bring("accepted"), "dispatch", lead=stories.cast.village_authority)
    worker = calls(stories.cast.worker)
    path, seen = f"/cases/{case.number}/with-files/", {"If-Match": f'"{case.version}"'}
    signed = send(worker, path, {"action": "sign", "matter": [upload()]}, **seen)
    assert signed.status_code == 200, signed.content
    stale = send(worker, path, {"action": "progress", "inputs": '{"note": "在修"}', "after": [upload()]}, **seen)
    assert stale.status_code == 412
    now = {"If-Match": f'"{signed.json()["version"]}"', "Idempotency-Key": "one"}
    inputs = json.dumps({"outcome": "solved", "reply": "已修好"})

    def form() -> dict[str, Any]:
        return {"action": "finish", "inputs": inputs, "before": [upload()], "after": [upload()]}

    done = send(worker, path, form(), **now)
    assert (done.status_code, done.json()["status"]) == (200, "review")
    assert send(worker, path, form(), **now)["Idempotent-Replayed"] == "true"
    assert list(case.attachments.values_list("kind", flat=True)) == ["matter", "before", "after"]
    late = send(worker, path, {"action": "progress", "inputs": '{"note": "再修"}', "after": [upload()]})
    assert late.status_code == 409 and case.attachments.count() == 3


def test_what_a_repeated_request_must_not_do_is_refused(stories: Stories, calls: Calls) -> None:
    case = stories.bring("handling")
    caller = calls(stories.cast.county_officer)
    for said, field in (
        ({"action": "reveal_reporter", "inputs": '{"reason": "x"}'}, "action"),
        ({"action": "progress", "inputs": "[]"}, "inputs"),
        ({"action": "progress", "inputs": "{}"}, "note"),
    ):
        refused = send(caller, f"/cases/{case.number}/with-files/", said)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


def test_what_was_seen_on_a_patrol_becomes_a_case_once(stories: Stories, calls: Calls) -> None:
    worker, key = calls(stories.cast.worker), str(uuid.uuid4())
    early = send(worker, "/cases/with-files/", report(stories, patrol=key))
    assert (early.status_code, early.json()["errors"][0]["field"]) == (400, "patrol")
    lon, lat = stories.cast.inside
    assert worker.post("/patrols/", {"key": key, "lon": lon, "lat": lat}).status_code == 201
    numbers = [send(worker, "/cases/with-files/", report(stories, patrol=key)).json()["number"] for _turn in range(2)]
    assert Patrol.objects.get().case == Case.objects.get(number=numbers[0])
