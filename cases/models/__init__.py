"""What: cases, their history, their clocks, and the reference data that steers them."""

from .case import Assignment, Attachment, Case, Rating
from .clock import Adjustment, Deadline, StepFiring
from .history import CaseEvent, IdempotencyKey, PendingEvent
from .policy import Allowance, Ladder, Policy, Step
from .reference import Category, RoutingRule

__all__ = [
    "Adjustment",
    "Allowance",
    "Assignment",
    "Attachment",
    "Case",
    "CaseEvent",
    "Category",
    "Deadline",
    "IdempotencyKey",
    "Ladder",
    "PendingEvent",
    "Policy",
    "Rating",
    "RoutingRule",
    "Step",
    "StepFiring",
]
