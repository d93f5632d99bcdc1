"""The Celery application: workers and beat only wake the database up, which is the truth about time.

Losing the queue therefore loses nothing, and no result is kept anywhere."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govgrid.settings")

app = Celery("govgrid")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
