"""What the demo brings: something in every list, histories that verify, and clocks that went on climbing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from cases.choices import OPEN, Status, Urgency
from cases.demo import DemoRefused, is_loaded, load
from cases.demo.people import visitors
from cases.demo.territory import TOWNS
from cases.models import (
    Case,
    CaseEvent,
    Deadline,
    Extension,
    PendingEvent,
    Policy,
    PublicEntry,
    SupervisionOrder,
    Suspension,
    Whistle,
)
from cases.services import sweep
from cases.services.history import verify
from grids.choices import Level, Role
from grids.models import Grid, IntakePoint, Post, Unit, User
from grids.territory import territory_of

pytestmark = pytest.mark.usefixtures("demo")
CASES = 90


def test_the_real_divisions_are_there_and_what_is_made_up_says_so() -> None:
    levels = Counter(Grid.objects.values_list("level", flat=True))
    assert (levels["city"], levels["county"], levels["town"], levels["village"]) == (1, 11, 123, 3619)
    assert levels["cell"] > 80
    assert not Grid.objects.filter(level="cell", synthetic=False).exists()
    outlined = Grid.objects.filter(boundary__isnull=False)
    assert set(outlined.filter(synthetic=False).values_list("level", flat=True)) == {"county"}
    assert outlined.filter(level="town").count() == 121  # the development zone has no outline, nor its two streets
    assert not Grid.objects.filter(level="cell", boundary__isnull=True).exists()


def test_cells_lie_in_their_villages_and_are_found_by_a_place() -> None:
    from grids.locate import locate

    cells = list(Grid.objects.filter(level="cell", code__startswith=TOWNS[0][:9]))
    for cell in cells:
        found = locate(cell.lon, cell.lat)
        assert found is not None
        assert found.grid_id == cell.pk


def test_all_levels_have_their_units_and_there_are_places_to_speak_up() -> None:
    authorities = Counter(Unit.objects.filter(kind="authority").values_list("grid__level", flat=True))
    assert (authorities["city"], authorities["county"], authorities["town"]) == (1, 11, 123)
    assert authorities["village"] > 30
    assert Unit.objects.filter(name="固安县城市管理局", kind="urban_management").exists()
    assert 8 <= IntakePoint.objects.count() <= 12


def test_every_register_has_something_to_show() -> None:
    assert Extension.objects.filter(state="granted").exists()
    assert Suspension.objects.filter(state="granted", resumed_at=None).exists()
    assert Whistle.objects.filter(state="granted").exists()
    assert SupervisionOrder.objects.filter(state="closed").exists()


def test_every_status_is_there() -> None:
    assert set(Case.objects.values_list("status", flat=True)) == set(Status)


def test_some_are_overdue_some_climbed_and_some_are_listed_at_the_city() -> None:
    assert Case.objects.open().filter(overdue_since__isnull=False).count() >= 3
    assert Case.objects.filter(escalations__gte=2).exists()
    assert Case.objects.filter(listed_at__isnull=False, level=Level.CITY, status__in=OPEN).exists()


def test_everything_that_can_happen_has_happened() -> None:
    kinds = set(CaseEvent.objects.values_list("kind", flat=True))
    assert kinds >= {
        "submitted", "accepted", "rejected", "merged", "voice_joined", "dispatched", "signed", "returned", "ruled",
        "solved_on_spot", "progressed", "finished", "approved", "sent_back", "rated", "closed", "reopened",
        "reported_in", "contributed", "withdrawn", "reminded", "flagged", "urged", "escalated", "listed",
    }  # fmt: skip


def test_histories_verify_and_run_forward() -> None:
    assert list(verify(Case.objects.all())) == []
    for case in Case.objects.prefetch_related("events"):
        moments = [event.at for event in case.events.all()]
        assert moments == sorted(moments)
    assert not CaseEvent.objects.filter(at__gt=timezone.now()).exists()


def test_the_clock_is_up_to_date_and_set_nothing_aside() -> None:
    assert not Deadline.objects.exclude(error="").exists()
    assert not Deadline.objects.filter(fire_at__lt=timezone.now() - timedelta(minutes=20)).exists()


def test_people_are_told_of_the_last_hours_only() -> None:
    told = PendingEvent.objects.select_related("event")
    assert told.exists()
    oldest = min(pending.event.at for pending in told)
    assert timezone.now() - oldest < timedelta(hours=24)
    quiet = CaseEvent.objects.filter(quiet=True).count()
    assert quiet + told.count() == CaseEvent.objects.count()


def test_offices_mostly_work_in_working_hours() -> None:
    ordinary = CaseEvent.objects.filter(kind__in=("dispatched", "signed"), case__urgency=Urgency.ORDINARY, quiet=True)
    hours = [event.at.astimezone(timezone.get_default_timezone()).hour for event in ordinary]
    assert sum(8 <= hour <= 17 for hour in hours) / len(hours) > 0.95


def test_reporters_are_sealed_and_made_up() -> None:
    assert Case.objects.filter(reporter_sealed__isnull=False).exists()
    assert Case.objects.filter(anonymous=True).exists()


def test_all_roles_can_sign_in() -> None:
    posts = list(visitors())
    assert 28 <= len(posts) <= 40
    assert {post.role for post in posts} == set(Role)
    for post in posts:
        assert Client().login(username=post.user.username, password="a demo of tests"), post.user.username


def test_nobody_else_can() -> None:
    others = User.objects.exclude(pk__in=[post.user_id for post in visitors()])
    assert others.exists()
    assert not any(user.has_usable_password() for user in others)


@pytest.mark.parametrize(
    "username",
    ["leader_city", "supervisor", "city1", "county1", "leader_county", "town1", "leader_town", "head1", "worker1"],
)
def test_lists_have_something_to_show(username: str) -> None:
    user = User.objects.get(username=username)
    seen = Case.objects.visible_to(user)
    assert seen.exists()
    assert seen.open().exists()
    assert seen.exclude(status__in=OPEN).exists()
    if username not in ("leader_city", "supervisor", "city1", "leader_county", "county1"):
        assert seen.count() < Case.objects.count()


def test_officers_have_something_to_do() -> None:
    officers = User.objects.filter(posts__role=Role.OFFICER, password__startswith="md5")
    with_work = [user.username for user in officers if Case.objects.visible_to(user).exists()]
    assert len(with_work) >= 5, with_work


def test_a_substitute_stands_in() -> None:
    away = Post.objects.get(user__username="worker2")
    standings = territory_of(User.objects.get(username="worker1")).standings
    assert away.pk in {standing.post_id for standing in standings}


def test_a_second_load_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = Case.objects.count(), Grid.objects.count(), Policy.objects.count()
    assert is_loaded()
    call_command("load_demo", verbosity=0)
    assert (Case.objects.count(), Grid.objects.count(), Policy.objects.count()) == before
    with pytest.raises(DemoRefused):
        load()


def test_at_demo_speed_new_cases_climb_within_minutes(settings: Any) -> None:
    from cases.actors import RESIDENT
    from cases.services import Report, submit

    settings.DEMO_SPEED, settings.SNAPSHOT_CHECK_SECONDS = 600, 0
    call_command("load_demo", verbosity=0)  # publishes the quick promises
    cell = Grid.objects.filter(level=Level.CELL)[0]
    case = submit(Report(title="停水", text="一天没水", grid_id=cell.pk), RESIDENT)
    assert case.due_at is not None
    assert case.due_at - case.submitted_at < timedelta(seconds=15)
    for minute in range(1, 6):
        sweep(now=case.submitted_at + timedelta(minutes=minute))
    case.refresh_from_db()
    assert case.level == Level.CITY
    assert case.listed_at is not None


def test_the_accounts_are_printed_with_their_password(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo_accounts")
    printed = capsys.readouterr().out
    assert "worker1" in printed
    assert "leader_city" in printed
    assert "a demo of tests" in printed


def test_a_changed_password_is_not_printed(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.DEMO_PASSWORD = "another one altogether"
    call_command("demo_accounts")
    assert "another one altogether" not in capsys.readouterr().out


def test_it_is_not_loaded_on_what_looks_like_production(settings: Any) -> None:
    settings.SITE_URL, settings.DEBUG = "https://govgrid.example.org", False
    with pytest.raises(CommandError, match="--yes"):
        call_command("load_demo", verbosity=0)


def test_the_bulletin_shows_what_was_solved_last(client: Client) -> None:
    entries = PublicEntry.objects.select_related("case")
    assert 5 < len(entries) <= 12
    assert not any(entry.case.secret or entry.case.status != Status.CLOSED for entry in entries)
    page = client.get("/solved/").content.decode()
    assert entries[0].title in page
