"""How long a search takes, by who asks and how much the words are worth: in process, through the API's list."""

from __future__ import annotations

import random
import time
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from rest_framework.test import APIClient

from bench.web import percentiles
from cases.services.words import index_words
from grids.choices import Level, Role
from grids.models import User

LIST = "/api/v1/cases/"
PEOPLE = 5
"""So many of each kind ask."""
SHARES = {"frequent": (0.05, 0.5), "middling": (0.01, 0.05), "rare": (0.0, 0.001)}
"""Which part of all cases has such a word."""
WORDS_EACH = 6
SAMPLED = 20_000

LEXEMES = "SELECT word, ndoc FROM ts_stat('SELECT words FROM cases_casewords WHERE case_id % {step} = 0')"


def run(seconds: int) -> dict[str, Any]:
    """Percentiles in milliseconds for each kind of person and word, `seconds` for all of them together."""
    sum(written for _seen, written in index_words())  # of a data set that is older than the search
    words, people = _words(), _people()
    each = seconds / (len(words) * len(people))
    found: dict[str, Any] = {}
    for who, clients in people.items():
        found[who] = {kind: _measured(clients, some, each) for kind, some in words.items() if some}
    return {"by_person": found}


def _measured(clients: list[APIClient], words: list[str], seconds: float) -> dict[str, Any]:
    asked = [(client, word) for client in clients for word in words]
    random.Random(8).shuffle(asked)
    took: list[float] = []
    until = time.monotonic() + seconds
    for turn, (client, word) in enumerate(asked * 1000):
        began = time.perf_counter()
        answer = client.get(LIST, {"search": word})
        took.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise RuntimeError(f"{word}: {answer.status_code} {answer.content.decode()[:300]}")
        if time.monotonic() > until and turn >= 10:
            break
    return {"requests": len(took)} | percentiles(took)


def _words() -> dict[str, list[str]]:
    """Words of two characters by their frequency, single characters, and two words together."""
    dice = random.Random(7)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(case_id) FROM cases_casewords")
        step = max(1, cursor.fetchone()[0] // SAMPLED)
        cursor.execute(LEXEMES.format(step=step))
        counted = [(word, count) for word, count in cursor.fetchall() if len(word) == 2 and word[0] >= "\u4e00"]
        cursor.execute("SELECT count(*) FROM cases_casewords WHERE case_id %% %s = 0", [step])
        total = cursor.fetchone()[0]
    found = {}
    for kind, (least, most) in SHARES.items():
        some = sorted(word for word, count in counted if least <= count / total < most)
        found[kind] = dice.sample(some, min(WORDS_EACH, len(some)))
    found["one character"] = [word[0] for word in found["middling"]]
    found["two words"] = [f"{one} {two}" for one, two in zip(found["frequent"], found["middling"], strict=False)]
    return found


def _people() -> dict[str, list[APIClient]]:
    kinds: dict[str, QuerySet[User]] = {
        level.value: User.objects.filter(
            posts__role=role, posts__unit__grid__level=level, posts__unit__kind="authority"
        )
        for level, role in (
            (Level.CITY, Role.LEADER),
            (Level.COUNTY, Role.DISPATCHER),
            (Level.TOWN, Role.DISPATCHER),
            (Level.VILLAGE, Role.VILLAGE_HEAD),
        )
    }
    kinds["department"] = User.objects.filter(posts__role=Role.OFFICER)
    return {kind: [_client(user) for user in users.order_by("pk")[:PEOPLE]] for kind, users in kinds.items()}


def _client(user: User) -> APIClient:
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(user)
    return client
