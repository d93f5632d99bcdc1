"""Lists under a name: put down, renamed, shared with a unit, taken away."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.errors import BadInput, NotPermitted
from cases.lists import Query, cases_of
from cases.models import SavedFilter
from grids.choices import Role
from grids.territory import territory_of

MOST_FILTERS = 50
"""Of one's own, and of each unit: more is no list of lists any more."""
KEEPERS = frozenset({Role.LEADER.value, Role.DISPATCHER.value, Role.VILLAGE_HEAD.value, Role.ADMINISTRATOR.value})
"""Who may change what somebody else has shared with their unit."""


def save_filter(user: Any, name: str, query: Query, *, unit_id: int | None = None) -> SavedFilter:
    """Puts a list down, for oneself or for a unit that one serves in.

    Raises BadInput for filters that are none, a name that is there already, or one filter too many; NotPermitted for
    a unit that one does not serve in."""
    found = SavedFilter(owner=user, name=name, query=query, unit_id=unit_id)
    _check_unit(user, unit_id)
    kept = SavedFilter.objects.filter(unit=unit_id) if unit_id else SavedFilter.objects.filter(owner=user, unit=None)
    if kept.count() >= MOST_FILTERS:
        raise BadInput(name=_("%d are kept already: delete one first") % MOST_FILTERS)
    return _written(user, found)


def change_filter(user: Any, kept: SavedFilter, **said: Any) -> SavedFilter:
    """Changes name, filters or the unit that it is shared with. Raises as `save_filter`; NotPermitted where it is
    somebody else's and one does not keep order in its unit."""
    check_keeper(user, kept)
    for name in ("name", "query", "unit_id"):
        if name in said:
            setattr(kept, name, said[name])
    if "unit_id" in said:
        _check_unit(user, kept.unit_id)
    return _written(user, kept)


def delete_filter(user: Any, kept: SavedFilter) -> None:
    """Takes it away. Raises NotPermitted as `change_filter`."""
    check_keeper(user, kept)
    kept.delete()


def may_change(user: Any, kept: SavedFilter) -> bool:
    """Whether it is the user's own, or they keep order in its unit."""
    keeps = {s.unit_id for s in territory_of(user).standings if s.role in KEEPERS}
    return kept.owner_id == user.pk or kept.unit_id in keeps


def check_keeper(user: Any, kept: SavedFilter) -> None:
    if not may_change(user, kept):
        raise NotPermitted(_("it is somebody else's: save it under a name of your own"))


def _check_unit(user: Any, unit_id: int | None) -> None:
    if unit_id is not None and unit_id not in territory_of(user).unit_ids:
        raise NotPermitted(_("you do not serve in this unit"))


def _written(user: Any, kept: SavedFilter) -> SavedFilter:
    if not kept.name.strip():
        raise BadInput(name=_("a name would be right"))
    if not kept.query:
        raise BadInput(query=_("at least one filter would be right"))
    cases_of(user, kept.query)
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError as error:
        if "filter_name" not in str(error):
            raise
        raise BadInput(name=_("this name is there already")) from None
    return kept
