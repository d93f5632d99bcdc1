"""Which address a message goes to, and through whom: found for a batch at once, in as many queries as there are kinds
of ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings

from cases.models import Case
from cases.reporter import unseal
from grids import tree
from notifications.addresses import masked
from notifications.channels import mail, push, robots
from notifications.channels.base import Refused, Sender
from notifications.channels.mail import MailSender
from notifications.channels.push import PushSender
from notifications.channels.robots import RobotSender
from notifications.channels.sms import SmsSender
from notifications.choices import Channel
from notifications.models import ChannelAccount, Delivery
from notifications.models.deliveries import RESIDENT
from notifications.sealing import unseal_text

from .claims import Letter

PUSHES_A_MINUTE = 6000
ROBOT_MESSAGES_A_MINUTE = 600
"""Robots take some 20 a minute each; what one gets is gathered. This is for all robots of a provider."""
NO_ACCOUNT = "the city has no account for short messages"


@dataclass(frozen=True, slots=True)
class Route:
    """A way to an address. `key` is the circuit's; `open` makes a sender; `per_minute` of 0 is as many as there are."""

    key: str
    address: str
    channel: str
    open: Callable[[], Sender]
    per_minute: int

    def discreet(self, error: str) -> str:
        """An error without the address that it quotes."""
        return error.replace(self.address, masked(self.channel, self.address)) if self.address else error

    def __repr__(self) -> str:
        return f"Route({self.key})"


def find_routes(letters: Iterable[Letter]) -> list[tuple[Letter, Route | Refused]]:
    """Each with its way, or with why there is none."""
    letters = list(letters)
    accounts = _accounts(letters)
    phones = _phones(letters)
    found: list[tuple[Letter, Route | Refused]] = []
    for letter in letters:
        try:
            found.append((letter, _route(letter.first, accounts, phones)))
        except Refused as refused:
            found.append((letter, refused))
        except InvalidToken:
            found.append((letter, Refused("no key of REPORTER_KEYS opens its address")))
    return found


def _route(delivery: Delivery, accounts: dict[str, ChannelAccount], phones: dict[int, str]) -> Route:
    if delivery.channel == Channel.SMS:
        return _by_sms(_phone(delivery, phones), accounts.get(city_of(delivery)))
    address = _address(delivery)
    return route_to(delivery.channel, address)


def route_to(channel: str, address: str) -> Route:
    """The way to an address on any channel but short messages, which need an account."""
    if channel == Channel.EMAIL:
        return Route(mail.KEY, address, channel, MailSender, settings.EMAIL_PER_MINUTE)
    if channel == Channel.WEB_PUSH:
        key = push.key_of(address)
        return Route(key, address, channel, lambda: PushSender(key), PUSHES_A_MINUTE)
    key = robots.key_of(address)
    return Route(key, address, channel, lambda: RobotSender(key), ROBOT_MESSAGES_A_MINUTE)


def _by_sms(phone: str, account: ChannelAccount | None) -> Route:
    if account is None:
        raise Refused(NO_ACCOUNT)
    return route_over(account, phone)


def route_over(account: ChannelAccount, phone: str) -> Route:
    """The way to a phone over an account."""
    key, credentials = f"sms:{account.pk}", json.loads(unseal_text(account.credentials_sealed))

    def sender() -> Sender:
        return SmsSender(key, account.provider, credentials, account.options)

    return Route(key, phone, Channel.SMS, sender, account.per_minute)


def _address(delivery: Delivery) -> str:
    contact = delivery.contact
    if contact is not None:
        if contact.dead_at is not None:
            raise Refused("this way was found dead; whoever it leads to must add it again")
        return unseal_text(contact.address_sealed)
    if delivery.way.startswith("contact:"):
        raise Refused("this way was taken away by whoever it led to")
    if delivery.user is None or not delivery.user.email:
        raise Refused("the account has no e-mail address")
    return delivery.user.email


def _phone(delivery: Delivery, phones: dict[int, str]) -> str:
    if delivery.way != RESIDENT:
        return _address(delivery)
    phone = phones.get(delivery.pk, "")
    if not phone:
        raise Refused("the resident has left no phone")
    return phone


def _phones(letters: list[Letter]) -> dict[int, str]:
    """Residents' phones by delivery, unsealed now and kept nowhere."""
    cases = {
        delivery.pk: delivery.notice.event.case_id
        for letter in letters
        for delivery in letter.deliveries
        if delivery.notice is not None
    }
    if not cases:
        return {}
    sealed = dict(Case.objects.filter(pk__in=cases.values()).values_list("pk", "reporter_sealed"))
    return {pk: unseal(sealed.get(case)).phone for pk, case in cases.items()}


def _accounts(letters: list[Letter]) -> dict[str, ChannelAccount]:
    """Accounts for short messages by the path of their city."""
    if not any(letter.first.channel == Channel.SMS for letter in letters):
        return {}
    rows = (
        ChannelAccount.objects.filter(channel=Channel.SMS, active=True).select_related("city").defer("city__boundary")
    )
    return {account.city.path: account for account in rows}


def city_of(delivery: Delivery) -> str:
    """Path of the city that a message is about; of a round-up, of the city that its reader serves in."""
    about: Any = delivery.item or delivery.notice
    if about is not None:
        return str(about.event.case.grid_path)[: tree.STEP]
    from grids.models import Post

    path = Post.objects.filter(user=delivery.user_id).values_list("unit__grid__path", flat=True).first()
    return (path or "")[: tree.STEP]
