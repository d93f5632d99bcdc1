"""Triggers: append-only history, outbox, tree paths, final policies, tokens for snapshots."""

from django.db import migrations

from cases.triggers import APPEND_ONLY, FOLLOW_GRID, OUTBOX, PUBLISHED_IS_FINAL
from grids.triggers import revision_trigger


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("grids", "0002_triggers")]

    operations = [
        APPEND_ONLY,
        OUTBOX,
        FOLLOW_GRID,
        PUBLISHED_IS_FINAL,
        revision_trigger("cases_category", "categories"),
        revision_trigger("cases_routingrule", "categories"),
        revision_trigger("cases_policy", "policies"),
        revision_trigger("cases_ladder", "policies"),
        revision_trigger("cases_allowance", "policies"),
        revision_trigger("cases_step", "policies"),
    ]
