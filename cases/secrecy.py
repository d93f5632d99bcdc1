"""Who may be shown a reporter, and how cases are found by a reporter's phone: one rule, for API, pages and admin."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from .actors import Actor
from .models import Case
from .reporter import phone_hash
from .workflow import TABLE, permitted

ASKED = ("secret", "accepted_by", "grid_path", "level", "lead_unit", "co_unit_ids", "unit_ids", "dispatching_unit")
"""The columns that the rule asks."""
MOST = 1000
"""Newest cases of one phone that are looked through: a number of an office, as imported ledgers have it, has many."""


def keeps_secret_from(case: Case, actor: Actor) -> bool:
    """Whether the reporter asked for secrecy, and this is not the one who accepted the case: whoever else it is, a
    superuser not excepted."""
    return case.secret and (actor.user is None or case.accepted_by_id != actor.user.pk)


def may_be_shown(case: Case, actor: Actor) -> bool:
    """Whether this actor may have the reporter's data shown (`reveal_reporter`), for a reason."""
    return permitted(case, TABLE["reveal_reporter"], actor) and not keeps_secret_from(case, actor)


def of_phone(cases: QuerySet[Case], user: Any, phone: str) -> QuerySet[Case]:
    """Those of the cases whose reporter has this phone (E.164), as far as the user might have the reporter shown: a
    hit tells who spoke up, as much as the name would."""
    actor = Actor.person(user)
    same = Case.objects.filter(reporter_phone_hash=phone_hash(phone)).only(*ASKED).order_by("-pk")[:MOST]
    return cases.filter(pk__in=[case.pk for case in same if may_be_shown(case, actor)])
