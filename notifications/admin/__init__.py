"""Telling, for whoever operates the platform: what was told, what could not be sent, and through whom it goes."""

from . import accounts, deliveries, templates, told, webhooks

__all__ = ["accounts", "deliveries", "templates", "told", "webhooks"]
