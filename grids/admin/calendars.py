"""When a city works: hours, holidays, make-up days."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Field, Max, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from grids.calendars import FIRST_YEAR, fill_calendar
from grids.models import CalendarDay, WorkingCalendar, WorkingHours

from .visible import VisibleAdmin


class HoursInline(TabularInline):
    model = WorkingHours
    extra = 0
    hide_title = True


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(VisibleAdmin):
    grid_path = "grid__path"
    list_display = ("grid", "timezone", "announced_to")
    actions = ("bring_in_announced",)
    search_fields = ("grid__name", "grid__code__startswith")
    autocomplete_fields = ("grid",)
    list_select_related = ("grid",)
    inlines = (HoursInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        holidays = Q(days__kind=CalendarDay.Kind.HOLIDAY)
        return super().get_queryset(request).annotate(last_holiday=Max("days__date", filter=holidays))

    @admin.display(description=_("announced to"))
    def announced_to(self, calendar: Any) -> str:
        """Up to which year the holidays are known; further ones are counted by their weekdays until they are."""
        if calendar.last_holiday is None:
            return str(_("no year: all are counted by weekdays"))
        return str(_("%(year)d; later years are counted by weekdays") % {"year": calendar.last_holiday.year})

    @admin.action(description=_("bring in the announced holidays and make-up days"), permissions=["change"])
    def bring_in_announced(self, request: HttpRequest, calendars: QuerySet[Any]) -> None:
        years = range(FIRST_YEAR, timezone.localdate().year + 2)
        for calendar in calendars:
            done = fill_calendar(calendar.grid, years)
            said = {"grid": calendar.grid, "new": done.created, "changed": done.updated + done.removed}
            messages.success(request, _("%(grid)s: %(new)d days are new, %(changed)d have changed") % said)


@admin.register(CalendarDay)
class CalendarDayAdmin(VisibleAdmin):
    grid_path = "calendar__grid__path"
    list_display = ("date", "kind", "name", "calendar", "source")
    list_filter = (("kind", ChoicesDropdownFilter), "source")
    search_fields = ("name", "calendar__grid__name")
    date_hierarchy = "date"
    autocomplete_fields = ("calendar",)
    list_select_related = ("calendar__grid",)
    readonly_fields = ("source",)

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool) -> None:
        """What a person corrected is theirs: the library does not write over it again."""
        obj.source = Field.get_default(CalendarDay._meta.get_field("source"))
        super().save_model(request, obj, form, change)
