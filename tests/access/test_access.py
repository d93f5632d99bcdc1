"""Every role, every territory, every address: what lies outside does not exist, wherever one asks.

The addresses come from the URL conf itself: a new one fails here until somebody has said who may ask it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver
from django.utils import timezone
from openpyxl import load_workbook
from rest_framework.test import APIClient

from cases.models import Attachment, Case
from cases.workflow import MOVES
from grids.models import IntakePoint
from portal.console import urls as console
from portal.leaders import urls as leaders
from tests.stories import Stories

TERRITORY: dict[str, dict[str, str | None]] = {
    "worker": {"own": "cell", "child": None, "sibling": "next_cell", "parent": "village"},
    "neighbour": {"own": "next_cell", "child": None, "sibling": "cell", "parent": "village"},
    "village_head": {"own": "village", "child": "cell", "sibling": "other_village", "parent": "town"},
    "town_dispatcher": {"own": "town", "child": "village", "sibling": "other_town", "parent": "county"},
    "county_dispatcher": {"own": "county", "child": "other_town", "sibling": "other_county", "parent": "city"},
    "county_leader": {"own": "county", "child": "cell", "sibling": "other_county", "parent": "city"},
    "city_dispatcher": {"own": "city", "child": "county", "sibling": None, "parent": None},
    "city_leader": {"own": "city", "child": "cell", "sibling": None, "parent": None},
    "supervisor": {"own": "city", "child": "town", "sibling": None, "parent": None},
    "administrator": {"own": "city", "child": "cell", "sibling": None, "parent": None},
    "stranger": {"own": "other_county", "child": None, "sibling": "county", "parent": "city"},
    "county_officer": {"own": "county", "child": "town", "sibling": "other_county", "parent": "city"},
}
"""For each of the cast: where they serve, and a place below, beside and above."""

BELOW = {
    "cell": {"cell"},
    "next_cell": {"next_cell"},
    "village": {"village", "cell", "next_cell"},
    "town": {"town", "village", "other_village", "cell", "next_cell"},
    "county": {"county", "town", "other_town", "village", "other_village", "far_village", "cell", "next_cell"},
    "other_county": {"other_county"},
}
PLACES = BELOW["county"] | {"other_county", "city"}
BELOW["city"] = PLACES

EVERYBODY = {
    ("auth-token", "post"), ("categories", "get"), ("choices", "get"), ("schema", "get"), ("api-docs", "get"),
    ("public-cases", "post"), ("public-case", "get"), ("public-photos", "get"), ("public-photos", "post"),
    ("file", "get"),
    ("job-file", "get"),  # by a signed address that its owner is given: tests/export
    ("public-rate", "post"), ("public-reopen", "post"), ("public-withdraw", "post"), ("public-note", "post"),
}  # fmt: skip
ONESELF = {
    ("auth-tokens", "get"), ("auth-token-one", "delete"), ("auth-logout", "post"), ("me", "get"),
    ("jobs", "get"), ("job", "get"), ("job-results", "get"),
    ("saved-filters", "get"), ("saved-filters", "post"),
    ("saved-filter", "get"), ("saved-filter", "patch"), ("saved-filter", "delete"),
    ("inbox-list", "get"), ("inbox-read", "post"), ("inbox-read-all", "post"), ("inbox-unread-count", "get"),
    ("alarm-list", "get"), ("alarm-acknowledge", "post"),
    ("contact-list", "get"), ("contact-list", "post"), ("contact-push-key", "get"),
    ("contact-detail", "get"), ("contact-detail", "patch"), ("contact-detail", "delete"),
    ("contact-code", "post"), ("contact-verify", "post"),
    ("my-work", "get"), ("my-work-files", "get"), ("my-area", "get"),  # rows and files: tests/field
}  # fmt: skip
ONE_CASE = {
    ("case", "get"),
    ("case-events", "get"),
    ("case-attachments", "post"),
    ("attachment", "get"),
    ("case-act-with-files", "post"),
} | {(f"case-{move.action}", "post") for move in MOVES}
LISTS_OF_CASES = {("cases", "get"), ("cases-count", "get"), ("cases-export", "get"), ("cases-workbook", "get")}
ASKING_FOR_LISTS = {("cases-export-ask", "post"), ("cases-bulk", "post")}
"""Jobs over what one sees: tests/export, tests/jobs."""
LOGGING = {("cases", "post"), ("cases-log-with-files", "post")}
IN_THE_FIELD = {("cases-nearby", "get"), ("patrols", "get"), ("patrols", "post"), ("patrol-photo", "get")}
"""Who sees and writes what of these: tests/field."""
REGISTERS = {("suspensions", "get"), ("suspensions-export", "get"), ("supervision-orders", "get")}
LOOKING_BACK = {("look-backs", "get"), ("look-backs", "post"), ("look-back", "get"), ("look-back-check", "post")}
"""Their rows and who sees them: tests/registers, tests/look_backs."""
PLACE = {("grids", "get"), ("grid", "get"), ("grids-locate", "get"), ("units", "get"), ("unit", "get")}
POINT = {("intake-points", "get"), ("intake-point", "get"), ("intake-point-qr", "get")}
WHAT_IF = {("simulations", "get"), ("simulations", "post"), ("simulation", "get"), ("simulation-cases", "get")}
"""Theirs who lead, supervise or administer the territory: tests/what_if."""

FIGURES = {
    ("measures", "get"), ("measures-figures", "get"), ("measures-series", "get"), ("measures-ranking", "get"),
    ("measures-stock", "get"), ("measures-left-out", "get"), ("measures-cases", "get"),
}  # fmt: skip
"""Definitions for everybody; figures of the cases that one sees, and nothing beside them: tests/measures."""

METHODS = ("get", "post", "put", "patch", "delete")
ARGUMENTS = {
    "number": "1310-20260101-000001",
    "pk": "1",
    "code": "131000000000",
    "token_id": "0" * 16,
    "position": "1",
    "key": "x",
    "name": "reported",
}


def addresses(patterns: Any = None) -> Iterator[tuple[str, str, list[str]]]:
    """Name, method and the names of the arguments of every address of the API."""
    for pattern in patterns if patterns is not None else get_resolver("govgrid.api_urls").url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name != "no-such-address":
            view: Any = pattern.callback
            actions = getattr(view, "actions", None)
            served = [m for m in METHODS if (m in actions if actions else hasattr(view.cls, m))]
            for method in served:
                yield str(pattern.name), method, list(pattern.pattern.regex.groupindex)


ALL = sorted({(name, method) for name, method, _arguments in addresses()})


def test_every_address_has_said_who_may_ask_it() -> None:
    said = (
        EVERYBODY
        | ONESELF
        | ONE_CASE
        | LISTS_OF_CASES
        | LOGGING
        | PLACE
        | POINT
        | REGISTERS
        | LOOKING_BACK
        | WHAT_IF
        | FIGURES
        | ASKING_FOR_LISTS
        | IN_THE_FIELD
    )
    assert set(ALL) == said


@pytest.mark.django_db
def test_without_an_account_only_the_open_addresses_answer() -> None:
    client = APIClient()
    for name, method, arguments in addresses():
        if name.endswith("format-suffix") or (name, method) in EVERYBODY:
            continue
        path = reverse(name, kwargs={argument: ARGUMENTS[argument] for argument in arguments})
        assert getattr(client, method)(path).status_code == 401, (name, method)


@pytest.fixture
def world(stories: Stories, settings: LazySettings) -> dict[str, Case]:
    """A case with a file in every grid of the cast."""
    cases = {place: stories.submit(grid_id=getattr(stories.cast, place).pk) for place in sorted(PLACES)}
    for place, case in cases.items():
        Attachment.objects.create(
            case=case, file=f"{place}.pdf", content_type="application/pdf", size=1, sha256="", at=timezone.now()
        )
        if place != "village":
            IntakePoint.objects.create(grid=getattr(stories.cast, place), name=place)
    client_of(stories, "city_leader").get("/api/v1/cases/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    return cases


def client_of(stories: Stories, who: str) -> APIClient:
    client = APIClient()
    client.force_login(getattr(stories.cast, who))
    return client


def seen_by(who: str) -> set[str]:
    """Places whose cases somebody sees, by the plan of the cast: a department sees what is assigned to it."""
    return set() if who == "county_officer" else BELOW[str(TERRITORY[who]["own"])]


def ask(client: APIClient, name: str, method: str, case: Case) -> Any:
    """Asks an address of one case so that nothing changes: no case was ever at version 0."""
    if name == "attachment":
        return client.get(reverse(name, args=[case.attachments.get().pk]))
    path = reverse(name, args=[case.number])
    return client.get(path) if method == "get" else client.post(path, headers={"If-Match": '"0"'})


@pytest.mark.parametrize("who", TERRITORY)
def test_a_case_answers_in_ones_own_territory_and_below_and_nowhere_else(
    stories: Stories, world: dict[str, Case], who: str
) -> None:
    client, seen = client_of(stories, who), seen_by(who)
    for relation, place in TERRITORY[who].items():
        if place is None:
            continue
        if who != "county_officer":
            assert (place in seen) == (relation in ("own", "child")), (who, relation)
        for name, method in sorted(ONE_CASE):
            status = ask(client, name, method, world[place]).status_code
            assert (status == 404) == (place not in seen), (who, relation, name, status)
    assert set(Case.objects.values_list("version", flat=True)) == {1}


FILTERS: list[dict[str, Any]] = [
    {}, {"status": "submitted"}, {"grid": "131000000000"}, {"channel": "app"}, {"urgency": "ordinary"},
    {"overdue": "false"}, {"open": "true"}, {"number": "1310"}, {"mine": "false"},
    {"submitted_after": "2001-01-01"}, {"submitted_before": "2999-01-01"}, {"due_before": "2999-01-01"},
    {"ordering": "due_at"}, {"ordering": "-updated_at"}, {"search": "路灯"}, {"search": "1310-20", "open": "true"},
]  # fmt: skip


@pytest.mark.parametrize("who", TERRITORY)
def test_lists_counts_and_exports_hold_what_one_sees_whatever_the_filter(
    stories: Stories, world: dict[str, Case], who: str
) -> None:
    client = client_of(stories, who)
    expected = {world[place].number for place in seen_by(who)}
    for query in FILTERS:
        rows = client.get(reverse("cases"), query).json()["results"]
        assert {row["number"] for row in rows} == expected, query
        if "ordering" in query:
            continue
        assert client.get(reverse("cases-count"), query).json() == {"count": len(expected)}, query
        exported = b"".join(client.get(reverse("cases-export"), query).streaming_content)
        lines = csv.DictReader(io.StringIO(exported.decode("utf-8-sig")))
        assert {line["number"] for line in lines} == expected, query
    assert numbers_in(client.get(reverse("cases-workbook"))) == expected


def numbers_in(response: Any) -> set[str]:
    """The cases of a workbook."""
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)), read_only=True)
    return {row[0] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)}


@pytest.mark.parametrize("who", TERRITORY)
def test_no_filter_reaches_beyond_ones_territory(stories: Stories, world: dict[str, Case], who: str) -> None:
    client = client_of(stories, who)
    for place in PLACES - seen_by(who):
        case = world[place]
        for query in (
            {"number": case.number},
            {"duty_unit": case.duty_unit_id},
            {"grid": getattr(stories.cast, place).code},
        ):
            rows = client.get(reverse("cases"), query).json()["results"]
            assert case.number not in {row["number"] for row in rows}, (place, query)


def test_an_officer_sees_what_is_assigned_and_nothing_beside_it(stories: Stories) -> None:
    given, kept = stories.bring("dispatched"), stories.submit()
    client = client_of(stories, "county_officer")
    assert client.get(reverse("case", args=[given.number])).status_code == 200
    assert client.get(reverse("case", args=[kept.number])).status_code == 404
    rows = client.get(reverse("cases")).json()["results"]
    assert [row["number"] for row in rows] == [given.number]


@pytest.mark.parametrize("who", TERRITORY)
def test_grids_and_units_answer_in_ones_own_territory_and_below(
    stories: Stories, world: dict[str, Case], who: str
) -> None:
    client, cast = client_of(stories, who), stories.cast
    grids = seen_by(who) | ({"county"} if who == "county_officer" else set())
    listed = client.get(reverse("grids")).json()["results"]
    assert {row["code"] for row in listed} == {getattr(cast, place).code for place in grids}
    for place in PLACES:
        status = client.get(reverse("grid", args=[getattr(cast, place).code])).status_code
        assert status == (200 if place in grids else 404), place
    lon, lat = cast.inside
    located = client.get(reverse("grids-locate"), {"lon": lon, "lat": lat}).status_code
    assert located == (200 if "cell" in grids else 404)
    units = {row["id"] for row in client.get(reverse("units")).json()["results"]}
    for place in PLACES - {"cell", "next_cell"}:
        unit = getattr(cast, f"{place}_authority")
        own = who in ("worker", "neighbour") and place == "village"
        shown = own or place in seen_by(who)
        assert (unit.pk in units) == shown, place
        assert client.get(reverse("unit", args=[unit.pk])).status_code == (200 if shown else 404), place


@pytest.mark.parametrize("who", TERRITORY)
def test_intake_points_answer_in_ones_own_territory_and_below(
    stories: Stories, world: dict[str, Case], who: str
) -> None:
    client, seen = client_of(stories, who), seen_by(who)
    listed = {row["id"] for row in client.get(reverse("intake-points")).json()["results"]}
    for place in PLACES:
        point = IntakePoint.objects.get(grid=getattr(stories.cast, place))
        assert (point.pk in listed) == (place in seen), place
        for name in ("intake-point", "intake-point-qr"):
            status = client.get(reverse(name, args=[point.pk])).status_code
            assert status == (200 if place in seen else 404), (place, name)


def test_only_who_holds_a_post_logs_a_case(stories: Stories) -> None:
    from grids.models import User

    said = {"text": "路灯不亮", "grid": stories.cast.cell.code}
    idle = User.objects.create_user(username="idle", password="idle", name="无岗", email="idle@example.org")
    client = APIClient()
    client.force_login(idle)
    assert client.post(reverse("cases"), said, format="json").status_code == 403
    expected = {"worker": "accepted", "county_officer": "submitted", "stranger": "submitted"}
    for who, status in expected.items():
        answer = client_of(stories, who).post(reverse("cases"), said, format="json")
        assert (answer.status_code, answer.json()["status"]) == (201, status), who


def test_who_served_until_yesterday_sees_nothing_today(stories: Stories) -> None:
    case = stories.submit()
    stories.cast.village_head.posts.update(ends_on=timezone.localdate() - timedelta(days=1))
    client = client_of(stories, "village_head")
    assert client.get(reverse("case", args=[case.number])).status_code == 404
    assert client.get(reverse("cases")).json()["results"] == []


def names_of(patterns: Any) -> Iterator[str]:
    """The names of addresses, those of included ones too."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns)
        else:
            yield str(pattern.name)


OPEN_PAGES = {"speak-up", "ticket", "track", "track-link", "track-photos", "track-verdict", "sign-in", "sign-out"}
OPEN_PAGES |= {"first-password"}  # by a link that its person was handed: tests/administration/test_first_passwords.py
OPEN_PAGES |= {"service-worker"}
OPEN_PAGES |= {"speak-up-anywhere", "track-more"}
OPEN_PAGES |= {"field", "field-shell", "field-session", "field-manifest"}
"""A shell in which nothing of anybody stands; who is signed in: tests/field."""
OPEN_PAGES |= {"where", "solved", "solved-map"}
"""Names and outlines of grids, and what an official has published: tests/door."""
PAGES_OF_ONE_CASE = {"case-page": "get", "case-act": "post", "case-files": "post"}
LISTS_ON_PAGES = {"case-list"}
PAGES_OF_ONESELF = {"job-list", "job-page", "filter-keep", "filter-drop", "case-selection", "case-ledger"}
"""One's own lists, selections and ledgers: tests/portal/test_list_tools.py."""
PAGES_OF_ONES_INBOX = {
    "inbox-page", "inbox-bell", "inbox-page-read-all", "inbox-page-read", "inbox-list-page", "inbox-alarm",
    "telling", "telling-hours", "telling-add", "telling-push", "telling-way",
}  # fmt: skip
"""What one was told, and how one wants to be: tests/inbox."""


def test_every_page_has_said_who_may_ask_it() -> None:
    elsewhere = {str(one.name) for one in [*console.urlpatterns, *leaders.urlpatterns]}  # tests/access, tests/leaders
    pages = set(names_of(get_resolver("portal.urls").url_patterns)) - elsewhere
    assert pages == OPEN_PAGES | set(PAGES_OF_ONE_CASE) | LISTS_ON_PAGES | PAGES_OF_ONESELF | PAGES_OF_ONES_INBOX


@pytest.mark.parametrize("who", TERRITORY)
def test_pages_show_ones_own_territory_and_below_and_nothing_else(
    stories: Stories, world: dict[str, Case], who: str
) -> None:
    client, seen = client_of(stories, who), seen_by(who)
    listed = client.get(reverse("desk"), {"queue": "all"}).content.decode()
    for place, case in world.items():
        assert (case.number in listed) == (place in seen), place
        assert client.get(reverse("case-page", args=[case.number])).status_code == (200 if place in seen else 404), (
            place
        )
        refused = client.post(reverse("case-act", args=[case.number, "accept"]), {"version": "0"}, format="multipart")
        assert (refused.status_code == 404) == (place not in seen), place
        nothing = client.post(reverse("case-files", args=[case.number]), {}, format="multipart")
        assert nothing.status_code == (400 if place in seen else 404), place
    assert set(Case.objects.values_list("version", flat=True)) == {1}


def test_without_an_account_pages_of_cases_lead_to_signing_in(world: dict[str, Case]) -> None:
    client, number = APIClient(), world["cell"].number
    for path in (reverse("case-list"), reverse("case-page", args=[number]), reverse("case-act", args=[number, "note"])):
        asked = client.post(path) if path.endswith("note/") else client.get(path)
        assert asked.status_code == 302 and asked["Location"].startswith("/sign-in/")
