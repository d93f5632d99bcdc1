"""Addresses of files that work for a short time: who may see the file is asked anew each time one is opened, so that
whoever no longer sees the case has nothing of an old address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework.reverse import reverse

from cases.models import Attachment, Case
from grids.models import User

SALT = "cases.file"
SESSION, BEARER, CODE = "s", "b", "c"
"""To whom an address was given: to a browser's session, to a client that signs in by a token (whoever has the address
may open it, as an image element sends no token), or to who has the case's look-up code."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an address leads to."""

    attachment: Attachment
    small: bool

    @property
    def name(self) -> str:
        """The name in the storage."""
        return str((self.attachment.thumbnail if self.small else self.attachment.file).name)


def address_for(request: Any, attachment: Attachment, *, small: bool = False) -> str:
    """An address for the user of this request, who sees the case; `small` is the small copy."""
    how = BEARER if getattr(request, "auth", None) else SESSION
    return _address(request, [how, request.user.pk, attachment.pk, int(small)])


def address_for_resident(request: Any, case: Case, attachment: Attachment, *, small: bool = False) -> str:
    """An address for who has shown the case's look-up code. The code itself does not stand in it."""
    return _address(request, [CODE, _mark(case), attachment.pk, int(small)])


def _address(request: Any, said: list[Any]) -> str:
    return str(reverse("file", [signing.dumps(said, salt=SALT)], request=request))


def opened(token: str, request: Any) -> Opened:
    """What an address of this request leads to. Raises Http404 where it is none, is too old, was given to another
    session, or where its holder does not see the case (any more)."""
    try:
        how, holder, pk, small = signing.loads(token, salt=SALT, max_age=settings.FILE_ADDRESS_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise Http404 from None
    attachment = _for_code(holder, pk) if how == CODE else _for_user(how, holder, pk, request)
    if attachment is None or (small and not attachment.thumbnail):
        raise Http404
    return Opened(attachment, bool(small))


def _for_user(how: str, user_id: int, pk: int, request: Any) -> Attachment | None:
    if how == SESSION and request.user.pk != user_id:
        return None
    user = request.user if how == SESSION else User.objects.filter(pk=user_id).first()
    return Attachment.objects.visible_to(user).select_related("case").filter(pk=pk).first()


def _for_code(mark: str, pk: int) -> Attachment | None:
    own = Attachment.objects.filter(from_resident=True).select_related("case").filter(pk=pk).first()
    return own if own is not None and constant_time_compare(_mark(own.case), mark) else None


def _mark(case: Case) -> str:
    """Changes with the code, and does not give it away."""
    return salted_hmac(SALT, f"{case.pk}:{case.lookup_code}", algorithm="sha256").hexdigest()[:32]
