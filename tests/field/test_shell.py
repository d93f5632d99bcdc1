"""The app's shell: the same for everybody, in both languages, of one version with what the phone keeps of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import translation

from portal.field import shell
from portal.field.words import words
from tests.cast import Cast

CODE = Path(shell.__file__).resolve().parents[1] / "static" / "portal" / "field"
PHONE = "Mozilla/5.0 (Linux; Android 14; HarmonyOS) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"


def test_every_word_that_a_script_asks_for_comes_with_the_page_and_no_other() -> None:
    code = "".join(path.read_text() for path in CODE.glob("*.js"))
    with translation.override("en"):
        said = words()
    asked = set(re.findall(r'\bt\("(\w+)"', code))
    assert asked <= set(said)
    assert {key for key in said if not re.search(rf'["\s{{:]{key}["\s:,]', code)} - {"app_name"} == set()
    for key, text in said.items():
        for name in re.findall(r"\{(\w+)\}", text):
            assert re.search(rf"\b{name}\b", code), (key, name)


def test_the_worker_keeps_every_file_of_the_app_and_changes_with_any_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    script = shell.worker()
    said = json.loads(script.splitlines()[0].removeprefix("const SHELL = ").removesuffix(";"))
    assert {f"/static/portal/field/{path.name}" for path in CODE.glob("*.js")} <= set(said["files"])
    for address in (*said["files"], *said["maps"]):
        assert finders.find(address.removeprefix("/static/")), address
    for name in re.findall(
        r'import\("?\./(\w+\.js)|from "\./(\w+\.js)"', "".join(p.read_text() for p in CODE.glob("*.js"))
    ):
        assert f"/static/portal/field/{name[0] or name[1]}" in said["files"]
    found = shell._found
    monkeypatch.setattr(shell, "_found", lambda name: found(name) + (b" " if name.endswith("todo.js") else b""))
    other = json.loads(shell._head().splitlines()[0].removeprefix("const SHELL = ").removesuffix(";"))
    assert other["version"] != said["version"] and other["files"] == said["files"]


@pytest.mark.django_db
def test_the_shell_opens_without_an_account_and_holds_nothing_of_anybody(cast: Cast) -> None:
    client = Client()
    plain = client.get(reverse("field-shell", args=["zh-hans"])).content
    client.force_login(cast.worker)
    assert client.get(reverse("field-shell", args=["zh-hans"])).content == plain
    assert cast.worker.name not in plain.decode() and b'lang="zh-hans"' in plain
    assert b'lang="en"' in client.get(reverse("field-shell", args=["en"])).content
    assert client.get(reverse("field-shell", args=["fr"])).status_code == 404


@pytest.mark.django_db
def test_who_is_not_signed_in_is_led_to_signing_in_and_back(cast: Cast) -> None:
    client = Client()
    assert client.get("/field/")["Location"] == "/sign-in/?next=/field/"
    assert client.get(reverse("field-session")).json()["user"] is None
    client.force_login(cast.worker)
    assert client.get("/field/").status_code == 200
    said = client.get(reverse("field-session"))
    assert (said.json()["user"], said.json()["name"]) == (cast.worker.pk, "王网格")
    assert "no-store" in said["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "phone", "leads_to"),
    [("worker", True, "/field/"), ("worker", False, "/cases/"), ("county_officer", True, "/cases/")],
)
def test_a_grid_worker_who_signs_in_on_a_phone_comes_to_the_field_app(
    cast: Cast, who: str, phone: bool, leads_to: str
) -> None:
    headers = {"User-Agent": PHONE} if phone else {}
    answer = Client().post("/sign-in/", {"username": who, "password": who * 2}, headers=headers)
    assert answer["Location"] == leads_to


@pytest.mark.django_db
def test_the_app_can_be_installed() -> None:
    said = Client().get(reverse("field-manifest"))
    assert said["Content-Type"] == "application/manifest+json"
    assert said.json()["start_url"] == "/field/" and said.json()["display"] == "standalone"
    for icon in said.json()["icons"]:
        content = Path(str(finders.find(icon["src"].removeprefix("/static/")))).read_bytes()
        width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        assert icon["sizes"] == f"{width}x{height}" and len(content) < 10_000


@pytest.mark.django_db
def test_the_key_of_another_persons_session_sends_nothing(cast: Cast) -> None:
    """What the queue relies on: who signs in as somebody else has another token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.worker)
    token = client.get(reverse("field-session")).json()["token"]
    client.post("/sign-in/", {"username": "neighbour", "password": "neighbour" * 2}, headers={"X-CSRFToken": token})
    said = {"key": "6a9f2b9e-58f4-4f5e-9a57-0d5f0d0f6f11", "lon": 116.315, "lat": 39.435}
    refused = client.post("/api/v1/patrols/", said, "application/json", headers={"X-CSRFToken": token})
    assert refused.status_code == 403
    mine = client.get(reverse("field-session")).json()
    assert mine["user"] == cast.neighbour.pk
    sent = client.post("/api/v1/patrols/", said, "application/json", headers={"X-CSRFToken": mine["token"]})
    assert sent.status_code == 201
