"""What all tests stand on: the embedded servers, a database of their own and the shared data.

Runs at the same time do not meet: each takes the first free slot, with its own databases."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import django
import pytest
from pytest_django import DjangoDbBlocker, Settings

ROOT = Path(__file__).resolve().parent.parent
SLOTS = 15  # a Redis has 16 databases, of which 0 is the server's


def claim_slot(folder: Path) -> int:
    """Take a number that no other test run of this checkout has, until this process ends."""
    for number in range(1, SLOTS + 1):
        lock = (folder / f"tests-{number}.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        globals()["slot_lock"] = lock
        return number
    pytest.exit(f"{SLOTS} test runs of this checkout are under way already", returncode=2)


def with_redis_database(url: str, number: int) -> str:
    """The same Redis with another database."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}?db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def prepare_environment() -> int:
    """Start the servers and name them, before Django reads its settings. Returns the slot."""
    from govgrid import embedded, local

    embedded.ensure()
    local.compile_translations()
    slot = claim_slot(local.make_data_dir())
    os.environ["REDIS_URL"] = with_redis_database(os.environ["REDIS_URL"], slot)
    os.environ["SNAPSHOT_CHECK_SECONDS"] = "0"
    os.environ["DEMO_SPEED"] = "0"
    return slot


def set_django_up() -> None:
    """Read the settings, once the slot is known; a process with another's Redis database would empty it between two
    tests of the other."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "govgrid.settings"
    django.setup()
    # Processes of pytest-xdist inherit the environment; with this in it, pytest-django would read the settings there
    # before their slot is known
    del os.environ["DJANGO_SETTINGS_MODULE"]
    from django.conf import settings

    if os.environ["REDIS_URL"] != settings.REDIS_URL:
        pytest.exit(
            "The settings were read before the tests had their slot: unset DJANGO_SETTINGS_MODULE", returncode=2
        )


SLOT = prepare_environment()
set_django_up()
pytest_plugins = ["tests.cast", "tests.stories"]


def pytest_configure() -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, tests only
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    from django.db import connections

    test_settings = connections["default"].settings_dict["TEST"]
    test_settings["NAME"] = f"test_{connections['default'].settings_dict['NAME']}_{SLOT}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let tests with real transactions empty the history afterwards; the database refuses that elsewhere."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = 'caseevent_refuses_truncate'")
        if cursor.fetchone():
            cursor.execute("ALTER TABLE cases_caseevent DISABLE TRIGGER caseevent_refuses_truncate")


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Counted requests and snapshots of one test are not the next one's."""
    from django.core.cache import cache

    yield
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _english_by_default() -> Iterator[None]:
    """Tests quote the words of the code, which are English; those about languages ask for theirs."""
    from django.test import override_settings

    with override_settings(LANGUAGE_CODE="en"):
        yield


@pytest.fixture(autouse=True)
def _no_language_stays() -> Iterator[None]:
    """A request leaves its language active in the thread, which is the next test's too."""
    from django.utils import translation

    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    """Files that a test uploads end with it."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that need it are skipped without it."""
    folder = Path(os.environ.get("GOVGRID_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("needs the shared data: name its folder in GOVGRID_SHARED_DATA")
    return folder


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """Environment for a real process (worker, beat, web, command) that is to work on the test's database."""
    from django.db import connection

    now = connection.settings_dict
    host = now["HOST"] or now["OPTIONS"].get("host", "")
    query = urlencode({"host": host} | ({"port": now["PORT"]} if now["PORT"] else {}))
    account = quote(now["USER"], safe="") + (f":{quote(now['PASSWORD'], safe='')}" if now["PASSWORD"] else "")
    url = f"postgresql://{account}@/{now['NAME']}?{query}"
    return dict(os.environ) | {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
