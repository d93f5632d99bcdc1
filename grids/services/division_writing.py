"""Writing a planned change of the tree in bulk: one COPY for what is new, one statement a level for what
moves. Computes treebeard's columns itself, because a call a row would take hours for a country."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import gettext as _

from ..choices import Level
from ..models import Grid, GridChange, User

if TYPE_CHECKING:
    from .divisions import Node, Plan

Progress = Callable[[list[Any], str], Iterable[Any]]
"""Wraps a list that is worked through, named by what is being done, so that a bar can be shown."""

STEP: int = Grid.steplen
COLUMNS = "path, depth, numchild, code, name, level, kind, skips_levels, synthetic"

MOVE_SUBTREES = """
    UPDATE grids_grid AS grid
    SET path = moved.new_path || substr(grid.path, length(moved.old_path) + 1),
        depth = (length(moved.new_path) + length(grid.path) - length(moved.old_path)) / %(step)s,
        skips_levels = CASE WHEN grid.path = moved.old_path THEN moved.skips ELSE grid.skips_levels END
    FROM unnest(%(old)s::text[], %(new)s::text[], %(skips)s::boolean[]) AS moved (old_path, new_path, skips)
    WHERE grid.path >= moved.old_path COLLATE "C" AND grid.path < (moved.old_path || '~') COLLATE "C"
"""
# '~' sorts behind every character of a path, so that the range is exactly the subtree


def write_changes(plan: Plan, *, by: User | None, at: datetime | None, progress: Progress) -> None:
    """Write a plan in the current transaction; `progress` may show how far it is."""
    with connection.cursor() as cursor:
        # Parents are checked once all rows are where they belong, and still before this returns
        cursor.execute("SET CONSTRAINTS grid_stands_under_its_parent DEFERRED")
        _create(cursor, plan.created, progress)
        for level in Level.values:
            _move(cursor, [node for node in plan.moved if node.level == level])
        _rename(cursor, plan.renamed)
        _count_children(cursor, plan)
        cursor.execute("SET CONSTRAINTS grid_stands_under_its_parent IMMEDIATE")
    _remember(plan, by, at or timezone.now())


def _create(cursor: CursorWrapper, nodes: list[Node], progress: Progress) -> None:
    if not nodes:
        return
    with cursor.copy(f"COPY grids_grid ({COLUMNS}) FROM STDIN") as copy:
        for path, node in progress(_in_tree_order(nodes), _("writing")):
            depth = len(path) // STEP
            copy.write_row(
                (
                    path,
                    depth,
                    node.children,
                    node.code,
                    node.name,
                    node.level,
                    node.kind,
                    node.skips,
                    node.synthetic,
                )
            )


def _in_tree_order(nodes: list[Node]) -> list[tuple[str, Node]]:
    """So that a subtree lies together on disk as it is read."""
    return sorted(((node.path, node) for node in nodes), key=lambda pair: pair[0])


def _move(cursor: CursorWrapper, nodes: list[Node]) -> None:
    """Move subtrees of one level, after those of the levels above it have arrived: old parents stand where
    they will stand, and so the old path is known."""
    old, new, skips = [], [], []
    for node in nodes:
        parent, step = node.moved_from or (node.parent, node.step)
        old.append((parent.path if parent else "") + step)
        new.append(node.path)
        skips.append(node.skips)
    if nodes:
        cursor.execute(MOVE_SUBTREES, {"old": old, "new": new, "skips": skips, "step": STEP})


def _rename(cursor: CursorWrapper, nodes: list[Node]) -> None:
    if not nodes:
        return
    cursor.execute(
        """
        UPDATE grids_grid AS grid SET name = renamed.name, kind = renamed.kind
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS renamed (id, name, kind)
        WHERE grid.id = renamed.id
        """,
        [[n.id for n in nodes], [n.name for n in nodes], [n.kind for n in nodes]],
    )


def _count_children(cursor: CursorWrapper, plan: Plan) -> None:
    """The number of children of grids that were there before; a new one was written with its own."""
    parents: dict[int, int] = {}
    for node in _parents(plan):
        if node is not None and node.id is not None:
            parents[node.id] = node.children
    if parents:
        cursor.execute(
            """
            UPDATE grids_grid AS grid SET numchild = counted.children
            FROM unnest(%s::bigint[], %s::int[]) AS counted (id, children) WHERE grid.id = counted.id
            """,
            [list(parents), list(parents.values())],
        )


def _parents(plan: Plan) -> Iterable[Node | None]:
    for node in plan.created:
        yield node.parent
    for node in plan.moved:
        yield node.parent
        yield node.moved_from[0] if node.moved_from else None


def _remember(plan: Plan, by: User | None, at: datetime) -> None:
    lines = [
        GridChange(grid_id=node.id or 0, kind=kind, before=node.was, after=node.history(), at=at, by=by)
        for kind, nodes in ((GridChange.Kind.RENAMED, plan.renamed), (GridChange.Kind.MOVED, plan.moved))
        for node in nodes
    ]
    GridChange.objects.bulk_create(lines, batch_size=1000)
