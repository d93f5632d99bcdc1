"""China's working days, day by day, against a source that was written independently."""

import datetime as dt

import chinese_calendar

from cases.deadlines import Calendar
from grids.holidays_cn import announced_days, announced_years

# Days on which the two sources differ, and whether we work. There is none: what `holidays` 0.109 says of 2010
# to 2026 is what `chinesecalendar` 1.11 says, day for day. A later difference is decided by the notice.
DECIDED: dict[dt.date, bool] = {}


def test_every_day_from_2010_to_2026_agrees_with_the_independent_source(langfang: Calendar):
    first, last = dt.date(2010, 1, 1), dt.date(2026, 12, 31)
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    assert len(days) == 6209
    differing = {
        day: bool(langfang.hours_on(day))
        for day in days
        if bool(langfang.hours_on(day)) != chinese_calendar.is_workday(day)
    }
    assert differing == DECIDED


def test_a_year_without_a_notice_has_no_rows_though_the_library_computes_its_festivals():
    far = dt.date(2190, 1, 1).year
    assert announced_years([2025, 2026, far]) == {2025, 2026}
    assert announced_days([far]) == []


def test_no_day_has_two_rules_and_every_rule_has_a_name():
    rows = announced_days(range(2001, 2027))
    assert len({row.date for row in rows}) == len(rows)
    assert all(row.name.strip("调休、") for row in rows)
    assert all(row.date.weekday() >= 5 for row in rows if row.kind == "makeup")


def test_weekends_inside_a_holiday_belong_to_it_under_one_name():
    rows = {row.date: row for row in announced_days([2026])}
    october = [rows[dt.date(2026, 10, day)] for day in range(1, 8)]
    assert {(row.kind, row.name) for row in october} == {("holiday", "国庆节")}
    assert dt.date(2026, 10, 8) not in rows
    assert (rows[dt.date(2026, 10, 10)].kind, rows[dt.date(2026, 10, 10)].name) == ("makeup", "国庆节调休")
    spring = [rows[dt.date(2026, 2, day)].name for day in range(15, 24)]
    assert spring == ["春节"] * 9


def test_two_festivals_in_one_run_share_its_name():
    rows = {row.date: row.name for row in announced_days([2020])}
    assert rows[dt.date(2020, 10, 1)] == rows[dt.date(2020, 10, 8)] == "中秋节、国庆节"


def test_a_make_up_day_of_the_old_year_belongs_to_the_notice_of_the_new_one():
    assert announced_days([2012])[0].date == dt.date(2011, 12, 31)
    assert announced_days([2012])[0].kind == "makeup"
    assert {row.name for row in announced_days([2018]) if row.date.month == 12} == {"元旦", "元旦调休"}
