"""Whoever serves signs in, finds what waits for them, and acts by plain forms made from the table of moves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cases.models import Case, Category
from notifications.messages import render
from tests.portal.reading import listed, text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]


def press(client: Client, case: Case, action: str, **said: Any) -> Any:
    """Sends the form of an action with its hidden fields, as the case's page has it."""
    page = text_of(client.get(f"/cases/{case.number}/"))
    form = re.search(rf'action="(/cases/{case.number}/{action}/)".*?</form>', page, flags=re.S)
    assert form, f"{action} is not on offer"
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    return client.post(form[1], hidden | said)


def test_a_demo_account_signs_in_and_out_without_the_administration(stories: Stories) -> None:
    client = Client()
    refused = client.post("/sign-in/", {"username": "worker", "password": "wrong"})
    assert refused.status_code == 200 and 'role="alert"' in text_of(refused)
    answer = client.post("/sign-in/", {"username": "worker", "password": "workerworker"})
    assert (answer.status_code, answer["Location"]) == (302, "/cases/")
    front = text_of(client.get("/"))
    assert "王网格" in front and "/cases/" in front and "0 unread" in front
    assert client.post("/sign-out/").status_code == 302
    assert "王网格" not in text_of(client.get("/"))


def test_the_front_page_leads_to_the_administration_only_who_may_enter_it(browser: Browser) -> None:
    signed = '<form class="signed-in".*?</form>'
    for who, shown in (("administrator", True), ("worker", False)):
        found = re.search(signed, text_of(browser(who).get("/")), flags=re.S)
        assert found and ("/admin/" in found[0]) == shown


def test_who_is_not_signed_in_is_led_to_it_and_back(stories: Stories) -> None:
    case = stories.submit()
    answer = Client().get(f"/cases/{case.number}")
    assert answer["Location"] == f"/sign-in/?next=/cases/{case.number}"


def test_nobody_is_led_elsewhere_after_signing_in(stories: Stories) -> None:
    said = {"username": "worker", "password": "workerworker", "next": "https://evil.example/"}
    assert Client().post("/sign-in/", said)["Location"] == "/cases/"


def test_the_list_shows_what_one_sees_and_its_filters_narrow_it(stories: Stories, browser: Browser) -> None:
    given, mine = stories.bring("dispatched"), stories.submit()
    client = browser("county_officer")
    for show, numbers in (
        ("mine", {given.number}),
        ("all", {given.number}),
        ("overdue", set()),
        ("nonsense", {given.number}),
    ):
        page = text_of(client.get("/cases/", {"show": show}, follow=True))
        assert listed(page) == numbers, show
    head = text_of(browser("village_head").get("/desk/", {"queue": "mine"}))
    assert mine.number in head and "北关村村委会" in head


def test_the_list_goes_on_where_the_page_ends(stories: Stories, browser: Browser) -> None:
    numbers = {stories.submit().number for _i in range(52)}
    client, seen, address = browser("village_head"), set(), "/desk/?queue=open"
    for expected in (50, 2):
        page = text_of(client.get(address))
        found = listed(page)
        assert len(found) == expected
        seen |= found
        further = re.search(r'class="after"><a class="button" href="([^"]+)"', page)
        address = further[1].replace("&amp;", "&") if further else ""
    assert (seen, address) == (numbers, "")
    assert client.get("/desk/?queue=all&cursor=x").status_code == 302


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_however_long_it_is(
    stories: Stories, browser: Browser, settings: Any, django_assert_max_num_queries: Any, rows: int
) -> None:
    for _i in range(rows):
        stories.submit()
    client = browser("village_head")
    client.get("/desk/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with django_assert_max_num_queries(8):
        client.get("/desk/")


def test_a_case_costs_a_fixed_number_of_queries(
    stories: Stories, browser: Browser, settings: Any, django_assert_max_num_queries: Any
) -> None:
    case = stories.bring("handling")
    for _i in range(10):
        stories.do(case, "note", stories.actor("accept"))
    client = browser("county_dispatcher")
    client.get(f"/cases/{case.number}")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with django_assert_max_num_queries(20):
        client.get(f"/cases/{case.number}")


def test_the_link_in_a_mail_opens_the_case_with_and_without_a_last_slash(
    stories: Stories, browser: Browser, settings: Any
) -> None:
    from notifications.models import InboxItem
    from notifications.services import dispatch_events

    case = stories.submit()
    dispatch_events()
    item = InboxItem.objects.with_case().filter(user=stories.cast.village_head).latest("pk")
    address = render(item, "en").url.removeprefix(settings.SITE_URL)
    assert case.number in address
    for last in ("", "/"):
        assert browser("village_head").get(address + last).status_code == 200


def test_the_reporter_is_masked_until_shown_for_a_reason(stories: Stories, browser: Browser) -> None:
    case, client = stories.submit(), browser("county_dispatcher")
    page = text_of(client.get(f"/cases/{case.number}"))
    assert "何大年" not in page and "13812345678" not in page
    shown = press(client, case, "reveal_reporter", reason="核实地点")
    assert shown.status_code == 200 and "13812345678" in text_of(shown)
    assert "13812345678" not in text_of(client.get(f"/cases/{case.number}"))
    assert case.events.filter(kind="revealed").count() == 1


def test_of_who_asked_for_secrecy_nothing_is_shown(stories: Stories, browser: Browser) -> None:
    case = stories.submit(secret=True)
    page = text_of(browser("county_dispatcher").get(f"/cases/{case.number}"))
    assert "何" not in page.replace(case.text, "") and "5678" not in page


def test_a_case_is_dispatched_to_the_proposed_unit_whose_reason_is_shown(stories: Stories, browser: Browser) -> None:
    root = Category.objects.add_root({"code": "01", "name": "城市管理"})
    lights = Category.objects.add_child(root, {"code": "0101", "name": "路灯不亮", "unit_kind": "urban_management"})
    case, client = stories.submit(category_id=lights.pk), browser("county_dispatcher")
    assert press(client, case, "accept", category="0101", note="").status_code == 302
    page = text_of(client.get(f"/cases/{case.number}"))
    unit = stories.cast.urban_management
    assert f'<option value="{unit.pk}" selected>{unit.name}' in page
    assert "is a matter for" in page
    answer = press(client, case, "dispatch", lead=unit.pk, co_handlers=[stories.cast.water.pk], note="请今天去看")
    assert answer.url == f"/cases/{case.number}"
    case.refresh_from_db()
    assert (case.status, case.lead_unit_id, case.co_unit_ids) == ("dispatched", unit.pk, [stories.cast.water.pk])


def test_units_outside_the_own_territory_are_neither_offered_nor_taken(stories: Stories, browser: Browser) -> None:
    case = stories.bring("accepted")
    client, outside = browser("county_dispatcher"), stories.cast.other_county_authority
    assert f'<option value="{outside.pk}"' not in text_of(client.get(f"/cases/{case.number}"))
    answer = press(client, case, "dispatch", lead=outside.pk, note="试一试")
    assert answer.status_code == 400 and "试一试" in text_of(answer)


def test_lead_and_co_handlers_work_together_on_plain_pages(stories: Stories, browser: Browser) -> None:
    cast, case = stories.cast, stories.bring("handling")
    lead, above, helper = (browser(who) for who in ("county_officer", "city_dispatcher", "town_dispatcher"))
    assert press(lead, case, "whistle", wanted="供水抢修队", reason="灯杆下有水管").status_code == 302
    assert "供水抢修队" in text_of(above.get(f"/cases/{case.number}/"))
    refused = press(above, case, "answer_whistle", note="请配合")
    assert refused.status_code == 400 and 'class="field wrong"' in text_of(refused)
    units = [cast.town_authority.pk, cast.city_water.pk]
    assert press(above, case, "answer_whistle", co_handlers=units, note="请配合").status_code == 302
    assert press(helper, case, "report_in", note="").status_code == 302
    assert press(helper, case, "contribute", note="已停水").status_code == 302
    page = text_of(press(lead, case, "finish", outcome="solved", reply="路灯已修好"))
    assert cast.city_water.name in page and "still to do their part" in page
    assert press(lead, case, "waive", unit=cast.city_water.pk, reason="已由镇里办妥").status_code == 302
    form = re.search(r'id="rate_co_handler".*?</form>', text_of(lead.get(f"/cases/{case.number}/")), flags=re.S)
    assert form and f'<option value="{cast.town_authority.pk}">{cast.town_authority.name}' in form[0]
    assert (
        press(lead, case, "rate_co_handler", unit=cast.town_authority.pk, score="5", comment="到得快").status_code
        == 302
    )
    shown = text_of(lead.get(f"/cases/{case.number}/"))
    assert "到得快" in shown and "has done its part" in shown
    assert "到得快" not in text_of(browser("village_head").get(f"/cases/{case.number}/"))
    assert press(lead, case, "finish", outcome="solved", reply="路灯已修好").status_code == 302


def test_a_refused_form_says_why_at_its_field_and_keeps_what_was_typed(stories: Stories, browser: Browser) -> None:
    case = stories.bring("handling")
    answer = press(browser("county_officer"), case, "finish", outcome="", reply="路灯已修好")
    page = text_of(answer)
    assert answer.status_code == 400
    assert "路灯已修好</textarea>" in page and 'class="field wrong"' in page
    case.refresh_from_db()
    assert case.status == "handling"


def test_a_double_press_acts_once(stories: Stories, browser: Browser) -> None:
    case, client = stories.submit(), browser("village_head")
    said = {"note": "已到现场", "version": "1", "key": "4f6f7d52-8a5b-4c0e-9f0e-0d8f7f6f1a11"}
    for _i in range(2):
        assert client.post(f"/cases/{case.number}/note/", said).status_code == 302
    assert case.events.filter(kind="noted").count() == 1


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(stories: Stories, browser: Browser) -> None:
    case, client = stories.submit(), browser("village_head")
    stories.do(case, "note", stories.actor("accept"))
    answer = client.post(f"/cases/{case.number}/note/", {"note": "已到现场看过", "version": "1"})
    assert answer.status_code == 412 and "已到现场看过" in text_of(answer)


def test_an_action_that_is_not_possible_or_not_up_to_one_is_refused_in_words(
    stories: Stories, browser: Browser
) -> None:
    case = stories.submit()
    for who, action, status in (
        ("village_head", "sign", 409),
        ("village_head", "merge", 403),
        ("village_head", "nonsense", 404),
        ("stranger", "note", 404),
    ):
        answer = browser(who).post(f"/cases/{case.number}/{action}/", {"note": "x"})
        assert answer.status_code == status, action


def test_no_action_is_taken_without_the_form_s_token(stories: Stories) -> None:
    case = stories.submit()
    client = Client(enforce_csrf_checks=True)
    client.force_login(stories.cast.village_head)
    assert client.post(f"/cases/{case.number}/note/", {"note": "x"}).status_code == 403


def test_every_form_of_the_table_can_be_drawn(stories: Stories, browser: Browser) -> None:
    from cases.choices import Status
    from tests.stories import WAYS

    clients = [browser(who) for who in ("county_dispatcher", "county_officer", "city_dispatcher", "supervisor")]
    for status in WAYS:
        case = stories.bring(Status(status))
        codes = {client.get(f"/cases/{case.number}").status_code for client in clients}
        assert codes <= {200, 404}, status
