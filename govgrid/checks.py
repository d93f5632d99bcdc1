"""Are the settings fit to serve a city? Asked by `manage.py check --deploy`, and by web, worker and beat before they
start: better no start than one that loses a reporter or shuts residents out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Info, Warning

from govgrid import embedded

RATE = re.compile(r"[1-9][0-9]*/(s|m|h|d)[a-z]*")
Found = Iterator[CheckMessage]


def reporter_keys() -> Found:
    if not settings.REPORTER_KEYS:
        yield Error("REPORTER_KEYS is empty: name at least one Fernet key.", id="govgrid.E001")
    for place, key in enumerate(settings.REPORTER_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"REPORTER_KEYS: number {place} is no Fernet key: 32 bytes in URL-safe base64 would be right.",
                hint='python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"',
                id="govgrid.E001",
            )
    if len(settings.REPORTER_HASH_KEY) < 20:
        yield Error(
            "REPORTER_HASH_KEY is too short: at least 20 random characters, or phones can be guessed.",
            hint='python -c "import secrets; print(secrets.token_urlsafe(32))"',
            id="govgrid.E002",
        )


def site() -> Found:
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield Error(
            f"SITE_URL is {settings.SITE_URL!r}: an address as https://govgrid.example.org would be right.",
            id="govgrid.E003",
        )
    if settings.DEBUG and parts.scheme == "https":
        yield Error("DEBUG is on for an https address: it shows settings and data to strangers.", id="govgrid.E004")


def numbers() -> Found:
    for scope, rate in settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].items():
        if not RATE.fullmatch(rate):
            yield Error(
                f"THROTTLE_{scope.upper()} is {rate!r}: a number and a time, as 20/hour, would be right.",
                id="govgrid.E005",
            )
    for name in ("RETENTION_REPORTER_DAYS", "RETENTION_FILES_DAYS"):
        if getattr(settings, name) < 0:
            yield Error(f"{name} is negative: a number of days, or 0 to keep without end.", id="govgrid.E006")
    for name in ("SWEEP_SECONDS", "DISPATCH_SECONDS", "DELIVERY_SECONDS", "EMAIL_TIMEOUT", "FILE_ADDRESS_SECONDS"):
        if getattr(settings, name) <= 0:
            yield Error(f"{name} must be more than 0 seconds.", id="govgrid.E007")
    if settings.LOG_FORMAT not in ("json", "line"):
        yield Error(f"LOG_FORMAT is {settings.LOG_FORMAT!r}: json or line would be right.", id="govgrid.E008")


def telling() -> Found:
    from notifications.channels.push import is_push_key  # whose app must be ready

    if settings.EMAIL_PER_MINUTE < 0:
        yield Error("EMAIL_PER_MINUTE is negative: mails a minute, or 0 for no limit.", id="govgrid.E020")
    if settings.WEB_PUSH_PRIVATE_KEY and not is_push_key(settings.WEB_PUSH_PRIVATE_KEY):
        yield Error("WEB_PUSH_PRIVATE_KEY is no key.", hint="manage.py make_push_keys makes one.", id="govgrid.E021")
    for named in settings.TELLING_PRIVATE_HOSTS:
        if "/" in named and not _is_network(named):
            yield Error(
                f"TELLING_PRIVATE_HOSTS: {named} is no network: a host, or a network as 10.3.0.0/16, would be right.",
                id="govgrid.E022",
            )


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def files() -> Found:
    if settings.STORAGES["default"]["BACKEND"] != "django.core.files.storage.FileSystemStorage":
        return
    place = Path(settings.MEDIA_ROOT)
    nearest = next(folder for folder in (place, *place.parents) if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield Error(f"MEDIA_ROOT: {place} cannot be written by this user.", id="govgrid.E009")


def surroundings() -> Found:
    """What is well on one's own machine, and not where a city depends on it."""
    if settings.SECURE_PROXY_SSL_HEADER and not settings.REST_FRAMEWORK["NUM_PROXIES"]:
        yield Warning(
            "BEHIND_PROXY is on and NUM_PROXIES is 0: all residents count as one address, and are shut out together.",
            hint="Set NUM_PROXIES to the number of proxies in front.",
            id="govgrid.W001",
        )
    if settings.EMAIL_BACKEND == "django.core.mail.backends.filebased.EmailBackend":
        yield Warning("EMAIL_URL is not set: mails are written to files, and reach nobody.", id="govgrid.W002")
    if embedded.in_use():
        yield Info("An embedded server is in use: for a city, name DATABASE_URL and REDIS_URL.", id="govgrid.I001")


ALWAYS: tuple[Callable[[], Found], ...] = (reporter_keys, site, numbers, telling, files)


@checks.register("govgrid")
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What is wrong anywhere."""
    return [message for find in ALWAYS for message in find()]


@checks.register("govgrid", deploy=True)
def check_surroundings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What is wrong in production."""
    return list(surroundings())


def why_not_start() -> str:
    """The reasons, one a line, why no process may serve anybody with these settings; empty where there is none."""
    found = [f"- {message.msg}" for message in checks.run_checks(tags=["govgrid"]) if message.is_serious()]
    return "\n".join(["govgrid does not start with these settings:", *found]) if found else ""
