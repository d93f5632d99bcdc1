"""The bulletin of solved cases, and the lines of history that say when one went in or out."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="caseevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("submitted", "submitted"),
                    ("accepted", "accepted"),
                    ("rejected", "rejected"),
                    ("merged", "merged"),
                    ("unmerged", "merger undone"),
                    ("voice_joined", "another voice joined"),
                    ("dispatched", "dispatched"),
                    ("signed", "signed"),
                    ("returned", "returned"),
                    ("ruled", "ruled"),
                    ("solved_on_spot", "solved on the spot"),
                    ("progressed", "progress reported"),
                    ("whistled", "whistled"),
                    ("whistle_answered", "whistle answered"),
                    ("reported_in", "reported in"),
                    ("contributed", "contribution reported"),
                    ("waived", "contribution waived"),
                    ("peer_rated", "rated among units"),
                    ("escalated", "escalated"),
                    ("listed", "listed for supervision"),
                    ("extension_requested", "extension requested"),
                    ("extension_decided", "extension decided"),
                    ("suspension_requested", "suspension requested"),
                    ("suspension_refused", "suspension refused"),
                    ("suspended", "suspended"),
                    ("resumed", "resumed"),
                    ("finished", "handling finished"),
                    ("approved", "approved"),
                    ("sent_back", "sent back"),
                    ("rated", "rated"),
                    ("closed", "closed"),
                    ("reopened", "reopened"),
                    ("urged", "urged"),
                    ("instructed", "instructed"),
                    ("supervised", "supervision ordered"),
                    ("supervision_answered", "supervision answered"),
                    ("supervision_checked", "answer to supervision checked"),
                    ("looked_back", "looked back on"),
                    ("withdrawn", "withdrawn"),
                    ("noted", "note added"),
                    ("published", "published in the bulletin"),
                    ("unpublished", "taken out of the bulletin"),
                    ("reminded", "reminded"),
                    ("flagged", "flagged as overdue"),
                    ("role_notified", "role notified"),
                    ("recategorised", "category changed"),
                    ("relocated", "grid changed"),
                    ("recounted", "deadline recounted"),
                    ("revealed", "reporter's data shown"),
                    ("anonymised", "reporter's data erased"),
                    ("files_deleted", "files deleted"),
                ],
                max_length=24,
                verbose_name="what",
            ),
        ),
        migrations.CreateModel(
            name="PublicEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="what it was")),
                ("reply", models.TextField(max_length=5000, verbose_name="what was done")),
                ("published_at", models.DateTimeField(verbose_name="published at")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="taken out at")),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entry",
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="published by",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of the bulletin",
                "verbose_name_plural": "bulletin",
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("published_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        name="entry_newest",
                    )
                ],
            },
        ),
    ]
