"""The field app in a real browser: what is written without a network is kept when the browser is closed, and sent once;
what is refused says why; nothing is lost, and nothing goes out under another name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from cases.models import Attachment, Case, Category, Patrol
from portal.field import shell
from tests.cast import Cast
from tests.files.samples import photo
from tests.pages.conftest import FLAGS, PATIENCE_MS
from tests.stories import Stories, publish_default_policy

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "北关村东头的路灯三天不亮了"
Pocket = Callable[..., Any]


@pytest.fixture
def stories(site: str, committed_cast: Cast) -> Stories:
    publish_default_policy()
    root = Category.objects.add_root({"code": "01", "name": "城市管理"})
    group = Category.objects.add_child(root, {"code": "0103", "name": "市政设施"})
    Category.objects.add_child(group, {"code": "010301", "name": "路灯不亮", "unit_kind": "urban_management"})
    return Stories(committed_cast)


@pytest.fixture
def pocket(engine: tuple[Playwright, str], site: str, stories: Stories, tmp_path: Path) -> Iterator[Pocket]:
    """`with pocket() as page`: a phone whose browser is closed at the end of the block, and keeps what it has kept."""
    playwright, found = engine

    @contextmanager
    def taken_out(expected: tuple[str, ...] = (), *, offline: bool = False, **said: Any) -> Iterator[Page]:
        common: dict[str, Any] = {"locale": "zh-CN", "viewport": {"width": 390, "height": 844}, "is_mobile": True}
        place = {"geolocation": {"longitude": 116.305, "latitude": 39.435}, "permissions": ["geolocation"]}
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "phone", executable_path=found, args=FLAGS, base_url=site, **common | place | said
        )
        context.set_offline(offline)
        page, faults = context.pages[0], watched(context)
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        yield page
        context.close()
        assert [fault for fault in faults if not any(part in fault for part in expected)] == []

    yield taken_out


OFF = ("ERR_INTERNET_DISCONNECTED", "Failed to fetch", "ERR_FAILED")
"""What a browser writes of a network that is not there."""


def watched(context: BrowserContext) -> list[str]:
    faults: list[str] = []
    context.on("weberror", lambda one: faults.append(str(one.error)))
    context.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
    return faults


def sign_in(page: Page, who: str = "worker") -> None:
    page.goto("/sign-in/?next=/field/")
    page.locator("[name=username]").fill(who)
    page.locator("[name=password]").fill(who * 2)
    page.locator("main button").click()
    page.wait_for_url("**/field/**")
    settled(page)


def settled(page: Page) -> None:
    """Read, and kept for when there is no network."""
    expect(page.locator("body[data-installed][data-read]")).to_be_attached()


def given(stories: Stories, **said: Any) -> Case:
    """A case that the village has to sign."""
    case = stories.submit(**said)
    case = stories.do(case, "accept")
    return stories.do(case, "dispatch", lead=stories.cast.village_authority)


def write(page: Page, words: str, picture: Path | None = None) -> None:
    """A report as it is usually made: photo, words, one of the guesses."""
    page.locator("[data-tab=report]").click()
    expect(page.locator("[data-named]")).to_contain_text("北关村第一网格")
    if picture:
        page.set_input_files("[data-camera]", picture)
        expect(page.locator(".thumbs img")).to_have_count(1)
    page.locator("[name=text]").fill(words)
    page.locator("[data-category='010301']").first.click()
    expect(page.locator("[data-category='010301'][aria-pressed=true]")).to_be_visible()


def test_written_without_a_network_the_browser_closed_and_sent_once(
    stories: Stories, pocket: Pocket, tmp_path: Path
) -> None:
    case, picture = given(stories), tmp_path / "lamp.jpg"
    picture.write_bytes(photo(size=(2400, 1800)))
    with pocket(OFF) as page:
        sign_in(page)
        expect(page.locator(f"[data-section] [data-number='{case.number}']")).to_be_visible()
        page.context.set_offline(True)
        page.locator(f"[data-number='{case.number}'] [data-sign]").click()
        expect(page.locator("#strip[data-waiting='1'][data-state=offline]")).to_be_attached()
        write(page, WORDS + "（离线）", picture)
        page.locator("[data-send]").click()
        expect(page.locator("#strip[data-waiting='2']")).to_be_attached()
        page.goto(f"/field/#/act/{case.number}/finish")
        page.locator("[name=outcome][value=solved]").check()
        page.locator("[name=reply]").fill("已更换灯头，恢复照明")
        page.set_input_files("[data-photos=after]", picture)
        expect(page.locator(".thumbs img")).to_have_count(1)
        page.locator("[data-act] .first").click()
        expect(page.locator("#strip[data-waiting='3']")).to_be_attached()
    assert Case.objects.count() == 1
    with pocket(OFF, offline=True) as page:
        page.goto("/field/#/me")
        expect(page.locator("[data-queue] [data-entry]")).to_have_count(3)
        page.goto(f"/field/#/case/{case.number}")
        expect(page.locator(".words")).to_contain_text("路灯")
        page.context.set_offline(False)
        expect(page.locator("#strip[data-waiting='0']")).to_be_attached()
    case.refresh_from_db()
    new = Case.objects.exclude(pk=case.pk).get()
    assert (case.status, case.reply) == ("review", "已更换灯头，恢复照明")
    assert (new.text, new.status, new.grid_id) == (WORDS + "（离线）", "accepted", stories.cast.cell.pk)
    assert Attachment.objects.count() == 2
    assert max(Attachment.objects.get(case=new).width or 0, Attachment.objects.get(case=new).height or 0) == 1600


SWIPE = """number => {
    const row = document.querySelector(`[data-number="${number}"] a`);
    const touch = (kind, clientX) => row.dispatchEvent(
        new PointerEvent(kind, {pointerType: "touch", clientX, clientY: 300, bubbles: true, cancelable: true}));
    touch("pointerdown", 40);
    for (const east of [60, 90, 120, 160]) touch("pointermove", east);
    touch("pointerup", 160);
}"""
"""A finger that moves to the right across the row of a case."""


def test_a_refusal_says_why_and_what_to_do(stories: Stories, pocket: Pocket) -> None:
    moved, changed = given(stories), given(stories)
    with pocket((*OFF, "403", "409", "412")) as page:
        sign_in(page)
        page.context.set_offline(True)
        page.locator(f"[data-number='{moved.number}'] [data-sign]").click()
        page.evaluate(SWIPE, changed.number)
        expect(page.locator("#strip[data-waiting='2']")).to_be_attached()
        stories.do(moved, "dispatch", lead=stories.cast.urban_management)
        stories.do(changed, "note", stories.actor("dispatch"))
        page.context.set_offline(False)
        expect(page.locator("#strip .refused")).to_be_visible()
        page.goto(f"/field/#/case/{changed.number}")
        expect(page.locator("main .refused [data-discard]")).to_be_visible()
        expect(page.locator(".way")).to_contain_text("已到现场")
        page.locator("main .refused [data-again]").click()
        expect(page.locator("main .refused")).to_have_count(0)
        page.goto("/field/#/me")
        expect(page.locator("main .refused")).to_have_count(1)
        expect(page.locator("main .refused p")).to_have_count(4)
        page.on("dialog", lambda dialog: dialog.accept())
        page.reload(wait_until="networkidle")
        page.locator("main .refused [data-discard]").click()
        expect(page.locator("#strip[data-waiting='0']")).to_be_attached()
    moved.refresh_from_db()
    changed.refresh_from_db()
    assert (moved.status, changed.status) == ("dispatched", "handling")


def test_a_session_that_ended_keeps_the_queue_for_its_own_person(stories: Stories, pocket: Pocket) -> None:
    from django.contrib.sessions.models import Session

    with pocket((*OFF, "401", "403")) as page:
        sign_in(page)
        page.context.set_offline(True)
        write(page, WORDS)
        page.locator("[data-send]").click()
        expect(page.locator("#strip[data-waiting='1']")).to_be_attached()
        Session.objects.all().delete()
        page.context.set_offline(False)
        expect(page.locator("#strip[data-state=signed-out] .sign-in")).to_be_visible()
        sign_in(page, "neighbour")
        expect(page.locator("#strip[data-waiting='0']")).to_be_attached()
        page.goto("/field/#/me")
        expect(page.locator("[data-queue] .notice")).to_be_visible()
        assert page.locator("[data-queue] [data-entry]").count() == 0
        assert not Case.objects.exists()
        page.context.clear_cookies(name="sessionid")
        sign_in(page)
        expect(page.locator("#strip[data-waiting='0']")).to_be_attached()
        page.goto("/field/#/me")
        expect(page.locator("[data-queue] .notice")).to_have_count(0)
    assert Case.objects.get().logged_by_id == stories.cast.worker.pk


def test_two_drafts_stand_side_by_side_and_a_solved_one_is_one_sending(stories: Stories, pocket: Pocket) -> None:
    with pocket() as page:
        sign_in(page)
        write(page, "第一件：路灯杆歪了")
        page.locator("[data-tab=todo]").click()
        page.goto("/field/#/report")
        expect(page.locator("[name=text]")).to_have_value("")
        write(page, "第二件：路灯不亮")
        page.reload()
        page.locator(".drafts summary").click()
        expect(page.locator(".drafts a")).to_have_count(1)
        page.locator("[name=solved]").check()
        page.locator("[data-send]").click()
        expect(page.locator("[role=alert]:visible")).to_be_visible()
        page.locator("[name=done]").fill("已拧紧灯泡")
        page.locator("[data-send]").click()
        expect(page.locator("body[data-page=todo]")).to_be_attached()
        expect(page.locator("#strip[data-waiting='0']")).to_be_attached()
        expect(page.locator("body[data-page=todo]")).to_be_attached()
    done = Case.objects.get()
    assert (done.text, done.status, done.reply) == ("第二件：路灯不亮", "feedback", "已拧紧灯泡")


def test_what_was_seen_on_a_patrol_becomes_a_case_and_what_was_reported_is_joined(
    stories: Stories, pocket: Pocket
) -> None:
    there = given(stories, category_id=Category.objects.get(code="010301").pk)
    with pocket(OFF) as page:
        sign_in(page)
        page.context.set_offline(True)
        page.goto("/field/#/patrol")
        expect(page.locator("[data-named]")).to_contain_text("北关村第一网格")
        page.locator("[name=note]").fill("巷口路灯又灭了")
        page.locator("[data-case]").click()
        expect(page.locator("[name=text]")).to_have_value("巷口路灯又灭了")
        page.locator("[data-category='010301']").first.click()
        expect(page.locator(f"[data-join='{there.number}']")).to_be_visible()
        page.locator("[data-send]").click()
        expect(page.locator("#strip[data-waiting='2']")).to_be_attached()
        write(page, "还是这盏灯")
        page.locator(f"[data-join='{there.number}']").click()
        expect(page.locator("#strip[data-waiting='3']")).to_be_attached()
        page.context.set_offline(False)
        expect(page.locator("#strip[data-waiting='0']")).to_be_attached()
    patrol = Patrol.objects.get()
    assert patrol.case is not None and patrol.case.text == "巷口路灯又灭了" and patrol.grid_id == stories.cast.cell.pk
    assert "还是这盏灯" in str(there.events.latest("seq").payload)


def test_a_new_version_takes_over_and_says_so(pocket: Pocket, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = "async () => (await caches.keys()).filter(name => name.startsWith('field-') && name !== 'field-maps')"
    with pocket() as page:
        sign_in(page)
        before = page.evaluate(kept)
        script = shell.worker().replace(before[0].removeprefix("field-"), "another")
        monkeypatch.setattr(shell, "worker", lambda: script)
        page.evaluate("async () => (await navigator.serviceWorker.ready).update()")
        expect(page.locator("#update")).to_be_visible()
        expect(page.locator("main h1")).to_be_attached()
        page.locator("#update button").click()
        settled(page)
        expect(page.locator("#update")).to_be_hidden()
        assert (len(before), page.evaluate(kept)) == (1, ["field-another"])
