"""Doing something about telling: turning events into inbox lines, sending mails, marking as read."""

from .dead_letters import retry_deliveries
from .dispatching import Dispatched, dispatch_events
from .inbox import mark_all_read, mark_read
from .sending import Sent, send_deliveries

__all__ = ["Dispatched", "Sent", "dispatch_events", "mark_all_read", "mark_read", "retry_deliveries", "send_deliveries"]
