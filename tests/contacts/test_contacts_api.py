"""Ways in the API: one's own and nobody else's, an address never shown again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from bench.receivers import MailServer
from notifications.models import Contact
from notifications.services.push_keys import make_push_key
from tests.api.conftest import ROOT, Caller, fields_of
from tests.cast import Cast
from tests.channels.conftest import Browser

pytestmark = pytest.mark.django_db
ADDRESS = "wang.private@example.org"


def add(caller: Caller, address: str = ADDRESS, channel: str = "email") -> Any:
    return caller.post("/contacts/", {"channel": channel, "address": address})


def test_a_way_is_added_proven_changed_and_taken_away(cast: Cast, receiver: MailServer) -> None:
    caller = Caller(cast.worker)
    added = add(caller)
    assert added.status_code == 201 and added.json()["verified_at"] is None
    found = re.search(r"\d{6}", receiver.mails[0].get_content())
    assert found
    path = f"/contacts/{added.json()['id']}/"
    wrong = caller.post(f"{path}verify/", {"code": "x"})
    assert (wrong.status_code, fields_of(wrong)) == (400, {"code"})
    assert caller.post(f"{path}verify/", {"code": found[0]}).json()["verified_at"]
    changed = caller.client.patch(f"{ROOT}{path}", {"least": "now", "label": "夜里"}, format="json").json()
    assert (changed["least"], changed["label"], changed["address"]) == ("now", "夜里", "w***@example.org")
    listed = caller.get("/contacts/")
    assert [row["id"] for row in listed.json()["results"]] == [added.json()["id"]]
    for answer in (added, listed):
        assert ADDRESS not in answer.content.decode()
    assert caller.client.delete(f"{ROOT}{path}").status_code == 204 and not Contact.objects.exists()


def test_nobody_reaches_anothers_ways(cast: Cast, receiver: MailServer) -> None:
    path = f"/contacts/{add(Caller(cast.worker)).json()['id']}/"
    for who in (cast.village_head, cast.administrator):
        other = Caller(who)
        assert other.get("/contacts/").json()["results"] == []
        asked = [other.get(path), other.post(f"{path}code/"), other.client.delete(f"{ROOT}{path}")]
        asked.append(other.client.patch(f"{ROOT}{path}", {"label": "x"}, format="json"))
        asked.append(other.post(f"{path}verify/", {"code": "000000"}))
        assert {answer.status_code for answer in asked} == {404}
    assert Contact.objects.count() == 1


def test_what_is_wrong_is_said_with_its_field(cast: Cast) -> None:
    caller = Caller(cast.worker)
    for said, fields in (
        ({"channel": "email", "address": "x"}, {"address"}),
        ({"channel": "fax", "address": "x"}, {"channel"}),
        ({"channel": "email"}, {"address"}),
        ({"channel": "email", "address": "a@example.org", "verified_at": "2026-01-01"}, {"verified_at"}),
    ):
        answer = caller.post("/contacts/", said)
        assert (answer.status_code, fields_of(answer)) == (400, fields)
    assert not Contact.objects.exists()


def test_another_code_at_once_is_refused(cast: Cast, receiver: MailServer) -> None:
    caller = Caller(cast.worker)
    contact = add(caller).json()["id"]
    assert caller.post(f"/contacts/{contact}/code/").status_code == 409
    assert len(receiver.mails) == 1


def test_a_browser_subscribes_with_the_key_that_it_is_given(cast: Cast, settings: Any) -> None:
    caller = Caller(cast.worker)
    settings.WEB_PUSH_PRIVATE_KEY = ""
    assert caller.get("/contacts/push-key/").json() == {"key": ""}
    settings.WEB_PUSH_PRIVATE_KEY = make_push_key()
    assert len(caller.get("/contacts/push-key/").json()["key"]) == 87
    subscription = Browser("https://fcm.googleapis.com/fcm/send/1").subscription
    assert add(caller, subscription, "web_push").json()["verified_at"]


def test_a_list_costs_the_same_however_long(cast: Cast) -> None:
    from django.db import connection

    caller, counted = Caller(cast.worker), []
    for _number in range(2):
        for number in range(3):
            subscription = Browser(f"https://fcm.googleapis.com/{len(counted)}{number}").subscription
            add(caller, subscription, "web_push")
        with CaptureQueriesContext(connection) as captured:
            caller.get("/contacts/")
        counted.append(len(captured))
    assert counted[0] == counted[1]
