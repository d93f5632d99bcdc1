"""A process whose host's clock is wrong: the time of day is shifted for all of its code, and nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from bench.chaos.crew import SKEW

ASK = """
import datetime, json, time
from datetime import datetime as early
import logging
said = [
    time.time(), time.time_ns() / 1e9, early.now().timestamp(), early.now(datetime.UTC).timestamp(),
    early.today().timestamp(), time.mktime(time.localtime()),
]
kept = isinstance(early.fromtimestamp(0), datetime.datetime) and early is datetime.datetime
at_zero = time.gmtime(0).tm_year
log = logging.Formatter("%(asctime)s").format(logging.makeLogRecord({"created": 0.0}))
print(json.dumps({"said": said, "kept": kept, "at_zero": at_zero, "log": log, "monotonic": time.monotonic()}))
"""


@pytest.mark.parametrize("minutes", [-180, 3])
def test_the_time_of_day_is_shifted_and_nothing_else(minutes: int) -> None:
    seconds = timedelta(minutes=minutes).total_seconds()
    environment = os.environ | {"PYTHONPATH": str(SKEW), "CHAOS_CLOCK_SHIFT_SECONDS": str(seconds), "TZ": "UTC"}
    began = datetime.now(UTC).timestamp()
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True)
    ended = datetime.now(UTC).timestamp()
    answer = json.loads(done.stdout)
    for moment in answer["said"]:
        assert began + seconds - 1 <= moment <= ended + seconds  # local time comes in whole seconds
    assert answer["kept"] and answer["at_zero"] == 1970 and answer["log"].startswith("1970")
