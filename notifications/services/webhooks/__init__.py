"""Telling other systems: what is planned with the inbox lines, what is posted, and the addresses themselves."""

from .endpoints import (
    change_secret,
    create_endpoint,
    pause_endpoint,
    resume_endpoint,
    save_endpoint,
    send_again,
    send_test,
)
from .planning import forget_old_webhooks, plan_webhooks
from .sending import WebhooksSent, send_webhooks

__all__ = [
    "WebhooksSent",
    "change_secret",
    "create_endpoint",
    "forget_old_webhooks",
    "pause_endpoint",
    "plan_webhooks",
    "resume_endpoint",
    "save_endpoint",
    "send_again",
    "send_test",
    "send_webhooks",
]
