"""The Celery application: workers and beat only wake the database up, which is the truth about time.

Losing the queue therefore loses nothing, and no result is kept anywhere."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govgrid.settings")

app = Celery("govgrid")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def _refuse_unfit_settings(**kwargs: Any) -> None:
    from govgrid.checks import why_not_start

    if reasons := why_not_start():
        sys.exit(reasons)
