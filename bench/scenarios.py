"""What is asked of the web in each bench: by whom, and which requests."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

from bench.world import PHRASES, matters_of
from cases.models import Case, Category
from grids.choices import Level, Role
from grids.models import Grid, Post, User

Request = dict[str, Any]
PAGE = 50
PEOPLE = 20
"""So many of each role ask."""
CASES_EACH = 25
"""Files that each of them may open."""
REPORTS = 500
LIST, SUBMIT = "/api/v1/cases/", "/api/v1/public/cases/"
ROLES = {"worker": Role.GRID_WORKER, "town_dispatcher": Role.DISPATCHER}


@contextmanager
def signed_in() -> Iterator[dict[str, list[tuple[User, str]]]]:
    """Some workers and town dispatchers with tokens that end with the block."""
    dice = random.Random(3)
    people: dict[str, list[tuple[User, str]]] = {}
    made = []
    for label, role in ROLES.items():
        posts = Post.objects.filter(role=role, unit__grid__level__in=(Level.VILLAGE, Level.TOWN))
        users = list(User.objects.filter(posts__in=posts).order_by("pk"))
        tokens = [AuthToken.objects.create(user) for user in dice.sample(users, min(PEOPLE, len(users)))]
        made += [instance.pk for instance, _ in tokens]
        people[label] = [(instance.user, token) for instance, token in tokens]
    try:
        yield people
    finally:
        AuthToken.objects.filter(pk__in=made).delete()


def _read(label: str, path: str, token: str) -> Request:
    headers = {"Authorization": f"Token {token}", "Accept": "application/json"}
    return {"label": label, "method": "GET", "path": path, "headers": headers}


def list_requests(people: dict[str, list[tuple[User, str]]]) -> list[Request]:
    """Everybody's first page."""
    path = f"{LIST}?page_size={PAGE}"
    return [_read(label, path, token) for label, some in people.items() for _, token in some]


def detail_requests(people: dict[str, list[tuple[User, str]]]) -> list[Request]:
    """Files of cases that the person sees, old and new alike."""
    dice = random.Random(4)
    requests = []
    for label, some in people.items():
        for user, token in some:
            seen = list(_spread(Case.objects.visible_to(user)))
            numbers = dice.sample(seen, min(CASES_EACH, len(seen)))
            requests += [_read(label, f"{LIST}{number}/", token) for number in numbers]
    return requests


def _spread(rows: QuerySet[Case]) -> QuerySet[Any]:
    return rows.order_by("submitted_at").values_list("number", flat=True)[:2000]


def intake_requests() -> list[Request]:
    """Reports of residents at places all over the city, half of them with a category and most with a name."""
    dice = random.Random(6)
    matters = list(matters_of(tomllib.loads(PHRASES.read_text(encoding="utf-8")), dice))
    codes = _codes([matter.id for matter in matters])
    cells = list(Grid.objects.filter(level=Level.CELL).values_list("boundary", flat=True)[:2000])
    return [_report(dice, dice.choice(matters), codes, dice.choice(cells)) for _ in range(REPORTS)]


def _codes(ids: list[int]) -> dict[int, str]:
    return dict(Category.objects.filter(pk__in=ids).values_list("pk", "code"))


def _report(dice: random.Random, matter: Any, codes: dict[int, str], boundary: dict[str, Any]) -> Request:
    title, text = dice.choice(matter.words)
    ring = boundary["coordinates"][0][:-1]
    said: dict[str, Any] = {
        "title": title,
        "text": text,
        "lon": sum(corner[0] for corner in ring) / len(ring),
        "lat": sum(corner[1] for corner in ring) / len(ring),
        "coordinate_source": "wgs84",
    }
    if dice.random() < 0.5:
        said["category"] = codes[matter.id]
    if dice.random() < 0.8:
        said["reporter"] = {"name": "居民", "phone": f"139{dice.randrange(10**8):08d}"}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": "{unique}",
        "X-Forwarded-For": "{address}",
    }
    body = json.dumps(said, ensure_ascii=False)
    return {"label": "resident", "method": "POST", "path": SUBMIT, "headers": headers, "body": body}


def ask_here(request: Request) -> tuple[Any, list[str]]:
    """The answer to a request in this process, and the statements that it took.

    Raises RuntimeError where it was refused."""
    from bench.traffic import own, prepared

    client = Client(SERVER_NAME="localhost")
    head, _, body = own(prepared(request)[1]).partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    with CaptureQueriesContext(connection) as captured:
        answer = client.generic(request["method"], request["path"], body, "application/json", headers=headers)
    if not 200 <= answer.status_code < 300:
        raise RuntimeError(f"{request['path']}: {answer.status_code} {answer.content.decode()[:500]}")
    return answer.json(), [query["sql"] for query in captured.captured_queries]
