"""The first page, the lists and the tree: within one's own territory, and as quick with a million rows as with ten."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models.expressions import RawSQL
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.choices import Status
from cases.models import Case, Deadline
from grids.admin.counting import MOST_COUNTED, CappedPaginator
from grids.models import Unit, User
from notifications.models import Delivery
from notifications.services import dispatch_events
from tests.administration.conftest import signed_in
from tests.cast import Cast
from tests.stories import Stories

pytestmark = pytest.mark.django_db
LISTS = (
    "cases_case", "cases_deadline", "grids_grid", "grids_unit", "grids_post", "grids_user", "grids_changerecord",
    "notifications_inboxitem", "notifications_delivery",
)  # fmt: skip


def figures(client: Client) -> dict[str, int]:
    answer = client.get(reverse("admin:index"))
    return {figure.title: figure.count for figure in answer.context["figures"]}


def test_the_first_page_counts_what_needs_an_administrator_in_their_territory(
    admin: Client, county_admin: Client, cast: Cast, stories: Stories
) -> None:
    stories.submit()
    beyond = stories.submit(grid_id=cast.other_county.pk)
    Case.objects.filter(pk=beyond.pk).update(due_at="2026-01-01T00:00:00Z")
    Deadline.objects.filter(case=beyond).update(fire_at=None, fire_step=None, error="broken")
    dispatch_events()
    Delivery.objects.filter(item__event__case=beyond).update(state="failed", next_attempt_at=None)
    counted = figures(admin)
    assert (counted["open"], counted["overdue"]) == (2, 1)
    assert counted["clocks set aside"] >= 1 and counted["messages given up"] >= 1
    own = figures(county_admin)
    assert (own["open"], own["overdue"], own["clocks set aside"], own["messages given up"]) == (1, 0, 0, 0)


def test_each_figure_leads_to_as_many_rows(admin: Client, stories: Stories) -> None:
    stories.submit()
    dispatch_events()
    Delivery.objects.all().update(state="failed", next_attempt_at=None)
    for figure in admin.get(reverse("admin:index")).context["figures"]:
        if "policy" not in figure.link:
            assert admin.get(figure.link).context["cl"].result_count == figure.count, figure.title


def test_whoever_may_look_at_nothing_sees_no_figures(cast: Cast) -> None:
    User.objects.filter(pk=cast.county_leader.pk).update(is_staff=True)
    answer = signed_in(cast.county_leader).get(reverse("admin:index"))
    assert answer.context["figures"] == []
    assert [item["link"] for group in answer.context["sidebar_navigation"] for item in group["items"]] == ["/admin/"]


def test_the_sidebar_shows_what_one_may_look_at(cast: Cast) -> None:
    User.objects.filter(pk=cast.county_leader.pk).update(is_staff=True)
    cast.county_leader.user_permissions.set(Permission.objects.filter(codename="view_unit"))
    groups = signed_in(cast.county_leader).get(reverse("admin:index")).context["sidebar_navigation"]
    assert [item["link"] for group in groups for item in group["items"]] == ["/admin/", "/admin/grids/unit/"]


def queries_of(client: Client, name: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def cost_of(client: Client, address: str) -> int:
    """Queries of a page, once what is remembered between requests is there."""
    client.get(address)
    # As in production, where territory and calendars are not asked for anew with every look at them
    with override_settings(SNAPSHOT_CHECK_SECONDS=3600), CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured.captured_queries)


def test_lists_cost_as_many_queries_however_long_they_are(admin: Client, cast: Cast, stories: Stories) -> None:
    def grow(names: str) -> None:
        for name in names:
            stories.submit()
            Unit.objects.create(grid=cast.town, kind="police", name=name)
        dispatch_events()

    addresses = [reverse("admin:index"), *(reverse(f"admin:{name}_changelist") for name in LISTS)]
    grow("甲")
    few = {address: cost_of(admin, address) for address in addresses}
    grow("乙丙丁戊己庚辛壬癸")
    many = {address: cost_of(admin, address) for address in addresses}
    assert {address: (few[address], many[address]) for address in addresses if few[address] < many[address]} == {}
    assert max(many.values()) <= 20, many


@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_counted_further_than_anybody_leafs(admin: Client, stories: Stories, name: str) -> None:
    stories.submit()
    counting = [sql for sql in queries_of(admin, name) if "COUNT(" in sql]
    assert counting
    assert [sql for sql in counting if "LIMIT" not in sql] == []


def test_a_count_that_takes_long_is_given_up_and_the_page_is_shown(cast: Cast) -> None:
    slow = Unit.objects.annotate(slept=RawSQL("(SELECT 1 FROM pg_sleep(20))", [])).filter(slept=1).order_by("pk")
    pages = CappedPaginator(slow, 50)
    began = time.monotonic()
    assert (pages.count, pages.gave_up, pages.is_capped) == (MOST_COUNTED, True, True)
    assert time.monotonic() - began < 10
    with connection.cursor() as cursor:  # the same transaction goes on, as patient as before
        cursor.execute("SELECT current_setting('statement_timeout'), pg_sleep(0.6)")
        assert cursor.fetchone()[0] == "0"
    quick = CappedPaginator(Unit.objects.order_by("pk"), 50)
    assert (quick.count, quick.gave_up) == (Unit.objects.count(), False)


def test_a_page_of_a_case_costs_as_many_queries_however_much_happened(admin: Client, stories: Stories) -> None:
    costs = {
        status: cost_of(admin, reverse("admin:cases_case_change", args=[stories.bring(status).pk]))
        for status in (Status.DISPATCHED, Status.FEEDBACK)
    }
    assert len(set(costs.values())) == 1, costs
    assert max(costs.values()) <= 24, costs


def test_the_tree_opens_a_level_at_a_time_within_ones_territory(county_admin: Client, cast: Cast) -> None:
    top = county_admin.get("/admin/grids/grid/").content.decode()
    assert cast.county.code in top and cast.town.code not in top and cast.city.code not in top
    below = county_admin.get(f"/admin/grids/grid/{cast.county.pk}/children/").content.decode()
    assert cast.town.code in below and cast.other_town.code in below and cast.village.code not in below
    assert county_admin.get(f"/admin/grids/grid/{cast.other_county.pk}/children/").status_code == 404
    assert county_admin.get(f"/admin/grids/grid/{cast.city.pk}/children/").status_code == 404


def test_a_search_looks_at_the_whole_tree_and_says_where_each_match_lies(county_admin: Client, cast: Cast) -> None:
    found = county_admin.get("/admin/grids/grid/", {"q": "北关村第一"}).content.decode()
    assert cast.cell.code in found
    assert "固安县 / 固安镇 / 北关村" in found
    beyond = county_admin.get("/admin/grids/grid/", {"q": "永清"}).content.decode()
    assert cast.other_county.code not in beyond


def test_a_grid_with_others_in_it_is_not_deleted(admin: Client, cast: Cast) -> None:
    assert admin.post(f"/admin/grids/grid/{cast.town.pk}/delete/", {"post": "yes"}).status_code == 403


def test_pages_run_nothing_from_elsewhere(admin: Client) -> None:
    for path in ("/admin/", "/admin/login/", "/admin/grids/unit/"):
        policy = admin.get(path)["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "http" not in policy
    assert "unsafe" not in admin.get("/")["Content-Security-Policy"]


def test_the_language_is_switched_and_chinese_comes_first(admin: Client, settings: Any) -> None:
    settings.LANGUAGE_CODE = "zh-hans"
    assert "工单" in admin.get("/admin/").content.decode()
    admin.post("/admin/language/", {"language": "en", "next": "/admin/"})
    assert "Cases" in admin.get("/admin/").content.decode()


def test_changes_are_listed_and_shown_on_each_row_in_ones_territory(county_admin: Client, cast: Cast) -> None:
    Unit.objects.filter(pk__in=[cast.housing.pk, cast.other_county_authority.pk]).update(phone="0316-1")
    listed = county_admin.get("/admin/grids/changerecord/", {"what": "grids.unit"}).content.decode()
    assert cast.housing.name in listed
    assert cast.other_county_authority.name not in listed
    history = county_admin.get(f"/admin/grids/unit/{cast.housing.pk}/history/").content.decode()
    assert "0316-1" in history
    assert "0316-1" in county_admin.get(f"/admin/grids/unit/{cast.housing.pk}/change/").content.decode()
    assert county_admin.get(f"/admin/grids/unit/{cast.other_county_authority.pk}/history/").status_code == 302


def test_changes_name_the_grids_that_keys_lead_to_where_one_may_see_them(
    admin: Client, county_admin: Client, cast: Cast
) -> None:
    Unit.objects.filter(pk=cast.housing.pk).update(grid=cast.other_county)
    Unit.objects.filter(pk=cast.housing.pk).update(grid=cast.county)
    address = f"/admin/grids/unit/{cast.housing.pk}/history/"
    assert cast.other_county.name in admin.get(address).content.decode()
    text = county_admin.get(address).content.decode()
    assert cast.county.name in text and cast.other_county.name not in text


def test_changes_of_what_one_may_not_look_at_are_not_listed(cast: Cast) -> None:
    User.objects.filter(pk=cast.county_leader.pk).update(is_staff=True)
    wanted = Permission.objects.filter(codename__in=["view_changerecord", "view_post"])
    cast.county_leader.user_permissions.set(wanted)
    answer = signed_in(cast.county_leader).get("/admin/grids/changerecord/")
    assert {row.model for row in answer.context["cl"].result_list} == {"grids.post"}


def test_an_account_is_born_with_its_first_post_and_so_seen_by_who_made_it(county_admin: Client, cast: Cast) -> None:
    said = {"username": "new", "name": "新人", "phone": "", "locale": "zh-hans", "usable_password": "false"}
    said |= {"unit": cast.housing.pk, "role": "officer", "grid": ""}
    assert county_admin.post("/admin/grids/user/add/", said | {"unit": cast.city_housing.pk}).status_code == 200
    assert not User.objects.filter(username="new").exists()
    assert county_admin.post("/admin/grids/user/add/", said).status_code == 302
    user = User.objects.get(username="new")
    assert [(post.unit, post.role) for post in user.posts.all()] == [(cast.housing, "officer")]
    assert county_admin.get(f"/admin/grids/user/{user.pk}/change/").status_code == 200


def test_too_many_attempts_to_come_in_are_stopped(cast: Cast, settings: Any) -> None:
    client = Client()
    said = {"username": "administrator", "password": "wrong"}
    answers = [client.post("/admin/login/", said, follow=True).content.decode() for _attempt in range(21)]
    assert "Too many attempts" in answers[-1] and "Too many attempts" not in answers[0]
