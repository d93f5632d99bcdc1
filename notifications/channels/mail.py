"""E-mail: one connection to the mail server for many mails. A mail that is repeated has the same Message-ID, by which
mailboxes recognise it."""

from __future__ import annotations

import re
from contextlib import suppress
from smtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from .base import Outgoing, Refused, TryLater, Unreachable, described

KEY = "email"
NO_SUCH_MAILBOX = frozenset({550, 551, 553})
STATUS = re.compile(rb"\b5\.(\d{1,3})\.(\d{1,3})\b")
"""Enhanced status of an answer (RFC 3463): 5.1.x is about the address, 5.2.1 a mailbox that is disabled."""
CLOSING = 421


class MailSender:
    """Over the mail server of the settings. A mail that fails costs the connection, not the others."""

    key = KEY

    def __init__(self) -> None:
        self._connection = get_connection()

    def send(self, outgoing: Outgoing) -> str:
        """The Message-ID. As `Sender.send`."""
        try:
            self._connection.open()
        except (OSError, SMTPException) as error:
            self.close()
            raise Unreachable(described(error)) from error
        mail = mail_of(outgoing)
        try:
            self._connection.send_messages([mail])
        except Exception as error:
            self.close()  # after an error nobody knows what state the conversation is in
            raise meaning(error) from error
        return mail.extra_headers["Message-ID"]

    def close(self) -> None:
        connection, self._connection = self._connection, get_connection()
        with suppress(OSError, SMTPException):  # it was broken already; what it had to say has been raised
            connection.close()


def mail_of(outgoing: Outgoing) -> EmailMessage:
    """The mail as it goes out."""
    message = outgoing.message
    return EmailMessage(
        subject=" ".join(message.subject.split()),
        body=message.text,
        to=[outgoing.address],
        headers={"Message-ID": message_id(message.key), "Auto-Submitted": "auto-generated"},  # RFC 3834
    )


def message_id(key: str) -> str:
    """The same for the same key."""
    return f"<{key}@{urlsplit(settings.SITE_URL).hostname}>"


def meaning(error: Exception) -> Exception:
    """What an error of a mail means: of this mail, of its address or of the server."""
    said = described(error)
    match error:
        case SMTPRecipientsRefused():
            (code, answer), *_others = error.recipients.values()
            return _of_recipient(code, answer, said)
        case SMTPServerDisconnected() | SMTPAuthenticationError():
            return Unreachable(said)
        case SMTPSenderRefused():  # it takes nothing from us, whoever it is for
            return Unreachable(said)
        case SMTPResponseException():
            if error.smtp_code == CLOSING:
                return Unreachable(said)
            return Refused(said) if error.smtp_code >= 500 else TryLater(said)
        case OSError():
            return Unreachable(said)
        case ValueError() | UnicodeError():  # an address or a subject that cannot be one
            return Refused(said)
    return TryLater(said)


def _of_recipient(code: int, answer: bytes, said: str) -> Exception:
    if code == CLOSING:
        return Unreachable(said)
    if code < 500:
        return TryLater(said)
    status = STATUS.search(answer)
    gone = status is None or status[1] == b"1" or (status[1], status[2]) == (b"2", b"1")
    return Refused(said, dead=code in NO_SUCH_MAILBOX and gone)
