"""Sends what waits: claims due deliveries under a lease, a message for each person and way, and marks them as sent only
after the provider has taken it.

`claims` takes, `routes` finds the way, `outcomes` writes what came of it, `turns` is the order of it all."""

from .claims import LEASE
from .outcomes import MOST_ATTEMPTS, Sent
from .turns import send_deliveries

__all__ = ["LEASE", "MOST_ATTEMPTS", "Sent", "send_deliveries"]
