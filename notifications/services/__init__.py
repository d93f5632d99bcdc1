"""Doing something about telling: turning events into inbox lines, sending mails, marking as read."""

from .alarms import acknowledge, ring_alarms
from .dead_letters import retry_deliveries
from .dispatching import Dispatched, dispatch_events
from .inbox import mark_all_read, mark_read
from .preferences import set_preference
from .round_ups import write_round_ups
from .sending import Sent, send_deliveries

__all__ = [
    "Dispatched",
    "Sent",
    "acknowledge",
    "dispatch_events",
    "mark_all_read",
    "mark_read",
    "retry_deliveries",
    "ring_alarms",
    "send_deliveries",
    "set_preference",
    "write_round_ups",
]
