"""Every page of the administration opens for those it is for, shows nothing from outside their territory, and no
reporter to anybody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from cases.models import Allowance, Case, Category, Ladder, Policy, RoutingRule
from cases.services.publishing import draft_from
from grids.models import Grid, Unit, User
from grids.territory import territory_of

pytestmark = pytest.mark.usefixtures("demo")
CASES = 50
OUTSIDE = ("霸州", "三河市", "胜芳", "燕郊")
"""Words of the neighbours of 固安县."""


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def registered() -> list[tuple[type[Model], Any]]:
    return sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


LABELS = [model._meta.label for model, _admin in registered()]


def of(label: str) -> tuple[type[Model], Any]:
    return next((model, site) for model, site in registered() if model._meta.label == label)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("username", ["admin", "admin_county"])
def test_every_page_opens(label: str, username: str) -> None:
    model, _admin = of(label)
    client = signed_in(username)
    allowed = {200} if username == "admin" else {200, 403}
    assert client.get(address(model, "changelist")).status_code in allowed
    assert client.get(address(model, "changelist"), {"q": "a"}).status_code in allowed | {302}
    assert client.get(address(model, "add")).status_code in {200, 403}
    if (row := model._default_manager.last()) is not None:
        change = client.get(address(model, "change", row.pk))
        assert change.status_code in {200, 403, 302}, label
        if username == "admin":
            assert change.status_code == 200, label


@pytest.mark.parametrize("label", LABELS)
def test_an_administrator_of_a_county_sees_nothing_of_its_neighbours(label: str) -> None:
    model, site = of(label)
    client = signed_in("admin_county")
    answer = client.get(address(model, "changelist"))
    if answer.status_code == 403:
        return
    text = answer.content.decode()
    assert not [word for word in OUTSIDE if word in text]
    user = User.objects.get(username="admin_county")
    beyond = model._default_manager.exclude(pk__in=_seen(site, user))
    for row in beyond[:3]:
        assert client.get(address(model, "change", row.pk)).status_code in (302, 403, 404)


def _seen(site: Any, user: User) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user = user
    return site.get_queryset(request).values("pk")


@pytest.mark.parametrize("field", ["category", "unit", "grid"])
def test_choices_are_those_of_ones_own_territory(field: str) -> None:
    query = {"app_label": "cases", "model_name": "routingrule", "field_name": field, "term": ""}
    answer = signed_in("admin_county").get(reverse("admin:autocomplete"), query)
    assert answer.status_code == 200
    words = [row["text"] for row in answer.json()["results"]]
    assert words
    assert not [word for word in words for outside in OUTSIDE if outside in word]


def test_cases_are_looked_at_without_their_reporters() -> None:
    case = Case.objects.filter(reporter_sealed__isnull=False, secret=False).latest("pk")
    text = signed_in("admin").get(address(Case, "change", case.pk)).content.decode()
    assert case.number in text
    assert case.lookup_code not in text
    assert "+86138" not in text
    assert 'name="_save"' not in text


def test_nobody_adds_or_deletes_a_case() -> None:
    client = signed_in("admin")
    case = Case.objects.latest("pk")
    assert client.get(address(Case, "add")).status_code == 403
    assert client.post(address(Case, "delete", case.pk), {"post": "yes"}).status_code == 403
    assert client.post(address(Case, "change", case.pk), {"title": "x"}).status_code == 403


def test_cases_are_found_by_number_and_filtered() -> None:
    case = Case.objects.latest("pk")
    client = signed_in("admin")
    assert case.title in client.get(address(Case, "changelist"), {"q": case.number}).content.decode()
    for query in ({"overdue": "1"}, {"overdue": "0"}, {"status__exact": "closed"}, {"level__exact": "city"}):
        assert client.get(address(Case, "changelist"), query).status_code == 200


def test_the_list_of_cases_costs_as_many_queries_however_long_it_is(django_assert_max_num_queries: Any) -> None:
    client = signed_in("admin")
    with django_assert_max_num_queries(14):
        client.get(address(Case, "changelist"))


def test_a_published_policy_cannot_be_changed() -> None:
    policy = Policy.objects.filter(published_at__isnull=False).latest("pk")
    client = signed_in("admin")
    page = client.get(address(Policy, "change", policy.pk)).content.decode()
    assert 'name="_save"' not in page
    assert client.post(address(Policy, "change", policy.pk), {"name": "x"}).status_code == 403
    ladder = Ladder.objects.filter(policy=policy)[0]
    assert client.post(address(Ladder, "change", ladder.pk), {"name": "x"}).status_code == 403


def test_a_draft_is_made_changed_and_published() -> None:
    policy = Policy.objects.filter(published_at__isnull=False).latest("pk")
    client = signed_in("admin")
    act(client, "draft_new_version", policy)
    draft = Policy.objects.get(published_at__isnull=True)
    assert draft.allowances.count() == policy.allowances.count()
    assert 'name="_save"' in client.get(address(Policy, "change", draft.pk)).content.decode()
    act(client, "publish_drafts", draft)
    draft.refresh_from_db()
    assert draft.published_at is not None
    assert draft.version == policy.version + 1


def test_a_draft_that_promises_nothing_is_not_published() -> None:
    empty = Policy.objects.create(name="空", grid=Grid.objects.get(level="city"), version=99)
    act(signed_in("admin"), "publish_drafts", empty)
    empty.refresh_from_db()
    assert empty.published_at is None


def act(client: Client, action: str, policy: Policy) -> None:
    answer = client.post(address(Policy, "changelist"), {"action": action, "_selected_action": [policy.pk]})
    assert answer.status_code == 302


def test_an_allowance_hangs_only_on_ladders_of_its_own_policy() -> None:
    published = Policy.objects.filter(published_at__isnull=False).latest("pk")
    draft = draft_from(published)
    page = signed_in("admin").get(address(Policy, "change", draft.pk)).content.decode()
    choice = re.search(r'<select name="allowances-0-ladder".*?</select>', page, re.S)
    assert choice is not None
    offered = {int(key) for key in re.findall(r'<option value="(\d+)"', choice[0])}
    assert offered == set(Ladder.objects.filter(policy=draft).values_list("pk", flat=True))
    assert Allowance.objects.filter(policy=draft, ladder__policy=draft).count() == draft.allowances.count()


def test_a_county_makes_rules_for_itself_and_for_nobody_else() -> None:
    client = signed_in("admin_county")
    category = Category.objects.filter(numchild=0)[0]
    for county, made in (("固安县", 1), ("霸州市", 0)):
        grid = Grid.objects.get(name=county)
        unit = Unit.objects.get(grid=grid, kind="police")
        client.post(
            address(RoutingRule, "add"), {"grid": grid.pk, "category": category.pk, "unit": unit.pk, "unit_kind": ""}
        )
        assert RoutingRule.objects.filter(grid=grid).count() == made


def test_a_county_makes_no_promises_for_every_city() -> None:
    client = signed_in("admin_county")
    said = {"name": "全国", "grid": "", "version": 1, "max_returns": 2, "max_extensions": 1, "reopen_days": 30}
    client.post(address(Policy, "add"), said)
    assert not Policy.objects.filter(name="全国").exists()
    client.post(address(Policy, "add"), said | {"grid": Grid.objects.get(name="固安县").pk})
    assert Policy.objects.filter(name="全国").exists()


def test_who_is_no_administrator_does_not_come_in() -> None:
    for username in ("worker1", "leader_city", "city1"):
        assert signed_in(username).get(reverse("admin:index")).status_code == 302


def test_an_administrator_without_permissions_sees_no_cases() -> None:
    user = User.objects.get(username="admin_county")
    user.user_permissions.remove(*Permission.objects.filter(codename="view_case"))
    assert signed_in("admin_county").get(address(Case, "changelist")).status_code == 403
    assert not territory_of(user).everything
