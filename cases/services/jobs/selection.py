"""One action over a selection, a case at a time: its service, its result and the job's count in one transaction."""

from __future__ import annotations

import logging
from typing import Any

from django.db import OperationalError, connection, models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from cases import services
from cases.actors import Actor
from cases.errors import BadInput, CaseError
from cases.models import Case, Category, Job, JobItem
from cases.workflow import TABLE
from grids.models import Unit

logger = logging.getLogger(__name__)
PATIENCE_SECONDS = 5
"""So long a case that somebody else works on is waited for; then it is refused, and the next one gets its turn."""
ROWS: dict[str, type[models.Model]] = {"unit": Unit, "units": Unit, "category": Category}
"""Inputs that are rows, by their kind."""


def do_next(job: Job) -> None:
    """Does the next case of a locked job, in the caller's transaction; the job is done with the last."""
    item = job.items.filter(state=JobItem.State.WAITING).select_related("case").order_by("position").first()
    if item is not None:
        with translation.override(job.said.get("language")):
            item.reason = _refusal(job, item.case)[:500]
        item.state = JobItem.State.REFUSED if item.reason else JobItem.State.DONE
        item.at = timezone.now()
        item.save(update_fields=["state", "reason", "at"])
        job.done += 1
    if item is None or job.done >= job.total:
        job.state, job.finished_at = Job.State.DONE, timezone.now()


def _refusal(job: Job, case: Case) -> str:
    """Does it; why it could not be done, empty where it was. What was refused has changed nothing."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
            _act(job, case)
    except CaseError as error:
        return error.detail
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return _("somebody else was working on it")
        raise
    except Exception:  # the others of the selection still get their turn
        logger.exception("job %s: case %s failed", job.pk, case.pk)
        return _("a fault on our side; nothing was changed")
    return ""


def _act(job: Job, case: Case) -> None:
    actor, action = Actor.person(job.asked_by), job.said["action"]
    if not Case.objects.visible_to(actor.user).filter(pk=case.pk).exists():
        raise BadInput(case=_("you do not see this case any more"))
    services.ACTIONS[action](case, actor, **_inputs(action, job.said["inputs"]))


def _inputs(action: str, said: dict[str, Any]) -> dict[str, Any]:
    """What was put down, as the service takes it. Raises BadInput for a row that is gone."""
    kinds = {asked.name: asked.kind for asked in TABLE[action].inputs}
    return {name: _meant(name, kinds[name], value) for name, value in said.items()}


def _meant(name: str, kind: str, value: Any) -> Any:
    if kind not in ROWS or value is None:
        return value
    keys = value if isinstance(value, list) else [value]
    rows = ROWS[kind]._default_manager.in_bulk(keys)
    if gone := [key for key in keys if key not in rows]:
        raise BadInput(**{name: _("%s does not exist any more") % gone[0]})
    found = [rows[key] for key in keys]
    return found if isinstance(value, list) else found[0]
