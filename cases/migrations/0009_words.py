"""Cases that were moved are noted for the next recount of their clocks; traditional characters are found as simplified
ones, in older cases after `manage.py index_cases --renew`."""

import django.db.models.deletion
from django.db import migrations, models

from cases.triggers import MOVED_CASES, SIMPLIFY


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_find")]

    operations = [
        migrations.CreateModel(
            name="MovedCase",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
                ("moved_at", models.DateTimeField(verbose_name="moved at")),
            ],
        ),
        MOVED_CASES,
        SIMPLIFY,
    ]
