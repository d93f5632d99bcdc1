"""How gunicorn serves the web wherever it is started in this folder: by script/server, an operator, or a bench. What
stands on its command line wins over this."""

import gc
from typing import Any

worker_class = "gthread"
threads = 4
keepalive = 65  # longer than proxies keep an idle connection, so that it is theirs to close
preload_app = True


def when_ready(server: Any) -> None:
    """Reads the territory before any process takes requests, and once for all of them."""
    from govgrid.warming import warm_up

    warm_up()
    gc.collect()
    gc.freeze()  # what all workers share is never looked through for garbage, and so stays shared
