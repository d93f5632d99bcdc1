"""A message as an e-mail, and the connection over which many of them go."""

from __future__ import annotations

import hashlib
from smtplib import SMTPException
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from .messages import render
from .models import Delivery


class Unreachable(Exception):
    """The mail server does not answer, or does not let us in: nothing can be sent just now."""


class Mailer:
    """One connection for many mails. One that fails costs the connection, not the others."""

    def __init__(self) -> None:
        self._connection = get_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def send(self, mail: EmailMessage) -> None:
        """Returns once the server has taken the mail. Raises Unreachable, or what the server or Python said of it."""
        try:
            self._connection.open()
        except (OSError, SMTPException) as error:
            self._close()
            raise Unreachable(described(error)) from error
        try:
            self._connection.send_messages([mail])
        except Exception:
            self._close()  # after an error nobody knows what state the conversation is in
            raise

    def _close(self) -> None:
        connection, self._connection = self._connection, get_connection()
        try:
            connection.close()
        except (OSError, SMTPException):
            return  # it was broken already; what it had to say has been raised


def described(error: Exception) -> str:
    """An error in a line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def mail_of(delivery: Delivery) -> EmailMessage:
    """The mail in the recipient's language. A case whose reporter asks for secrecy goes by its number alone."""
    item = delivery.item
    message = render(item, item.user.locale, show_title=not item.event.case.secret)
    return EmailMessage(
        subject=message.subject,
        body=message.text,
        to=[item.user.email],
        headers={"Message-ID": message_id(delivery), "Auto-Submitted": "auto-generated"},  # RFC 3834: no auto-replies
    )


def message_id(delivery: Delivery) -> str:
    """The same for the same event, person and channel, so that a mailbox recognises a repetition."""
    item = delivery.item
    said = f"{item.event.hash} {item.user_id} {delivery.channel}"
    host = urlsplit(settings.SITE_URL).hostname
    return f"<{hashlib.sha256(said.encode()).hexdigest()[:40]}@{host}>"
