"""When many reports come from one network, each further one costs its sender some seconds of work: a hash puzzle that
the page's script solves, or, without one, a sum. No third party is asked.

Nothing has to be kept of a puzzle: it holds for one form, and a form that is sent twice acts once."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from grids.counters import full, take

from .throttling import network_of

SALT = "portal.puzzle"
SECONDS = 3600
"""Over which reports of a network are counted."""
GOOD_FOR_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Puzzle:
    """`challenge` is what is to be solved: find a number so that SHA-256 of `challenge:number` begins with so many zero
    bits; or say what `question` asks."""

    challenge: str
    bits: int
    question: str


def is_asked(request: HttpRequest) -> bool:
    """Whether so much came from this network of late that the next report needs a solved puzzle."""
    return settings.PUZZLE_AFTER == 0 or full(_counter(request), settings.PUZZLE_AFTER, SECONDS)


def count(request: HttpRequest) -> None:
    """One more report was taken in from this network."""
    if settings.PUZZLE_AFTER:
        take(_counter(request), settings.PUZZLE_AFTER, SECONDS)


def _counter(request: HttpRequest) -> str:
    return f"door:{network_of(request)}"


def puzzle_for(request: HttpRequest, scope: str, key: str) -> Puzzle:
    """The puzzle of one form: of whose key, in which scope."""
    challenge = signing.dumps([scope, key, network_of(request)], salt=SALT)
    first, second = _terms(challenge)
    asked = {"first": first, "second": second}
    return Puzzle(challenge, settings.PUZZLE_BITS, _("How much is %(first)d and %(second)d?") % asked)


def is_solved(request: HttpRequest, scope: str, key: str) -> bool:
    """Whether the form brings the solution of its own puzzle, not too old."""
    challenge = request.POST.get("challenge", "")
    try:
        meant = signing.loads(challenge, salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        return False
    if meant != [scope, key, network_of(request)]:
        return False
    return proves(challenge, request.POST.get("proof", ""), settings.PUZZLE_BITS) or _sums(
        challenge, request.POST.get("sum", "")
    )


def proves(challenge: str, proof: str, bits: int) -> bool:
    """Whether this number is a solution."""
    if not (proof.isascii() and proof.isdigit() and len(proof) < 20):
        return False
    digest = sha256(f"{challenge}:{proof}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0


def _sums(challenge: str, said: str) -> bool:
    said = said.strip()
    return said.isascii() and said.isdigit() and len(said) < 4 and int(said) == sum(_terms(challenge))


def _terms(challenge: str) -> tuple[int, int]:
    first, second = salted_hmac(SALT, challenge, algorithm="sha256").digest()[:2]
    return 3 + first % 7, 2 + second % 8
