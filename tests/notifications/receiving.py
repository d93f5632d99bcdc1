"""A real mail receiver on this machine, which can refuse, fail and go away; and a question to the inbox."""

from __future__ import annotations

from collections.abc import Callable

from bench.receivers import MailServer
from cases.models import Case

Told = Callable[[Case, str], dict[str, str]]
Receiver = MailServer
