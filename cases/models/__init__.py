"""What: cases, their history, their clocks, and the reference data that steers them."""

from .case import Assignment, Attachment, Case, Rating
from .clock import Adjustment, CountedCalendar, Deadline, StepFiring
from .history import CaseEvent, IdempotencyKey, PendingEvent
from .joint import PeerRating, Precedent
from .policy import Allowance, Ladder, Policy, Step
from .reference import Category, RoutingRule
from .requests import Extension, Suspension, Whistle
from .supervision import LookBack, LookBackItem, SupervisionOrder
from .what_if import SimulatedDeadline, Simulation

__all__ = [
    "Adjustment",
    "Allowance",
    "Assignment",
    "Attachment",
    "Case",
    "CaseEvent",
    "Category",
    "CountedCalendar",
    "Deadline",
    "Extension",
    "IdempotencyKey",
    "Ladder",
    "LookBack",
    "LookBackItem",
    "PeerRating",
    "PendingEvent",
    "Policy",
    "Precedent",
    "Rating",
    "RoutingRule",
    "SimulatedDeadline",
    "Simulation",
    "Step",
    "StepFiring",
    "SupervisionOrder",
    "Suspension",
    "Whistle",
]
