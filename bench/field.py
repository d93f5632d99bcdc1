"""How long the field app takes until its list is usable, on a slow phone with a slow network, and what it loads for
that. The phone is a Chromium on this machine: four times slower, its network that of slow 4G."""

from __future__ import annotations

import argparse
import gzip
import shutil
import statistics
import time
from typing import Any

from bench import measure
from bench.databases import say

SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 204_800, "uploadThroughput": 96_000}
"""Milliseconds and bytes a second: 1.6 Mbit down, 0.75 up."""
CPU = 4
ROUNDS = 3
PATIENCE_MS = 120_000
USABLE = "[data-section] li a"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def run(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Seconds until a row can be touched: the first time ever, and each time after that."""
    from bench.load import load

    load(url, options.cases)
    from django.core.management import call_command

    from bench import bell, web
    from cases.models import Case

    machine = measure.hardware(url)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = _busiest()
    cookie = bell.session_of(user)
    cases = Case.objects.visible_to(user).mine(user).count()
    say(f"Measuring field, for {cases} open cases …")
    with web.serving(options.workers) as port:
        said = _measured(f"http://localhost:{port}", cookie)
    return {"bench": "field", **said, "cases": cases, "cpu": CPU, "network": "slow 4G", "hardware": machine}


def _busiest() -> Any:
    """Somebody of the village or town that has most to do."""
    from django.db.models import Count

    from cases.models import Case
    from grids.models import User

    open_ones = Case.objects.open().filter(duty_unit__grid__level__in=("village", "town"))
    busiest = open_ones.values("duty_unit").annotate(many=Count("pk")).order_by("-many", "duty_unit")[0]
    return User.objects.filter(posts__unit=busiest["duty_unit"], posts__grid__isnull=True).order_by("pk")[0]


def _measured(site: str, cookie: str) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise RuntimeError("no Chromium here: apt-get install chromium")
    first, again, loaded = [], [], {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for _round in range(ROUNDS):
            context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
            page = context.new_page()
            loaded = {}
            page.on("response", lambda answer, kept=loaded: kept.update(_weighed(answer)))
            _slow(page)
            first.append(_seconds(page, f"{site}/field/"))
            page.locator("body[data-installed][data-read]").wait_for(state="attached", timeout=PATIENCE_MS)
            sizes = dict(loaded)
            page.goto("about:blank")
            again.append(_seconds(page, f"{site}/field/"))
            context.close()
        browser.close()
    shell = {name: size for name, size in sizes.items() if "/api/" not in name and "leaflet" not in name}
    return {
        "first_s": round(statistics.median(first), 2),
        "again_s": round(statistics.median(again), 2),
        "shell_gzip_bytes": sum(shell.values()),
        "data_gzip_bytes": sum(size for name, size in sizes.items() if "/api/" in name),
        "requests": len(sizes),
    }


def _slow(page: Any) -> None:
    link = page.context.new_cdp_session(page)
    link.send("Network.enable")
    link.send("Network.emulateNetworkConditions", SLOW_4G)
    link.send("Emulation.setCPUThrottlingRate", {"rate": CPU})


def _seconds(page: Any, address: str) -> float:
    began = time.monotonic()
    page.goto(address, wait_until="commit", timeout=PATIENCE_MS)
    page.locator(USABLE).first.wait_for(timeout=PATIENCE_MS)
    return time.monotonic() - began


def _weighed(answer: Any) -> dict[str, int]:
    """The bytes of an answer as they go over the air behind a proxy that compresses."""
    if answer.status != 200:
        return {}
    try:
        return {answer.url: len(gzip.compress(answer.body()))}
    except Exception:  # noqa: BLE001  what a worker answered has no body that the browser hands out
        return {}
