"""A solved case goes into the bulletin in words that an official has approved, and comes out of it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from cases.actors import Actor
from cases.choices import EventKind, Outcome
from cases.errors import BadInput, IllegalMove
from cases.masking import given_away, masked
from cases.models import Case, PublicEntry
from cases.reporter import Reporter, unseal

from .change import changing


class Proposal(NamedTuple):
    """What the bulletin might say of a case, for the official to edit."""

    title: str
    reply: str


def proposed_entry(case: Case) -> Proposal:
    """The case's title and reply without what leads to a person, as far as a program can tell; or what was published
    before. Nobody's name is in it: it may be shown to who sees the case."""
    entry = PublicEntry.objects.filter(case=case).first()
    if entry is not None:
        return Proposal(entry.title, entry.reply)
    reporter = _reporter(case)
    return Proposal(masked(case.title, reporter)[:200], masked(case.reply, reporter)[:5000])


def publish(
    case: Case | int,
    actor: Actor,
    *,
    title: str,
    reply: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Puts a solved case into the bulletin, or changes what stands there.

    Raises IllegalMove for one that was not solved or whose reporter asked for secrecy; BadInput where a text still
    holds what leads to a person.
    """
    with changing(case, "publish", actor, at=at, version=version) as change:
        _fit(change.case, title=title, reply=reply)
        said: dict[str, Any] = {"title": title.strip(), "reply": reply.strip()}
        fields = said | {"published_at": change.at, "published_by": actor.user, "withdrawn_at": None}
        PublicEntry.objects.update_or_create(case=change.case, defaults=fields)
        change.record(EventKind.PUBLISHED, **said)
    return change.case


def _fit(case: Case, **texts: str) -> None:
    if case.outcome != Outcome.SOLVED:
        raise IllegalMove(_("only what was solved stands in the bulletin"))
    if case.secret:
        raise IllegalMove(_("the reporter asked for secrecy: such a matter is not published"))
    reporter = _reporter(case)
    wrong = {name: found for name, text in texts.items() if (found := "; ".join(given_away(text, reporter)))}
    if wrong:
        raise BadInput(**wrong)


def _reporter(case: Case) -> Reporter:
    return unseal(case.reporter_sealed)


def unpublish(
    case: Case | int, actor: Actor, *, reason: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """Takes a case out of the bulletin. Raises IllegalMove where it does not stand there."""
    with changing(case, "unpublish", actor, at=at, version=version) as change:
        taken = PublicEntry.objects.filter(case=change.case, withdrawn_at__isnull=True).update(withdrawn_at=change.at)
        if not taken:
            raise IllegalMove(_("this case does not stand in the bulletin"))
        change.record(EventKind.UNPUBLISHED, reason=reason)
    return change.case
