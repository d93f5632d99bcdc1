"""What lies in `deploy/` and beside it starts the same processes as `script/server`, with settings that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from govgrid.serve import commands

ROOT = Path(__file__).resolve().parents[2]

OURS = commands("127.0.0.1", 8000)


def started_by_systemd(name: str) -> list[str]:
    unit = (ROOT / "deploy" / "systemd" / f"govgrid-{name}.service").read_text()
    (found,) = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    program, *rest = shlex.split(found)
    return [Path(program).name, *rest]


def started_by_compose(name: str) -> list[str]:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][name]
    if "command" in service:
        return shlex.split(service["command"])
    (found,) = re.findall(r"^CMD (\[.+\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return list(yaml.safe_load(found))


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
@pytest.mark.parametrize("started", [started_by_systemd, started_by_compose])
def test_each_way_starts_the_same_process_with_the_same_switches(
    name: str, started: Callable[[str], list[str]]
) -> None:
    _python, _m, program, *ours = OURS[name]
    found = " ".join(started(name)).replace("=", " ").split()
    assert found[0] == program
    switches = {word for word in " ".join(ours).replace("=", " ").split() if word.startswith("--")}
    left_to_gunicorn = {"--log-level"}
    assert switches - left_to_gunicorn <= {word for word in found if word.startswith("--")}


def test_every_variable_of_the_example_is_documented() -> None:
    example = (ROOT / "deploy" / "env.example").read_text()
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)) - {"POSTGRES_PASSWORD"}
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert len(named) >= 10
    assert named <= documented
