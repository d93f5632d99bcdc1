"""What: cases, their history, their clocks, and the reference data that steers them."""

from .bulletin import PublicEntry
from .case import Assignment, Attachment, Case, Rating
from .clock import Adjustment, CountedCalendar, Deadline, MovedCase, StepFiring
from .history import CaseEvent, IdempotencyKey, PendingEvent
from .jobs import Job, JobItem, SavedFilter
from .joint import PeerRating, Precedent
from .patrols import Patrol, PatrolPhoto
from .policy import Allowance, Ladder, Policy, Step
from .reference import Category, RoutingRule
from .requests import Extension, Suspension, Whistle
from .supervision import LookBack, LookBackItem, SupervisionOrder
from .what_if import SimulatedDeadline, Simulation
from .words import CaseWords

__all__ = [
    "Adjustment",
    "Allowance",
    "Assignment",
    "Attachment",
    "Case",
    "CaseEvent",
    "CaseWords",
    "Category",
    "CountedCalendar",
    "Deadline",
    "Extension",
    "IdempotencyKey",
    "Job",
    "JobItem",
    "Ladder",
    "LookBack",
    "LookBackItem",
    "MovedCase",
    "Patrol",
    "PatrolPhoto",
    "PeerRating",
    "PendingEvent",
    "Policy",
    "Precedent",
    "PublicEntry",
    "Rating",
    "RoutingRule",
    "SavedFilter",
    "SimulatedDeadline",
    "Simulation",
    "Step",
    "StepFiring",
    "SupervisionOrder",
    "Suspension",
    "Whistle",
]
