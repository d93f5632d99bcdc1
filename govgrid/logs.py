"""Log lines that a machine can read: what happened, in which request, task and case, and never what was said or by
whom."""

from __future__ import annotations

import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import structlog
from celery import Task
from celery.signals import setup_logging, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from govgrid.discretion import causes_of, discreet, said_of
from govgrid.local import BASE_DIR

REQUEST_ID = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""What a proxy in front may have called the request; anything else is not repeated in a log."""

KEPT = ("method", "route", "status", "ms", "status_code", "request")
"""What may stand beside a line; libraries put more there, such as the values of a statement."""

requests = logging.getLogger("govgrid.requests")
Line = MutableMapping[str, Any]


class RequestContext:
    """Middleware: a request has an id, which its log lines and its answer carry, and at INFO leaves a line of its own.
    The line names the route, not the address: addresses hold numbers, look-up codes and what was searched for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(REQUEST_ID, "")
        request_id = given if GIVEN.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        response = self.get_response(request)
        response[REQUEST_ID] = request_id
        if requests.isEnabledFor(logging.INFO):
            route = request.resolver_match.route if request.resolver_match else ""
            took = round((time.perf_counter() - began) * 1000, 1)
            told = {"method": request.method, "route": route, "status": response.status_code, "ms": took}
            requests.info("request", extra=told)
        return response


@task_prerun.connect
def _begin_task(task_id: str, task: Task, **kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)


@task_postrun.connect
def _end_task(**kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()


@setup_logging.connect
def _leave_logging_alone(**kwargs: Any) -> None:
    """Celery would set its own up; whoever answers this signal has done so: Django has."""


class Lines(ProcessorFormatter):
    """Our lines and those of libraries, none of which may quote anybody."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(discreet(record))


def _without_words(logger: Any, name: str, line: Line) -> Line:
    """An exception as its kind and the way to it, through all causes."""
    error = line.pop("exc_info", None)
    if isinstance(error, tuple) and error[1] is not None:
        line["exception"] = [{"error": said_of(each), "at": _way_to(each)} for each in causes_of(error[1])]
    return line


def _way_to(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{_shortened(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _shortened(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(BASE_DIR)) if path.is_relative_to(BASE_DIR) else "/".join(path.parts[-2:])


def _without_address(logger: Any, name: str, line: Line) -> Line:
    """Django says the address of a refused request, and puts the whole request beside the line."""
    request = line.pop("request", None)
    if isinstance(request, HttpRequest):
        route = request.resolver_match.route if request.resolver_match else ""
        address = request.path.encode("unicode_escape").decode("ascii")  # as Django writes it
        line["event"] = line["event"].replace(address, route or "…")
    return line


def _as_line(logger: Any, name: str, line: Line) -> str:
    """For a terminal: time, level, logger, what, then whatever else is known."""
    said = " ".join(str(line.pop(key, "")) for key in ("timestamp", "level", "logger", "event"))
    errors = line.pop("exception", [])
    known = " ".join(f"{key}={value}" for key, value in line.items())
    tail = "".join(f"\n  {error['error']}" + "".join(f"\n    {at}" for at in error["at"]) for error in errors)
    return f"{said} {known}".rstrip() + tail


def formatter(as_json: bool) -> Lines:
    """What writes each line, of our code and of libraries: JSON for machines, or words for a terminal."""
    known: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(KEPT),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False, default=str) if as_json else _as_line
    return Lines(
        foreign_pre_chain=known,
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _without_address,
            _without_words,
            last,
        ],
    )
