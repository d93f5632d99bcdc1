"""Whether a kept connection still lives is seen by listening to it, not by asking the server with each request."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, except for the look at a connection that rested between two requests."""

    def is_usable(self) -> bool:
        """Whether the connection can be used. A server that ends, or ends it, leaves its last words or their end to be
        read. One that is silent is taken for alive, except after an error."""
        alive: bool = self._is_silent() or super().is_usable()
        return alive

    def _is_silent(self) -> bool:
        if self.connection is None or self.connection.closed or self.errors_occurred:
            return False
        ear = select.poll()
        ear.register(self.connection.pgconn.socket, select.POLLIN)
        return not ear.poll(0)
