"""Making, renaming and moving a grid. Who changes the shape of the tree holds off everybody else who would,
because a move rewrites the paths of a whole subtree."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..boundaries import checked_boundary
from ..choices import Level
from ..kinds import kind_of
from ..models import Grid, GridChange, User


def hold_tree() -> None:
    """Hold off other changes of the tree until this transaction ends. Reading it goes on, and so do rows
    that refer to it."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE grids_grid IN SHARE ROW EXCLUSIVE MODE")


def locked(grid: Grid) -> Grid:
    """The grid as it is now, locked until the transaction ends."""
    return Grid.objects.select_for_update().get(pk=grid.pk)


def place(grid: Grid | None) -> dict[str, Any]:
    """What the history remembers of a grid: its name, code, level and parent at this moment."""
    if grid is None:
        return {}
    parent = Grid.objects.get_parent(grid, update=True)
    return {
        "code": grid.code,
        "name": grid.name,
        "level": grid.level,
        "kind": grid.kind,
        "path": grid.path,
        "parent_code": parent.code if parent else None,
        "parent_name": parent.name if parent else None,
    }


def check_parent(level: str, parent: Grid | None, *, skips_levels: bool) -> None:
    """Refuse a parent that a grid of this level cannot stand under.

    Raises ValidationError naming `parent`. The database checks the same once more, for whoever writes past
    this.
    """
    if parent is None:
        if level != Level.CITY:
            raise ValidationError({"parent": _("only a city stands at the root: name the parent")})
        return
    if parent.dissolved_at is not None:
        raise ValidationError({"parent": _("%(grid)s was dissolved") % {"grid": parent}})
    apart = Level(level).rank - Level(parent.level).rank
    if apart < 1 or (apart > 1 and not skips_levels):
        raise ValidationError(
            {
                "parent": _(
                    "a %(level)s stands one level below its parent, and %(grid)s is a %(parent_level)s; "
                    "where a level is really missing, say so with skips_levels"
                )
                % {"level": Level(level).label, "grid": parent, "parent_level": Level(parent.level).label}
            }
        )


@transaction.atomic
def create_grid(
    *, code: str, name: str, level: str, parent: Grid | None = None, skips_levels: bool = False, **facts: Any
) -> Grid:
    """A new grid at the end of its parent's children.

    `skips_levels` says that a level between the two is really missing. `facts` are further columns
    (`boundary`, `lon`, `lat`, `population`, `synthetic`, `kind`: derived from the name where it is not
    given). Raises ValidationError naming the field.
    """
    hold_tree()
    parent = locked(parent) if parent else None
    facts.setdefault("kind", kind_of(name, level))
    facts["boundary"] = checked_boundary(facts.get("boundary"))
    grid = Grid(code=code, name=name, level=level, skips_levels=skips_levels, **facts)
    grid.full_clean(exclude=["path", "depth", "numchild"])
    check_parent(level, parent, skips_levels=skips_levels)
    if parent is None:
        return Grid.objects.add_root(instance=grid)
    return Grid.objects.add_child(parent, instance=grid)


@transaction.atomic
def rename_grid(grid: Grid, name: str, *, by: User | None = None, at: datetime | None = None) -> Grid:
    """Give a grid another name; its history keeps the old one.

    `at` is the moment (None: now). Raises ValidationError naming `name`.
    """
    grid = locked(grid)
    before = place(grid)
    if name == grid.name:
        return grid
    grid.name, grid.kind = name, kind_of(name, grid.level) or grid.kind
    grid.full_clean(exclude=["path", "depth", "numchild"])
    grid.save(update_fields=["name", "kind"])
    record(grid, GridChange.Kind.RENAMED, before, by=by, at=at)
    return grid


@transaction.atomic
def move_grid(
    grid: Grid,
    new_parent: Grid,
    *,
    by: User | None = None,
    at: datetime | None = None,
    skips_levels: bool = False,
) -> Grid:
    """Put a grid with all that lies in it under another parent; its history keeps the old one.

    Its code stays: it is an identity, and only the statistical bureau gives another one. `at` is the moment
    (None: now). Raises ValidationError naming `grid` or `parent`.
    """
    hold_tree()
    grid, new_parent = locked(grid), locked(new_parent)
    if grid.level == Level.CITY:
        raise ValidationError({"grid": _("a city is a root and cannot be moved")})
    if grid.dissolved_at is not None:
        raise ValidationError({"grid": _("%(grid)s was dissolved") % {"grid": grid}})
    check_parent(grid.level, new_parent, skips_levels=skips_levels)
    before = place(grid)
    if before["parent_code"] == new_parent.code:
        return grid
    put_under(grid, new_parent, skips_levels=skips_levels)
    record(grid, GridChange.Kind.MOVED, before, by=by, at=at)
    return grid


def put_under(grid: Grid, parent: Grid, *, skips_levels: bool) -> None:
    """Rewrite the paths of a subtree; the row says that it skips levels for as long as it does."""
    if skips_levels and not grid.skips_levels:
        Grid.objects.filter(pk=grid.pk).update(skips_levels=True)
    Grid.objects.move(grid, parent, "last-child")
    if grid.skips_levels and not skips_levels:
        Grid.objects.filter(pk=grid.pk).update(skips_levels=False)
    grid.refresh_from_db()


def record(
    grid: Grid,
    kind: GridChange.Kind,
    before: dict[str, Any],
    *,
    after: dict[str, Any] | None = None,
    by: User | None,
    at: datetime | None,
) -> None:
    """Write one line of a grid's history; `after` is how it stands now where it is not given."""
    GridChange.objects.create(
        grid=grid,
        kind=kind,
        before=before,
        after=place(grid) if after is None else after,
        by=by,
        at=at or timezone.now(),
    )
