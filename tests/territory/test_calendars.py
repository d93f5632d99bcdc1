"""Which calendar a grid works by, and how holidays come into it."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from grids.calendars import DEFAULT_HOURS, calendar_for
from grids.models import CalendarDay, WorkingCalendar
from grids.services import move_grid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en"


def fill(**options) -> str:
    said = StringIO()
    call_command("load_holidays", stdout=said, stderr=said, **options)
    return said.getvalue()


def test_without_a_calendar_offices_hours_and_the_librarys_holidays_hold(cast):
    rows = calendar_for(cast.cell.path)
    kinds = {day.date: day.kind for day in rows.days}
    assert (rows.key, rows.timezone, rows.hours) == ("default", "Asia/Shanghai", DEFAULT_HOURS)
    assert kinds[dt.date(2025, 10, 1)] == "holiday"
    assert kinds[dt.date(2025, 10, 11)] == "makeup"
    assert 2025 in rows.announced_years


def test_the_nearest_ancestors_calendar_wins(cast):
    fill(city="131000000000", years="2025")
    fill(city=cast.county.code, years="2025")
    WorkingCalendar.objects.filter(grid=cast.county).update(timezone="Asia/Urumqi")
    assert calendar_for(cast.cell.path).timezone == "Asia/Urumqi"
    assert calendar_for(cast.other_county.path).timezone == "Asia/Shanghai"


def test_a_grid_that_moves_works_by_its_new_countys_calendar(cast):
    fill(city=cast.county.code, years="2025")
    assert calendar_for(cast.town.path).key != "default"
    moved = move_grid(cast.town, cast.other_county)
    assert calendar_for(moved.path).key == "default"


def test_filling_twice_changes_nothing(cast):
    assert "33 created" in fill(city="1310", years="2025")
    said = fill(city="1310", years="2025")
    assert "0 created, 0 updated, 0 removed, 33 unchanged" in said


def test_what_was_entered_by_hand_stays(cast):
    fill(city="1310", years="2025")
    day = CalendarDay.objects.get(date=dt.date(2025, 10, 1))
    day.kind, day.name, day.source = "closure", "停电", "manual"
    day.save()
    CalendarDay.objects.create(calendar=day.calendar, date=dt.date(2025, 7, 7), kind="closure", name="搬迁")
    assert "1 entered by hand and kept" in fill(city="1310", years="2025")
    day.refresh_from_db()
    assert (day.kind, day.name) == ("closure", "停电")
    assert CalendarDay.objects.filter(date=dt.date(2025, 7, 7)).exists()


def test_a_day_that_the_library_no_longer_has_goes_and_a_wrong_one_is_corrected(cast):
    fill(city="1310", years="2025")
    calendar = WorkingCalendar.objects.get()
    CalendarDay.objects.create(
        calendar=calendar, date=dt.date(2025, 7, 7), kind="holiday", name="误", source="holidays 0.1"
    )
    CalendarDay.objects.filter(date=dt.date(2025, 10, 1)).update(name="误")
    assert "1 updated, 1 removed" in fill(city="1310", years="2025")


def test_a_year_that_is_not_announced_is_said(cast):
    assert "2199: not announced yet" in fill(city="1310", years="2199")


def test_all_cities_are_filled_where_none_is_named(cast):
    fill(years="2025")
    assert WorkingCalendar.objects.get().grid == cast.city


@pytest.mark.parametrize("options", [{"years": "next"}, {"years": "2027-2025"}, {"city": "9999"}])
def test_what_is_no_year_or_no_city_is_refused(cast, options):
    with pytest.raises(CommandError):
        fill(**options)


def test_a_changed_calendar_is_noticed(cast):
    fill(city="1310", years="2025")
    before = calendar_for(cast.cell.path)
    assert calendar_for(cast.cell.path) is before
    CalendarDay.objects.filter(date=dt.date(2025, 10, 1)).delete()
    assert len(calendar_for(cast.cell.path).days) == len(before.days) - 1
