"""Log lines that a machine can read: what happened, in which request, task and case, and never what was said or by
whom."""

from __future__ import annotations

import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import psycopg
import structlog
from celery import Task
from celery.signals import setup_logging, task_postrun, task_prerun
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from structlog.typing import Processor

from govgrid.local import BASE_DIR

REQUEST_ID = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""What a proxy in front may have called the request; anything else is not repeated in a log."""

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


def without_words(logger: Any, name: str, line: Line) -> Line:
    """An exception as its kind and where it came from, frame by frame: its message may quote a row or a text. Of what
    the database refuses, the code and the constraint say enough."""
    error = line.pop("exc_info", None)
    if isinstance(error, tuple) and error[1] is not None:
        errors = list(_chain(error[1]))
        line["exception"] = [_described(each) for each in errors]
        line["event"] = _without_texts(str(line["event"]), errors)
    return line


def _without_texts(event: str, errors: list[BaseException]) -> str:
    """Celery says in its own line what a task has raised; so may whoever logs an exception."""
    for error in errors:
        for text in (repr(error), str(error)):
            event = event.replace(text, type(error).__qualname__) if text else event
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _described(error: BaseException) -> dict[str, Any]:
    said: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, psycopg.Error):
        said |= {"sqlstate": error.sqlstate, "constraint": error.diag.constraint_name}
    elif isinstance(error, OSError) and not isinstance(error, DatabaseError):
        said |= {"errno": error.errno, "strerror": error.strerror}
    frames = traceback.extract_tb(error.__traceback__)
    said["at"] = [f"{_shortened(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return {key: value for key, value in said.items() if value is not None}


def _shortened(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(BASE_DIR)) if path.is_relative_to(BASE_DIR) else "/".join(path.parts[-2:])


def _without_address(logger: Any, name: str, line: Line) -> Line:
    """Django says the address of a refused request, and puts the whole request beside the line."""
    # The next two are left behind by other formatters; Celery's data are the words of an exception and a traceback
    for key in ("server_time", "message", "asctime", "data"):
        line.pop(key, None)
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
    tail = "".join(f"\n  {error['type']}" + "".join(f"\n    {at}" for at in error["at"]) for error in errors)
    return f"{said} {known}".rstrip() + tail


def formatter(as_json: bool) -> structlog.stdlib.ProcessorFormatter:
    """What writes each line, of our code and of libraries: JSON for machines, or words for a terminal."""
    known: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False, default=str) if as_json else _as_line
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=known,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_address,
            without_words,
            last,
        ],
    )
