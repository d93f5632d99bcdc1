"""Telling, for whoever operates the platform: what was told, what could not be sent, and through whom it goes."""

from . import accounts, deliveries, hours, templates, told, webhooks

__all__ = ["accounts", "deliveries", "hours", "templates", "told", "webhooks"]
