"""What /healthz and /readyz answer: alive is not ready, and whoever is not ready says why."""

import socket
import time

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from govgrid.tasks import HEARTBEAT_KEY, record_heartbeat

NOWHERE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "unix:///nowhere/valkey.sock",
    }
}


def test_alive_needs_neither_database_nor_broker(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_where_all_is_well(client: Client) -> None:
    record_heartbeat()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["checks"].values()) == {"ok"}


@pytest.mark.django_db
def test_not_ready_where_no_heart_ever_beat(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["heartbeat"].startswith("none yet")


@pytest.mark.django_db
def test_not_ready_where_the_heart_stopped(client: Client) -> None:
    cache.set(HEARTBEAT_KEY, time.time() - 100, timeout=None)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["heartbeat"].startswith("last seen 100 s ago")


@pytest.mark.django_db
def test_not_ready_where_a_migration_waits(client: Client) -> None:
    record_heartbeat()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "1 not applied: sessions.0001_initial"


@pytest.mark.django_db
def test_not_ready_where_the_broker_is_gone(client: Client) -> None:
    with override_settings(CACHES=NOWHERE):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == "does not answer: ConnectionError"
    assert "nowhere" not in answer.content.decode()


@pytest.mark.django_db
def test_a_broker_that_is_there_and_says_nothing_holds_nobody(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        away = settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{silent.getsockname()[1]}/0"}
        quick = away["OPTIONS"] | {"socket_timeout": away["OPTIONS"]["socket_timeout"] / 20}
        with override_settings(CACHES={"default": away | {"OPTIONS": quick}}):
            answer = client.get("/readyz")
    assert answer.json()["checks"]["broker"] == "does not answer: TimeoutError"
