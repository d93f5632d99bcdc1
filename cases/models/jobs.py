"""What is asked for now and done by a worker: long ledgers and actions over many cases; and lists that people come back
to."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.querysets import JobItemQuerySet, JobQuerySet, SavedFilterQuerySet
from grids.models import Unit

from .case import Case


class Job(models.Model):
    """A long piece of work that somebody asked for. `said` is what they asked: of an export the filters of the list and
    the language, of an action over a selection its name and inputs. Its row is locked by whoever works on it."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("ledger")
        BULK = "bulk", _("action over a selection")

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    said = models.JSONField(_("asked"), default=dict)
    total = models.PositiveIntegerField(_("to do"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=300, blank=True)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    file = models.CharField(_("file"), max_length=200, blank=True, editable=False)
    size = models.BigIntegerField(_("bytes"), default=0)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs", db_index=False, verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    expires_at = models.DateTimeField(_("file is kept until"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(F("asked_by"), F("id").desc(), name="job_of_user"),
            models.Index("id", name="job_waiting", condition=Q(state__in=["queued", "running"])),
            models.Index("expires_at", name="job_file_expires", condition=~Q(file="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class JobItem(models.Model):
    """One case of an action over a selection, and what became of it. That a case has one is why nothing is done
    twice: it is written in the transaction of the action."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("selection", "waiting")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    job = models.ForeignKey(Job, models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveSmallIntegerField()
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False, verbose_name=_("case"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), null=True)

    objects = JobItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("case of a job")
        verbose_name_plural = _("cases of a job")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint("job", "position", name="job_item_position"),
            models.UniqueConstraint("job", "case", name="job_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.position}"


class SavedFilter(models.Model):
    """A list that somebody comes back to: filters of the list of cases under a name, for oneself or for a unit."""

    name = models.CharField(_("name"), max_length=40)
    query = models.JSONField(_("filters"), default=dict)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters", verbose_name=_("owner")
    )
    unit = models.ForeignKey(
        Unit, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("shared with unit")
    )
    saved_at = models.DateTimeField(_("saved at"), auto_now=True)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint("owner", "name", name="own_filter_name", condition=Q(unit__isnull=True)),
            models.UniqueConstraint("unit", "name", name="unit_filter_name", condition=Q(unit__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name
