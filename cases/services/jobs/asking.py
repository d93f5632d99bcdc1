"""A job is asked for: checked as far as it can be now, noted, and left to a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.actors import Actor
from cases.errors import BadInput
from cases.lists import Query, cases_of
from cases.models import Case, Job, JobItem

BULK_ACTIONS = ("dispatch", "urge", "recategorise")
"""What may be done to many cases at once: what needs no look at each of them."""
MOST_CASES = 500
MOST_WAITING = 5
"""Jobs that one person may have under way."""


def ask_export(user: Any, query: Query, *, at: datetime | None = None) -> Job:
    """Notes a ledger of the visible cases that the filters leave, in the language of the moment.

    Raises BadInput for filters that are none, or where too much waits already."""
    cases_of(user, query)
    return _noted(Job.Kind.EXPORT, user, {"query": query}, at)


def ask_bulk(
    actor: Actor,
    action: str,
    cases: Sequence[Case],
    inputs: Mapping[str, Any],
    *,
    at: datetime | None = None,
) -> Job:
    """Notes one action over a selection: at most MOST_CASES cases that the actor sees. `inputs` are what the service of
    the action takes; each case is asked of the table when its turn comes.

    Raises BadInput for another action, an empty or too large selection, or where too much waits already."""
    if action not in BULK_ACTIONS:
        raise BadInput(action=_("one of %s") % ", ".join(BULK_ACTIONS))
    if not cases:
        raise BadInput(cases=_("select at least one case"))
    if len(cases) > MOST_CASES:
        raise BadInput(cases=_("at most %d cases at once") % MOST_CASES)
    said = {"action": action, "inputs": {name: _kept(value) for name, value in inputs.items()}}
    with transaction.atomic():
        job = _noted(Job.Kind.BULK, actor.user, said, at)
        job.total = len(cases)
        job.save(update_fields=["total"])
        JobItem.objects.bulk_create(JobItem(job=job, position=n, case=case) for n, case in enumerate(cases, 1))
    return job


def _noted(kind: Job.Kind, user: Any, said: dict[str, Any], at: datetime | None) -> Job:
    under_way = Job.objects.filter(asked_by=user, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    if under_way.count() >= MOST_WAITING:
        raise BadInput(job=_("%d jobs of yours are under way: wait until one is done") % MOST_WAITING)
    said = said | {"language": get_language()}
    return Job.objects.create(kind=kind, said=said, asked_by=user, asked_at=at or timezone.now())


def _kept(value: Any) -> Any:
    """An input as JSON has it: rows by their keys."""
    if isinstance(value, models.Model):
        return value.pk
    return [_kept(item) for item in value] if isinstance(value, list | tuple) else value
