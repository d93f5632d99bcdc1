"""What a load balancer and an operator ask: is the process alive, and can it do its work?

Answers name what is missing in words, and never an address, a password or a person."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError

from cases.models import Deadline
from cases.services.sweep import SET_ASIDE
from govgrid.tasks import HEARTBEAT_KEY

FINE = "ok"


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process can answer at all: a restart helps where this fails."""
    return JsonResponse({"status": FINE})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 where database, migrations, broker and heartbeat are well, else 503 with the reasons. Deadlines that
    were set aside are counted beside that: they are work for a person, and no reason to send nobody here."""
    checks = {**check_database(), **check_broker()}
    ready = all(said == FINE for said in checks.values())
    answer: dict[str, Any] = {"status": FINE if ready else "unavailable", "checks": checks}
    if checks["database"] == checks["migrations"] == FINE:
        answer["deadlines_set_aside"] = Deadline.objects.filter(SET_ASIDE).count()
    return JsonResponse(answer, status=200 if ready else 503)


def check_database() -> dict[str, str]:
    """Say how the database is, and whether migrations of this code wait to be applied."""
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        return {
            "database": f"{DEFAULT_DB_ALIAS} does not answer: {type(error).__name__}",
            "migrations": "unknown",
        }
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in waiting[:5])
    return {
        "database": FINE,
        "migrations": f"{len(waiting)} not applied: {names}" if waiting else FINE,
    }


def check_broker() -> dict[str, str]:
    """Say how the broker is, and how long ago beat was last heard of through a worker."""
    try:
        beaten_at = cache.get(HEARTBEAT_KEY)
    except RedisError as error:
        return {"broker": f"does not answer: {type(error).__name__}", "heartbeat": "unknown"}
    if beaten_at is None:
        return {"broker": FINE, "heartbeat": "none yet: do beat and a worker run?"}
    age = time.time() - beaten_at
    if age > settings.HEARTBEAT_MAX_AGE_SECONDS:
        return {"broker": FINE, "heartbeat": f"last seen {age:.0f} s ago: do beat and a worker run?"}
    return {"broker": FINE, "heartbeat": FINE}
