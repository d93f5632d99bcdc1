"""A city's account with a provider of short messages: its credentials go in sealed and come out only to send."""

from __future__ import annotations

import json
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from cases.errors import BadInput
from grids.models import User
from notifications.channels import filling, web
from notifications.channels.base import Outgoing
from notifications.channels.sms import OFFERS
from notifications.choices import Pace
from notifications.composing import Composed
from notifications.models import ChannelAccount
from notifications.sealing import seal_text, unseal_text
from notifications.services import circuits
from notifications.services.sending.claims import database_now
from notifications.services.sending.routes import route_over


def check_account(account: ChannelAccount, *, credentials: dict[str, str], options: dict[str, str]) -> None:
    """Whether an account may be kept as it is said. Raises BadInput with the fields that its provider needs and does
    not have, or that cannot be."""
    _said(account, credentials, options)


def save_account(account: ChannelAccount, *, credentials: dict[str, str], options: dict[str, str]) -> ChannelAccount:
    """Keeps an account. Credentials that are empty stay as they are; of another provider none stay. Raises as
    `check_account`."""
    secret, said = _said(account, credentials, options)
    account.credentials_sealed = seal_text(json.dumps({"provider": account.provider} | secret))
    account.options = {name: value for name, value in said.items() if value}
    account.save()
    circuits.forget(f"sms:{account.pk}")
    return account


def _said(
    account: ChannelAccount, credentials: dict[str, str], options: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    offer, known = OFFERS[account.provider], _known(account)
    secret = {name: credentials.get(name) or known.get(name, "") for name in offer.secret}
    said = {name: options.get(name, "").strip() for name in offer.options}
    _check(account, secret, said)
    return secret, said


def _known(account: ChannelAccount) -> dict[str, str]:
    if not account.credentials_sealed:
        return {}
    known: dict[str, str] = json.loads(unseal_text(account.credentials_sealed))
    return known if known.get("provider") == account.provider else {}


def _check(account: ChannelAccount, secret: dict[str, str], said: dict[str, str]) -> None:
    offer = OFFERS[account.provider]
    wrong: dict[str, object] = {
        name: _("this provider needs it") for name, value in (secret | said).items()
        if not value and name not in offer.optional
    }  # fmt: skip
    for name in ("url", "endpoint"):
        if said.get(name) and not _is_address(said[name]):
            wrong[name] = _("an https address of no private network")
    try:
        filling.read_parameters(said.get("parameters", ""))
    except ValueError:
        wrong["parameters"] = _("name=word, where the word is one of: %(words)s") % {"words": ", ".join(filling.WORDS)}
    if wrong:
        raise BadInput(**wrong)


def _is_address(url: str) -> bool:
    try:
        web.check_url(url)
    except ValueError:
        return False
    return True


def send_test(account: ChannelAccount, to: User) -> str:
    """A short message to the phone of whoever asks; its id at the provider.

    Raises BadInput where that user has no phone, and what a channel raises."""
    if not to.phone:
        raise BadInput(phone=_("your account has no phone number to send to"))
    text = _("A test of the platform: short messages arrive.")
    message = Composed(text, text, text, settings.SITE_URL, Pace.SOON, str(uuid4()))
    route = route_over(account, to.phone)
    sender = route.open()
    try:
        provider_id = sender.send(Outgoing(route.address, message))
    finally:
        sender.close()
    circuits.note_success(route.key)
    return provider_id


def try_circuits(keys: list[str]) -> int:
    """Providers that are left alone are tried with the next message. How many were."""
    return circuits.try_now(keys, database_now())
