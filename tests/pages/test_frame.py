"""What pages load of others comes from node_modules, by names, pinned, and from nobody else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from govgrid.node_files import FILES, FOLDER, NodeFilesFinder

ROOT = Path(__file__).resolve().parents[2]


def test_the_lock_names_no_registry_and_a_digest_for_each_package() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: said for name, said in lock["packages"].items() if name}
    assert packages and all(said["integrity"].startswith("sha512-") for said in packages.values())
    assert not any("resolved" in said for said in packages.values())
    texts = [(ROOT / name).read_text() for name in ("package.json", "requirements-node.txt", "script/setup")]
    assert not any(re.search(r"registry\s*=|index-url", text) for text in texts)


def test_every_named_file_is_found_and_no_other() -> None:
    assert NodeFilesFinder().check() == []
    for name in FILES:
        assert finders.find(f"npm/{name}") == str(FOLDER / name)
    for other in ("npm/leaflet/package.json", "npm/../package.json", "npm/", "leaflet/dist/leaflet.js"):
        assert not finders.find(other)


def test_what_is_pinned_is_pinned_to_a_version() -> None:
    asked = json.loads((ROOT / "package.json").read_text())
    versions = [*asked["dependencies"].values(), *asked["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/t/", "/s/none", "/sign-in/", "/ticket/"])
def test_pages_may_run_and_load_only_what_this_site_serves(client: Client, path: str) -> None:
    said = client.get(path)["Content-Security-Policy"]
    assert "default-src 'none'" in said and "script-src 'self';" in said and "style-src 'self';" in said
    assert "unsafe" not in said and "http" not in said


@pytest.mark.django_db
def test_hosts_that_settings_name_may_send_pictures_and_nothing_else(client: Client, settings: Settings) -> None:
    settings.TILE_URL = "https://t{s}.tiles.example.org/{z}/{x}/{y}"
    settings.FILES_THROUGH_SITE = False
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"endpoint_url": "https://s3.example.net", "bucket_name": "photos"}}
    }
    said = dict(part.split(" ", 1) for part in client.get("/t/")["Content-Security-Policy"].split("; "))
    assert said.pop("img-src").split()[3:] == [
        "https://*.tiles.example.org",
        "https://s3.example.net",
        "https://photos.s3.example.net",
    ]
    assert not any("example" in hosts for hosts in said.values())
