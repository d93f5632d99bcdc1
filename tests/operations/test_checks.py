"""Settings that would harm a city are named before anything starts, with what would be right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from govgrid.checks import check_settings, check_surroundings, why_not_start

ROOT = Path(__file__).resolve().parents[2]


def ids(found: list) -> list[str]:  # type: ignore[type-arg]  # Django names no type for it
    return [message.id for message in found]


def test_the_settings_of_this_checkout_are_fit() -> None:
    assert check_settings(None) == []
    assert why_not_start() == ""


@pytest.mark.parametrize(
    ("name", "value", "expected", "says"),
    [
        ("REPORTER_KEYS", [], "govgrid.E001", "at least one"),
        ("REPORTER_KEYS", [Fernet.generate_key().decode(), "short"], "govgrid.E001", "number 2"),
        ("REPORTER_HASH_KEY", "1234", "govgrid.E002", "at least 20"),
        ("SITE_URL", "govgrid.example.org", "govgrid.E003", "https://govgrid.example.org"),
        ("RETENTION_FILES_DAYS", -1, "govgrid.E006", "RETENTION_FILES_DAYS"),
        ("SWEEP_SECONDS", 0.0, "govgrid.E007", "SWEEP_SECONDS"),
        ("LOG_FORMAT", "xml", "govgrid.E008", "json or line"),
        ("EMAIL_PER_MINUTE", -1, "govgrid.E020", "no limit"),
        ("WEB_PUSH_PRIVATE_KEY", "short", "govgrid.E021", "no key"),
        ("TELLING_PRIVATE_HOSTS", ["ntfy.lan", "10.3.0/99"], "govgrid.E022", "10.3.0/99"),
        ("MEDIA_ROOT", str(ROOT / "manage.py" / "media"), "govgrid.E009", "manage.py/media"),
    ],
)
def test_what_is_unfit_is_named(settings: Settings, name: str, value: object, expected: str, says: str) -> None:
    setattr(settings, name, value)
    (found,) = check_settings(None)
    assert found.id == expected
    assert says in found.msg
    assert name.rstrip("S") in found.msg
    assert found.msg in why_not_start()


def test_debug_on_a_public_address_is_refused(settings: Settings) -> None:
    settings.DEBUG, settings.SITE_URL = True, "https://govgrid.example.org"
    assert ids(check_settings(None)) == ["govgrid.E004"]


@pytest.mark.parametrize("rate", ["20", "often", "0/hour", "20 per hour"])
def test_a_rate_that_is_none_is_named(settings: Settings, rate: str) -> None:
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"public_submit": rate}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    (found,) = check_settings(None)
    assert "THROTTLE_PUBLIC_SUBMIT" in found.msg


def test_a_proxy_that_is_not_counted_is_warned_of(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert "govgrid.W001" in ids(check_surroundings(None))


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import govgrid.wsgi"],
        ["-m", "celery", "-A", "govgrid", "worker", "--concurrency=1", "--pool=solo"],
        ["-m", "celery", "-A", "govgrid", "beat", "--pidfile="],
    ],
    ids=["web", "worker", "beat"],
)
def test_no_process_starts_with_unfit_settings(command: list[str], tmp_path: Path) -> None:
    told = os.environ | {"REPORTER_HASH_KEY": "1234", "GOVGRID_DATA": str(tmp_path)}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=told, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "REPORTER_HASH_KEY is too short" in done.stderr
    assert "1234" not in done.stderr
