"""Sending again what was given up, after somebody has mended the cause."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import Contact, Delivery


def retry_deliveries(deliveries: QuerySet[Delivery], *, at: datetime | None = None) -> int:
    """In line again, with as many attempts as ever, and under the same key: whoever has got the message by another way
    recognises it. Ways that were found dead are tried once more. Returns how many; those that wait or were sent stay
    as they are. `at` None means now."""
    with transaction.atomic():
        failed = Delivery.objects.filter(pk__in=deliveries.values("pk"), state=Delivery.State.FAILED)
        rows = list(failed.select_for_update(of=("self",)).values_list("pk", "contact_id"))
        Contact.objects.filter(pk__in={contact for _pk, contact in rows if contact}).update(dead_at=None)
        return Delivery.objects.filter(pk__in=[pk for pk, _contact in rows]).update(
            state=Delivery.State.WAITING, attempts=0, next_attempt_at=at or timezone.now()
        )
