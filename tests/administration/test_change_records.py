"""Every change of reference data is recorded, by whatever way it comes: who, when, before and after."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from cases.models import Category, Policy
from cases.services.publishing import draft_from
from grids.acting import acting
from grids.admin.records import RECORDED
from grids.choices import UnitKind
from grids.models import CalendarDay, ChangeRecord, Grid, Unit, User, WorkingCalendar, WorkingHours
from grids.services import move_grid
from tests.cast import Cast
from tests.stories import Stories

pytestmark = pytest.mark.django_db


def newest(**said: Any) -> ChangeRecord:
    record = ChangeRecord.objects.filter(**said).first()
    assert record is not None
    return record


def test_a_row_that_is_made_changed_and_deleted_leaves_three_records(cast: Cast) -> None:
    unit = Unit.objects.create(grid=cast.county, kind=UnitKind.POLICE, name="固安县公安局")
    made = newest(model="grids.unit", object_id=unit.pk)
    assert (made.kind, made.before, made.grid_id) == ("created", {}, cast.county.pk)
    assert made.after["name"] == "固安县公安局"
    unit.phone = "0316-6110110"
    unit.save()
    changed = newest(model="grids.unit", object_id=unit.pk)
    assert (changed.kind, changed.before, changed.after) == ("changed", {"phone": ""}, {"phone": "0316-6110110"})
    pk = unit.pk
    unit.delete()
    gone = newest(model="grids.unit", object_id=pk)
    assert (gone.kind, gone.subject, gone.before["phone"], gone.after) == (
        "deleted",
        "固安县公安局",
        "0316-6110110",
        {},
    )


def test_a_save_that_changes_nothing_leaves_no_record(cast: Cast) -> None:
    before = ChangeRecord.objects.count()
    cast.housing.save()
    User.objects.filter(pk=cast.worker.pk).update(last_login="2026-01-01T00:00:00Z")
    assert ChangeRecord.objects.count() == before


def test_changes_past_django_are_recorded_row_by_row(cast: Cast) -> None:
    """By a query set, in bulk, by plain SQL."""
    Unit.objects.filter(kind=UnitKind.AUTHORITY, grid__path__startswith=cast.town.path).update(active=False)
    assert ChangeRecord.objects.filter(model="grids.unit", after={"active": False}).count() == 3
    Unit.objects.bulk_create(Unit(grid=cast.city, kind="police", name=f"{n}") for n in range(3))
    assert ChangeRecord.objects.filter(model="grids.unit", kind="created", grid=cast.city, subject="2").exists()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE grids_unit SET name = 'by hand' WHERE id = %s", [cast.housing.pk])
    record = newest(model="grids.unit", object_id=cast.housing.pk)
    assert record.after == {"name": "by hand"}
    assert record.by_id is None
    assert record.way.startswith("govgrid")


def test_the_record_names_who_acts_and_in_which_way(cast: Cast) -> None:
    with acting(cast.administrator, "admin"):
        Unit.objects.filter(pk=cast.water.pk).update(name="一")
    assert (newest().by_id, newest().by_name, newest().way) == (cast.administrator.pk, "administrator", "admin")
    Unit.objects.filter(pk=cast.water.pk).update(name="二")
    assert newest().by_id is None


def test_personal_data_is_masked_and_passwords_only_mentioned(cast: Cast) -> None:
    worker: User = cast.worker
    worker.phone, worker.name, worker.email = "+8613812345678", "王小明", "wang@example.org"
    worker.set_password("another one")
    worker.save()
    record = newest(model="grids.user", object_id=worker.pk)
    assert record.after == {"phone": "+86***78", "name": "王**", "email": "w***@example.org", "password": "***"}
    assert record.before["password"] == "***"
    said = str(list(ChangeRecord.objects.filter(model="grids.user").values()))
    assert "13812345678" not in said and "王小明" not in said and "md5$" not in said


def test_powers_that_are_given_and_taken_are_changes_of_the_account(cast: Cast) -> None:
    from django.contrib.auth.models import Permission

    permission = Permission.objects.get(codename="change_unit")
    cast.worker.user_permissions.add(permission)
    assert newest(model="grids.user").after == {"permission": "change_unit"}
    cast.worker.user_permissions.clear()
    assert newest(model="grids.user").before == {"permission": "change_unit"}


def test_a_grid_that_moves_is_recorded_once_with_its_parents_however_much_lies_in_it(cast: Cast) -> None:
    before = ChangeRecord.objects.count()
    move_grid(cast.village, cast.other_town)
    records = list(ChangeRecord.objects.filter(model="grids.grid")[: ChangeRecord.objects.count() - before])
    assert [(r.object_id, r.before, r.after) for r in records] == [
        (cast.village.pk, {"parent": cast.town.code}, {"parent": cast.other_town.code})
    ]


def test_an_outline_is_recorded_by_its_digest(cast: Cast) -> None:
    ring = [[116 + n / 1000, 39.0] for n in range(200)] + [[116.0, 40.0], [116.0, 39.0]]
    Grid.objects.filter(pk=cast.town.pk).update(boundary={"type": "Polygon", "coordinates": [ring]})
    assert "md5" in newest(model="grids.grid").after["boundary"]


def test_parts_are_found_with_the_whole(cast: Cast, stories: Stories) -> None:
    calendar = WorkingCalendar.objects.create(grid=cast.county)
    WorkingHours.objects.create(calendar=calendar, starts=time(9), ends=time(17))
    CalendarDay.objects.create(calendar=calendar, date=date(2026, 10, 1), kind="holiday", name="国庆节")
    of_calendar = ChangeRecord.objects.of("grids.workingcalendar", calendar.pk)
    assert [r.model for r in of_calendar] == ["grids.calendarday", "grids.workinghours", "grids.workingcalendar"]
    draft = draft_from(Policy.objects.latest("pk"))
    models = {r.model for r in ChangeRecord.objects.of("cases.policy", draft.pk)}
    assert models == {"cases.policy", "cases.ladder", "cases.step", "cases.allowance"}


def test_a_category_that_moves_is_recorded_with_its_parents(cast: Cast) -> None:
    one = Category.objects.add_root(instance=Category(code="a", name="甲"))
    two = Category.objects.add_root(instance=Category(code="b", name="乙"))
    leaf = Category.objects.add_child(one, instance=Category(code="a1", name="叶"))
    assert newest(model="cases.category").after["parent"] == "a"
    Category.objects.move(leaf, two, "last-child")
    assert (newest(model="cases.category").before, newest().after) == ({"parent": "a"}, {"parent": "b"})


def test_records_are_seen_in_ones_own_territory_and_nowhere_else(cast: Cast) -> None:
    Unit.objects.filter(pk__in=[cast.housing.pk, cast.other_county_authority.pk]).update(phone="1")
    Category.objects.add_root(instance=Category(code="a", name="甲"))
    Policy.objects.create(name="全国")
    seen = ChangeRecord.objects.visible_to(cast.county_leader)
    assert seen.filter(model="grids.unit", object_id=cast.housing.pk).exists()
    assert not seen.filter(object_id=cast.other_county_authority.pk, model="grids.unit").exists()
    assert seen.filter(model="cases.category").exists()
    assert not seen.filter(model="cases.policy").exists()
    assert seen.filter(model="grids.user", subject="worker").exists()
    assert not seen.filter(model="grids.user", subject="stranger").exists()
    assert not seen.filter(model="grids.post", subject__startswith="stranger").exists()
    assert ChangeRecord.objects.visible_to(cast.administrator).filter(model="cases.policy").exists()


def test_records_follow_a_grid_that_moves(cast: Cast) -> None:
    assert not ChangeRecord.objects.visible_to(cast.stranger).filter(subject__startswith="宫村镇").exists()
    move_grid(cast.other_town, cast.other_county)
    assert ChangeRecord.objects.visible_to(User.objects.get(pk=cast.stranger.pk)).filter(grid=cast.other_town).exists()


def test_records_are_written_once(cast: Cast) -> None:
    for change in (lambda: ChangeRecord.objects.update(by_name="x"), lambda: ChangeRecord.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_what_the_database_records_is_what_the_list_names(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT relid::regclass::text FROM (SELECT tgrelid AS relid FROM pg_trigger "
            "WHERE tgname LIKE '%%\\_records\\_insert') found"
        )
        tables = {table for (table,) in cursor.fetchall()}
    named = {apps.get_model(label)._meta.db_table for label in RECORDED}
    of_accounts = {"grids_user_groups", "grids_user_user_permissions", "otp_totp_totpdevice"}
    assert tables == named | of_accounts


def test_an_account_that_is_deleted_leaves_its_records(cast: Cast) -> None:
    other = User.objects.create_user(username="other", password="x", name="别人", email="o@example.org")
    with acting(other, "admin"):
        Unit.objects.filter(pk=cast.water.pk).update(name="三")
    other.delete()
    assert newest(model="grids.unit", object_id=cast.water.pk).by_name == "other"
