"""Short messages: one face over a city's provider. Chinese providers send only texts whose template they have approved,
so that an account names its templates, and which words of ours fill them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from notifications.choices import Provider

from . import aliyun, gateway, tencent, web
from .base import Outgoing


class Carrier(Protocol):
    """Hands one short message to a provider. `credentials` and `options` are those of the account."""

    def __call__(
        self, session: web.Web, credentials: dict[str, str], options: dict[str, Any], outgoing: Outgoing
    ) -> str: ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What an account with a provider consists of: names of fields, and how they are called. `secret` ones are sealed
    and never shown again; what is in `optional` may stay empty."""

    secret: dict[str, Any]
    options: dict[str, Any]
    optional: frozenset[str]
    carry: Carrier


_TEMPLATES: dict[str, Any] = {
    "sign_name": _("signature (in front of each text)"),
    "template": _("template of messages"),
    "parameters": _("what fills its variables: name=short, subject or url, separated by commas"),
    "code_template": _("template of verification codes, with the variable code"),
}
OFFERS: dict[str, Offer] = {
    Provider.ALIYUN: Offer(
        {"key_id": _("AccessKey ID"), "key_secret": _("AccessKey secret")},
        _TEMPLATES | {"endpoint": _("address of the service, where it is not the public one")},
        frozenset({"code_template", "endpoint"}),
        aliyun.send,
    ),
    Provider.TENCENT: Offer(
        {"key_id": _("SecretId"), "key_secret": _("SecretKey")},
        _TEMPLATES
        | {
            "app_id": _("SmsSdkAppId"),
            "region": _("region"),
            "endpoint": _("address of the service, where it is not the public one"),
        },
        frozenset({"code_template", "region", "endpoint"}),
        tencent.send,
    ),
    Provider.WEBHOOK: Offer(
        {"secret": _("secret that requests are signed with")},
        {"url": _("address of the gateway")},
        frozenset(),
        gateway.send,
    ),
}


class SmsSender:
    """Over one account."""

    def __init__(self, key: str, provider: str, credentials: dict[str, str], options: dict[str, Any]) -> None:
        self.key = key
        self._carry: Callable[..., str] = OFFERS[provider].carry
        self._credentials = credentials
        self._options = options
        self._web = web.Web()

    def send(self, outgoing: Outgoing) -> str:
        """The provider's message id. As `Sender.send`."""
        return self._carry(self._web, self._credentials, self._options, outgoing)

    def close(self) -> None:
        self._web.close()
