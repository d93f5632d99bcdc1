"""Telling people: what they were told, how to reach them, what goes out, through whom, and in which words."""

from .contacts import Contact, Preference, TellingHours
from .deliveries import Delivery
from .inbox import Alarm, InboxItem, ResidentNotice, RoundUp
from .providers import ChannelAccount, Circuit
from .templates import MessageTemplate
from .webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Alarm",
    "ChannelAccount",
    "Circuit",
    "Contact",
    "Delivery",
    "InboxItem",
    "MessageTemplate",
    "Preference",
    "ResidentNotice",
    "RoundUp",
    "TellingHours",
    "WebhookDelivery",
    "WebhookEndpoint",
]
