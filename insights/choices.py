"""The words of facts: at which moments of a case something is counted, and what is marked on each."""

from django.db.models import IntegerChoices


class Anchor(IntegerChoices):
    """A moment of a case that selects the period. One row of facts each."""

    REPORTED = 1
    ACCEPTED = 2
    CLOSING = 3  # a closing that depends on when the period ends; its day is that of the acceptance
    DISPATCHED = 4
    RESPONSE_DUE = 5
    ACCEPT_DUE = 6
    HANDLE_DUE = 7
    CLOSED = 8
    ANSWERED = 9
    CLIMBED = 10
    SUSPENDED = 11
    LEFT_OUT = 12
    OPEN_AGAIN = 13  # after a reopening; no measure counts it, the stock of a past day does


FALLS_DUE = (Anchor.RESPONSE_DUE, Anchor.ACCEPT_DUE, Anchor.HANDLE_DUE)
"""Anchors that may lie ahead: they count from their moment on."""

WAS_OPEN = (Anchor.REPORTED, Anchor.OPEN_AGAIN)
"""Anchors that say from when until when a case was open."""

MARKS = 5
"""So many marks an anchor may have: bits of `Fact.marks`, columns of a roll-up."""

KEPT = 1
"""Of deadlines: done in time."""

IN_TIME, REPEATED = 1, 2
"""Of an acceptance: closed within the deadline and never reopened; the same voice on a matter closed shortly before."""

RETURNED, REDONE, REOPENED, ESCALATED, EXTENDED = 1, 2, 4, 8, 16
"""Of a dispatch."""

BY_WORK, LOW, DIRECT, SOLVED, RATED = 1, 2, 4, 8, 16
"""Of a closing: as solved or explained; that, by a unit at town level or below; without being dispatched to another
unit; as solved; with a verdict."""

SAID_SOLVED, OWN, OWN_SATISFIED, REVISIT, REVISIT_SATISFIED = 1, 2, 4, 8, 16
"""Of a verdict: that it is solved; by the resident, by a revisit, and whether satisfied."""

REJECTED, MERGED, WITHDRAWN = 1, 2, 4
"""Why a case is left out."""
