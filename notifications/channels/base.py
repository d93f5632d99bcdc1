"""What every channel promises, and the three ways in which it can fail: they decide what happens to the delivery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from notifications.composing import Composed


class Refused(Exception):
    """This message or address is refused for good (5xx, 410, bad number): it is not tried again. `dead` says that the
    address itself is no more, so that nothing else is sent there either."""

    def __init__(self, said: str, *, dead: bool = False) -> None:
        super().__init__(said)
        self.dead = dead


class TryLater(Exception):
    """This message was not taken now (429, greylisting); others may be. `after` is the provider's wish in seconds."""

    def __init__(self, said: str, *, after: float | None = None) -> None:
        super().__init__(said)
        self.after = after


class Unreachable(Exception):
    """The provider does not answer, or does not let us in: nothing goes there just now."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one address, as its channel spells addresses. `code` is a verification code, for channels whose
    providers have a template of its own for that."""

    address: str
    message: Composed
    code: str = ""

    def __repr__(self) -> str:  # a traceback or a log must not show where it goes
        return "Outgoing(…)"


class Sender(Protocol):
    """Sends over one provider. `key` is that of its circuit: what fails together has the same."""

    key: str

    def send(self, outgoing: Outgoing) -> str:
        """Returns once the provider has taken it, with its message id or nothing. Raises Refused, TryLater or
        Unreachable; has a timeout of its own."""
        ...

    def close(self) -> None:
        """Ends what it kept open for many messages."""
        ...


def described(error: BaseException) -> str:
    """An error in a line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
