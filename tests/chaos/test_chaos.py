"""The short form of the chaos proof: real servers and processes of its own, killed at random under load. What the long
form asks for minutes, these ask for as long as everybody's turn to die takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from bench.chaos.killer import DECK
from bench.chaos.run import FAULTS
from govgrid.local import BASE_DIR

OWN = ("DATABASE_URL", "REDIS_URL", "GOVGRID_DATA", "SNAPSHOT_CHECK_SECONDS")
"""What a run names for itself, or leaves as it is by default: nothing of this test run's."""


def chaos(*arguments: str, status: int = 0) -> dict[str, Any]:
    """Runs it as a user would, who then looks at the exit status; every wait in it has a bound of its own."""
    environment = {name: value for name, value in os.environ.items() if name not in OWN}
    command = [sys.executable, "-m", "bench", "chaos", *arguments]
    done = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_every_step_fires_exactly_once_and_never_early_whatever_is_killed() -> None:
    """Four workers, and two beats on hosts whose clocks are minutes apart: harder than any smaller arrangement."""
    arrangement = ("--workers", "4", "--beats", "2", "--skew", "3", "--seed", "12")
    answer = chaos("--minutes", "0.3", "--cases", "60", *arrangement)
    assert {fault: answer[fault] for fault in FAULTS} == dict.fromkeys(FAULTS, 0)
    assert answer["drained"] and answer["passed"]
    assert answer["killed"].keys() == set(DECK) and answer["kills"] >= len(set(DECK))
    assert answer["steps"] > 200 and answer["inbox"] > answer["steps"]
    assert answer["cases_logged"] > 0
    outside = answer["outside"]
    assert outside["mails"] > 20 and outside["came_again"] <= outside["at_most"]


def test_a_run_over_a_database_that_loses_what_was_written_fails_and_says_what_is_wrong() -> None:
    broken = ("--sabotage", "marks", "notices", "--workers", "1", "--seed", "13")
    answer = chaos("--minutes", "0.05", "--cases", "12", *broken, status=1)
    assert not answer["passed"]
    assert min(answer[fault] for fault in ("missing", "double", "inbox_missing")) > 0
    assert answer["early"] == answer["misdated"] == answer["history_faults"] == 0  # what is right is not blamed
