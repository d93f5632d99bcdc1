"""What settings promise: nothing secret by default, everything documented, one spelling of Redis for all."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from govgrid.settings import broker_url

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("settings.py", "serve.py", "local.py", "file_storage.py")
SECRETS = ("SECRET_KEY", "REPORTER_KEYS", "REPORTER_HASH_KEY", "DATABASE_URL", "REDIS_URL")


@pytest.mark.parametrize("missing", SECRETS)
def test_no_secret_and_no_server_has_a_default(missing: str, tmp_path: Path) -> None:
    given = {name: "redis://x" for name in SECRETS if name != missing}
    kept = {name: text for name, text in os.environ.items() if name not in SECRETS}
    done = subprocess.run(
        [sys.executable, "-c", "import govgrid.settings"],
        cwd=ROOT,
        env=kept | given | {"GOVGRID_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"Set the {missing} environment variable" in done.stderr


def test_every_setting_is_documented() -> None:
    sources = [(ROOT / "govgrid" / name).read_text() for name in SOURCES]
    read = set(re.findall(r"(?:env\.\w+|environ\.get)\(\s*\"([A-Z0-9_]+)\"", "\n".join(sources)))
    documented = set(re.findall(r"`([A-Z0-9_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert len(read) > 30
    assert read - documented == set()


def test_a_redis_socket_is_spelled_celerys_way() -> None:
    assert broker_url("unix:///tmp/x/valkey.sock?db=3") == "redis+socket:///tmp/x/valkey.sock?virtual_host=3"
    assert broker_url("unix:///tmp/valkey.sock") == "redis+socket:///tmp/valkey.sock?virtual_host=0"


def test_a_redis_host_is_left_as_it_is() -> None:
    assert broker_url("rediss://u:p@host:6380/2") == "rediss://u:p@host:6380/2"
