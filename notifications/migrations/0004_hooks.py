"""Texts and webhooks: their changes are recorded, every process notices them, and a published text stays."""

from django.db import migrations, models

from grids.recording import Recorded, recording_triggers
from grids.triggers import revision_trigger
from notifications.triggers import PUBLISHED_TEXTS_STAY

RECORDED = (
    Recorded(
        "notifications_messagetemplate",
        "notifications.messagetemplate",
        "r.kind || ' ' || r.reader || ' ' || r.locale || ' v' || r.version",
        grid="r.city_id",
        author="r.created_by_id",
    ),
    Recorded(
        "notifications_webhookendpoint",
        "notifications.webhookendpoint",
        "r.label",
        grid="r.grid_id",
        author="r.created_by_id",
        # A secret is in no record, and whether the address answers is no change of anybody's
        unrecorded=("secret_sealed", "old_secret_sealed", "failing_since"),
        masked=("url",),  # some receivers are known by a key in their address
    ),
)


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_send"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhookendpoint",
            name="paused_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="paused by itself at"),
        ),
        migrations.RemoveIndex(model_name="webhookdelivery", name="webhook_due"),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                models.F("endpoint"),
                models.F("next_attempt_at"),
                models.F("id"),
                condition=models.Q(("next_attempt_at__isnull", False)),
                name="webhook_due_at",
            ),
        ),
        revision_trigger("notifications_messagetemplate", "message_templates"),
        revision_trigger("notifications_webhookendpoint", "webhooks"),
        *(recording_triggers(said) for said in RECORDED),
        PUBLISHED_TEXTS_STAY,
    ]
