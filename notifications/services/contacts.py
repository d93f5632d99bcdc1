"""Ways that lead to a person: added by that person, used once it is proven that they are theirs.

A code of six digits proves an address; only its hash is kept. A browser proves its subscription by having it."""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.errors import BadInput, IllegalMove, NotPermitted
from grids import tree
from grids.models import User
from notifications.addresses import identity_of, masked, normalise, said_of
from notifications.channels.base import Outgoing, Refused, TryLater, Unreachable
from notifications.choices import PACES, Channel, Pace
from notifications.composing import Composed
from notifications.models import ChannelAccount, Contact
from notifications.sealing import seal_text, text_hash, unseal_text
from notifications.services import circuits
from notifications.services.sending.claims import database_now
from notifications.services.sending.routes import Route, route_over, route_to

MOST_CONTACTS = 10
"""Of one person."""
CODE_HOLDS = timedelta(minutes=10)
MOST_TRIES = 5
SECONDS_BETWEEN_CODES = 60
MOST_CODES = 10
"""In an hour, for one person: nobody may use us to write to strangers."""
LONGEST_LABEL = 60


def add_contact(user: User, *, channel: str, address: str, label: str = "", by: User) -> Contact:
    """A way to a person; a second time it is the same one. A subscription of a browser can be used at once, all others
    once a code has been typed in (`send_code`).

    Raises NotPermitted for anybody else, BadInput where the address is none or there are too many.
    """
    if by.pk != user.pk:
        raise NotPermitted(_("Everybody adds their own ways."))
    if channel not in Channel.values:
        raise BadInput(channel=_("one of: %(words)s") % {"words": ", ".join(Channel.values)})
    try:
        spelled = normalise(channel, address)
    except (ValueError, ValidationError) as error:
        raise BadInput(address=said_of(error)) from error
    _check_label(label)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two at once must not both be the tenth
        return _added(user, channel, spelled, label)


def _added(user: User, channel: str, address: str, label: str) -> Contact:
    own = Contact.objects.filter(user=user)
    known = own.filter(channel=channel, address_hash=identity_of(channel, address)).first()
    if known is None and own.count() >= MOST_CONTACTS:
        raise BadInput(address=_("at most %(most)d ways: take one away first") % {"most": MOST_CONTACTS})
    contact = known or Contact(user=user, channel=channel, address_hash=identity_of(channel, address))
    contact.address_sealed = seal_text(address)
    contact.masked = masked(channel, address)
    contact.label = label or contact.label
    if channel == Channel.WEB_PUSH:
        contact.verified_at, contact.dead_at, contact.error = timezone.now(), None, ""
    contact.save()
    return contact


def change_contact(contact: Contact, *, label: str | None = None, least: str | None = None) -> Contact:
    """Another name, or another urgency from which on it is used. Raises BadInput."""
    if least is not None:
        if least not in PACES:
            raise BadInput(least=_("one of: %(words)s") % {"words": ", ".join(PACES)})
        contact.least = least
    if label is not None:
        _check_label(label)
        contact.label = label
    contact.save(update_fields=["label", "least"])
    return contact


def set_least(contact: Contact, pace: str) -> Contact:
    """From which urgency on it is used. Raises BadInput."""
    return change_contact(contact, least=pace)


def _check_label(label: str) -> None:
    if len(label) > LONGEST_LABEL or "\x00" in label:
        raise BadInput(label=_("at most %(most)d characters") % {"most": LONGEST_LABEL})


def remove_contact(contact: Contact) -> None:
    """It is forgotten; what still waits for it is given up when its turn comes."""
    contact.delete()


def send_code(contact: Contact, *, at: datetime | None = None) -> Contact:
    """Sends a new code to the address; the one before ends with it. Returns once the provider has taken it.

    Raises IllegalMove where there is nothing to prove or it was asked for too often, and BadInput where the address is
    refused or cannot be reached just now. `at` None means now.
    """
    code, now = f"{secrets.randbelow(10**6):06d}", at or timezone.now()
    with transaction.atomic():
        contact = Contact.objects.select_for_update().select_related("user").get(pk=contact.pk)
        _check_asked(contact, now)
        contact.code_hash, contact.code_attempts = _hash(contact, code), 0
        contact.code_expires_at = now + CODE_HOLDS
        contact.save(update_fields=["code_hash", "code_attempts", "code_expires_at"])
    _hand_over(contact, code)
    return contact


def _check_asked(contact: Contact, now: datetime) -> None:
    if contact.verified_at is not None and contact.dead_at is None:
        raise IllegalMove(_("This way is proven already."))
    if contact.code_expires_at is not None:
        asked_at = contact.code_expires_at - CODE_HOLDS
        if now < asked_at + timedelta(seconds=SECONDS_BETWEEN_CODES):
            raise IllegalMove(_("A code is on its way: ask for another one in a minute."))
    hour = f"codes:{contact.user_id}:{now:%Y%m%d%H}"
    cache.add(hour, 0, timeout=3600)
    if cache.incr(hour) > MOST_CODES:
        raise IllegalMove(_("That is too many codes for now: come back in an hour."))


def _hand_over(contact: Contact, code: str) -> None:
    route = _route(contact)
    if circuits.closed_until(route.key, database_now()):
        raise BadInput(address=_("it cannot be reached just now: try again later"))
    sender = route.open()
    try:
        sender.send(Outgoing(route.address, _words(contact, code), code))
    except Refused as error:
        raise BadInput(address=_("it was refused: %(said)s") % {"said": route.discreet(str(error))}) from error
    except (TryLater, Unreachable) as error:
        raise BadInput(address=_("it cannot be reached just now: try again later")) from error
    finally:
        sender.close()


def _route(contact: Contact) -> Route:
    address = unseal_text(contact.address_sealed)
    if contact.channel != Channel.SMS:
        return route_to(contact.channel, address)
    cities = {path[: tree.STEP] for path in contact.user.posts.values_list("unit__grid__path", flat=True)}
    account = ChannelAccount.objects.filter(channel=Channel.SMS, active=True, city__path__in=cities).first()
    if account is None:
        raise BadInput(channel=_("the city has no account for short messages"))
    return route_over(account, address)


def _words(contact: Contact, code: str) -> Composed:
    with translation.override(contact.user.locale):
        subject = _("Your code: %(code)s") % {"code": code}
        text = _(
            "%(code)s proves that this address is yours. It holds for ten minutes. If you did not ask for it, ignore "
            "this message."
        ) % {"code": code}
    return Composed(subject, text, text[:120], "", Pace.NOW, secrets.token_hex(16))


def verify_contact(contact: Contact, code: str, *, at: datetime | None = None) -> Contact:
    """The way is proven and used from now on. Five wrong codes end a code; a try counts even where this raises, so
    that it must not run inside a transaction that is then rolled back.

    Raises BadInput for a wrong code, IllegalMove where none is waited for. `at` None means now.
    """
    now = at or timezone.now()
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        waited_for = contact.code_hash and contact.code_expires_at and now < contact.code_expires_at
        if not waited_for or contact.code_attempts >= MOST_TRIES:
            raise IllegalMove(_("No code is waited for: ask for a new one."))
        right = compare_digest(contact.code_hash, _hash(contact, code.strip()))
        if right:
            contact.verified_at, contact.dead_at, contact.error = now, None, ""
            contact.code_hash, contact.code_expires_at = "", None
        contact.code_attempts = 0 if right else contact.code_attempts + 1
        contact.save()
    if not right:
        left = MOST_TRIES - contact.code_attempts
        raise BadInput(code=_("not the code that was sent; tries left: %(count)d") % {"count": left})
    return contact


def _hash(contact: Contact, code: str) -> str:
    return text_hash(json.dumps(["code", contact.pk, contact.address_hash, code]))


def contacts_of(user: Any) -> Any:
    """One's own, the oldest first."""
    return Contact.objects.visible_to(user).order_by("pk")
