"""The project: settings, wiring and the servers that it runs on. It holds no rule of the domain.

The Celery application is imported here so that `shared_task` finds it in every process."""

from govgrid.celery import app as celery_app

__all__ = ["celery_app"]
