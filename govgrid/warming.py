"""What a web process would read before its first answer, read before it takes requests: territory, outlines, promises
and categories of a whole city take seconds."""

from __future__ import annotations

import logging

from django.db import Error, connections

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Reads reference data into this process and gives its connections back: they must not cross a fork.

    Where the database is not there yet, or empty, requests read what they need, as ever."""
    try:
        _read()
    except Error as error:
        logger.warning("reference data is not read ahead: %s", type(error).__name__)
    finally:
        connections.close_all()


def _read() -> None:
    from cases import categories, policies
    from cases.api.intake import PUBLIC_REPORT
    from cases.calendars import calendar_of
    from grids import tree
    from grids.locate import locate
    from grids.models import Grid

    for path in Grid.objects.filter(depth=1).values_list("path", flat=True):
        tree.way_to(path)
        tree.authority_upward(path)
        calendar_of(path)
    locate(0.0, 0.0)
    policies.book()
    categories.book()
    len(PUBLIC_REPORT.fields)
