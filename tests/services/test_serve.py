"""What script/server promises: a taken port is said, a worker that ends is started again, and the end of any other
child or a signal ends all."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUPERVISE = """
import sys
from govgrid.serve import Supervisor
supervisor = Supervisor()
supervisor.listen()
supervisor.start("patient", [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(600)"])
supervisor.start("brief", [sys.executable, "-c", sys.argv[1]])
happening = supervisor.await_happening()
supervisor.stop()
assert all(child.poll() is not None for child in supervisor.children.values())
sys.exit(supervisor.report(happening))
"""

WORKER_ENDS = """
import sys
from govgrid.serve import Supervisor
supervisor = Supervisor()
supervisor.start("worker", [sys.executable, "-c", "print('at work', flush=True); raise SystemExit(3)"])
happening = supervisor.await_end()
supervisor.stop()
sys.exit(supervisor.report(happening))
"""


def supervise(brief: str) -> subprocess.Popen[str]:
    """A supervisor over a patient child and one that runs the given code."""
    return subprocess.Popen([sys.executable, "-c", SUPERVISE, brief], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_the_end_of_one_child_ends_all_and_names_it() -> None:
    process = supervise("import sys; sys.exit(7)")
    output, _ = process.communicate(timeout=60)
    assert "brief ended with status 7" in output
    assert process.returncode == 1


def test_a_worker_that_ends_is_started_again_and_said_until_it_ends_too_often() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORKER_ENDS], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.count("worker ended with status 3; starting it again") == 5
    assert "giving it up" in done.stdout and done.stdout.count("at work") == 6
    assert done.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_children_in_order(number: signal.Signals) -> None:
    process = supervise("import time; time.sleep(600)")
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert "Stopping" in output
    assert process.returncode == 0


def test_a_taken_port_is_said_with_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "govgrid.serve"],
            cwd=ROOT,
            env=os.environ | {"PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert "PORT=" in done.stderr


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_said(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from govgrid.serve import choose_address

    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit, match="a number from 1 to 65535"):
        choose_address()
