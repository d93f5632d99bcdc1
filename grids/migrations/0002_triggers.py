"""Triggers: tokens for snapshots, and the rule which grid stands under which."""

from django.db import migrations

from grids.triggers import PARENT_RULES, WRITE_REVISION, revision_trigger


class Migration(migrations.Migration):
    dependencies = [("grids", "0001_initial")]

    operations = [
        WRITE_REVISION,
        revision_trigger("grids_grid", "grids"),
        revision_trigger("grids_unit", "units"),
        revision_trigger("grids_workingcalendar", "calendars"),
        revision_trigger("grids_workinghours", "calendars"),
        revision_trigger("grids_calendarday", "calendars"),
        PARENT_RULES,
    ]
