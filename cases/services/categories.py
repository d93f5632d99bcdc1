"""Category files become the category tree, as often as they come: what differs is changed, what a file does not name
is left alone, and what cannot stand is refused with its line."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from cases.choices import Focus, Urgency
from cases.models import Category
from grids.choices import Level, UnitKind

CODED = ("code", "name_zh", "parent_code")
"""Columns that a file of our own form must have; the others may be missing, and then nothing they would say changes."""
LEVELS = ("level1", "level2", "level3")
"""Columns of a file that has names only."""
HASHED = 10
"""Digits of a code made from names: 40 bits, so that two of ten thousand names meet once in twenty thousand files."""


class Refused(NamedTuple):
    """A row that did not go in, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A node as a file has it. `said` holds only the columns that the file has."""

    line: int
    code: str
    parent_code: str
    said: dict[str, Any]


@dataclass(slots=True)
class Loaded:
    """What a file changed, by codes."""

    created: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    deactivated: list[str] = field(default_factory=list)
    unchanged: int = 0
    missing: int = 0
    refused: list[Refused] = field(default_factory=list)


def read_rows(
    header: list[str], rows: Iterable[tuple[int, Mapping[str, str]]], prefix: str | None = None
) -> tuple[list[Wanted], list[Refused]]:
    """The nodes of a file with these columns, and the rows that are none.

    `prefix` stands before each code, so that two trees live side by side: none for a file with codes; "x" for one
    with names only, whose codes are made from the names from the top down, and stay when rows come, go or change
    places. Raises ValueError where the header is neither.
    """
    if set(CODED) <= set(header):
        reader: Any = _Coded(prefix or "")
    elif LEVELS[0] in header:
        reader = _Named("x" if prefix is None else prefix)
    else:
        raise ValueError(
            _("the header has %(header)s; right would be %(coded)s and more, or %(levels)s")
            % {"header": ",".join(header)[:80], "coded": ",".join(CODED), "levels": ",".join(LEVELS)}
        )
    for line, row in rows:
        try:
            reader.take(line, {name: (value or "").strip() for name, value in row.items() if name})
        except ValueError as error:
            reader.refused.append(Refused(line, str(error)))
    return list(reader.wanted.values()), reader.refused


class _Coded:
    """code, name_zh, name_en, parent_code, urgency, unit_kind, focus, photo_required, level."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.wanted: dict[str, Wanted] = {}
        self.refused: list[Refused] = []

    def take(self, line: int, row: dict[str, str]) -> None:
        code = self.prefix + row["code"]
        if not re.fullmatch(r"[\w.-]{1,40}", code) or not row["code"]:
            raise ValueError(_("code %(code)r: 1 to 40 letters, digits, dots or dashes") % {"code": row["code"]})
        if code in self.wanted:
            twice = _("code %(code)s is there already, in line %(line)d")
            raise ValueError(twice % {"code": code, "line": self.wanted[code].line})
        parent = self.prefix + row["parent_code"] if row["parent_code"] else ""
        said = {"name": _name(row["name_zh"], "name_zh", 80)}
        if row.get("name_en"):
            said["name_en"] = _name(row["name_en"], "name_en", 120)
        self.wanted[code] = Wanted(line, code, parent, said | _defaults(row))


def _defaults(row: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "urgency" in row:
        said["urgency"] = _one_of("urgency", row["urgency"] or Urgency.ORDINARY.value, Urgency)
    if "unit_kind" in row:
        said["unit_kind"] = _one_of("unit_kind", row["unit_kind"], UnitKind) if row["unit_kind"] else ""
    if "level" in row:
        said["lead_level"] = _one_of("level", row["level"], Level) if row["level"] else ""
    if "focus" in row:
        said["focus"] = [_one_of("focus", tag.strip(), Focus) for tag in re.split("[;；]", row["focus"]) if tag.strip()]
    if "photo_required" in row:
        if row["photo_required"] not in ("", "0", "1"):
            raise ValueError(_("photo_required: 1 or 0, not %(said)r") % {"said": row["photo_required"]})
        said["photo_required"] = row["photo_required"] == "1"
    return said


def _one_of(column: str, value: str, words: Any) -> str:
    if value not in words.values:
        shown = {"column": column, "words": ", ".join(words.values), "value": value}
        raise ValueError(_("%(column)s: one of %(words)s, not %(value)r") % shown)
    return value


def _name(name: str, column: str, longest: int) -> str:
    if not name or len(name) > longest or any(unicodedata.category(c) == "Cc" for c in name):
        wrong = _("%(column)s: a name of 1 to %(longest)d characters in one line")
        raise ValueError(wrong % {"column": column, "longest": longest})
    return name


class _Named:
    """level1, level2, level3: a row is a path of names, and each beginning of it is a node."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.wanted: dict[str, Wanted] = {}
        self.refused: list[Refused] = []
        self._lines: dict[tuple[str, ...], int] = {}

    def take(self, line: int, row: dict[str, str]) -> None:
        cells = [row.get(level, "") for level in LEVELS]
        names = tuple(_name(cell, level, 80) for level, cell in zip(LEVELS, cells, strict=True) if cell)
        if not names or list(names) != cells[: len(names)]:
            raise ValueError(_("a name is missing above another: fill level1 first, then level2, then level3"))
        if (first := self._lines.setdefault(names, line)) != line:
            raise ValueError(_("is there already, in line %(line)d") % {"line": first})
        for depth in range(1, len(names) + 1):
            code = self.code(names[:depth])
            parent = self.code(names[: depth - 1]) if depth > 1 else ""
            self.wanted.setdefault(code, Wanted(line, code, parent, {"name": names[depth - 1]}))

    def code(self, names: tuple[str, ...]) -> str:
        """Made from the names alone, so that it does not depend on where the row stands."""
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
        return f"{self.prefix}{digest[:HASHED]}"


@transaction.atomic
def load_categories(
    wanted: Iterable[Wanted],
    refused: Iterable[Refused] = (),
    *,
    deactivate_missing: str | None = None,
    dry_run: bool = False,
) -> Loaded:
    """Makes the tree as the file says: creates, renames, moves and changes what differs.

    Categories that the file does not name stay as they are; with `deactivate_missing` those whose code begins so ("":
    all) are taken out of use, unless a row of the file was refused, and those that it names are in use again. None is
    ever deleted: cases refer to them. `dry_run` does all of it and takes it back.
    """
    loader = _Loader(list(wanted))
    loader.loaded.refused.extend(refused)
    loader.load(in_use=deactivate_missing is not None)
    loader.count_missing(deactivate_missing)
    transaction.set_rollback(dry_run)
    return loader.loaded


class _Loader:
    def __init__(self, wanted: list[Wanted]) -> None:
        self.wanted = {node.code: node for node in wanted}
        # Locked: a second load of the same file waits, and then finds everything there
        rows = Category.objects.select_for_update().order_by("path")
        self.present = {row.code: row for row in rows}
        self.refused: dict[str, str] = {}
        self.names: dict[tuple[str, str], str] = {}
        self.loaded = Loaded()

    def load(self, *, in_use: bool) -> None:
        for node in self._parents_first():
            if reason := self._wrong(node):
                self.refused[node.code] = reason
                self.loaded.refused.append(Refused(node.line, reason))
                continue
            row = self._move(node) if node.code in self.present else None
            said = node.said | ({"active": True} if in_use else {})
            if row is None:
                self._create(node, said)
            else:
                self._change(row, said)

    def _parents_first(self) -> list[Wanted]:
        """By depth within the file; those that stand below themselves come last, and are refused."""
        depths: dict[str, int] = {}

        def depth(code: str) -> int:
            chain = []
            while code in self.wanted and code not in depths and code not in chain:
                chain.append(code)
                code = self.wanted[code].parent_code
            above = len(self.wanted) if code in chain else depths.get(code, 0)
            for below in reversed(chain):
                above += 1
                depths[below] = above
            return depths.get(code, 0)

        for code in self.wanted:
            depth(code)
        return sorted(self.wanted.values(), key=lambda node: depths[node.code])

    def _wrong(self, node: Wanted) -> str:
        parent = node.parent_code
        if parent in self.refused:
            return _("its parent %(code)s was refused") % {"code": parent}
        if parent and parent not in self.present:
            if parent in self.wanted:
                return _("%(code)s stands below itself: its parent %(parent)s leads back to it") % {
                    "code": node.code,
                    "parent": parent,
                }
            return _("its parent %(code)s is unknown: give it a row") % {"code": parent}
        above, own = self.present.get(parent), self.present.get(node.code)
        if above is not None and own is not None and above.path.startswith(own.path):
            return _("its parent %(code)s stands below it: move that one away first") % {"code": parent}
        taken = self.names.setdefault((parent, node.said["name"]), node.code)
        if taken != node.code:
            return _("“%(name)s” is there already beside it, as %(code)s") % {"name": node.said["name"], "code": taken}
        return ""

    def _create(self, node: Wanted, said: dict[str, Any]) -> None:
        row = Category(code=node.code, **said)
        if node.parent_code:
            Category.objects.add_child(self._fresh(node.parent_code), instance=row)
        else:
            Category.objects.add_root(instance=row)
        self.present[node.code] = row
        self.loaded.created.append(node.code)

    def _fresh(self, code: str) -> Category:
        """Read again: treebeard counts children on the object it is given, and others have been added since."""
        return Category.objects.get(pk=self.present[code].pk)

    def _move(self, node: Wanted) -> Category:
        row = self.present[node.code]
        above = self.present[node.parent_code].path if node.parent_code else ""
        if row.path[: -Category.steplen] == above:
            return row
        if node.parent_code:
            Category.objects.move(self._fresh(node.code), self._fresh(node.parent_code), "last-child")
        else:
            last = Category.objects.filter(depth=1).latest("path")
            Category.objects.move(self._fresh(node.code), last, "last-sibling")
        self.present = {row.code: row for row in Category.objects.order_by("path")}
        self.loaded.moved.append(node.code)
        return self.present[node.code]

    def _change(self, row: Category, said: dict[str, Any]) -> None:
        differs = {name: value for name, value in said.items() if getattr(row, name) != value}
        for name, value in differs.items():
            setattr(row, name, value)
        if differs:
            Category.objects.filter(pk=row.pk).update(**differs)
        if {"name", "name_en"} & differs.keys():
            self.loaded.renamed.append(row.code)
        if differs.keys() - {"name", "name_en"}:
            self.loaded.changed.append(row.code)
        if not differs and row.code not in self.loaded.moved:
            self.loaded.unchanged += 1

    def count_missing(self, deactivate: str | None) -> None:
        named = self.wanted.keys()
        missing = [row for code, row in self.present.items() if code not in named and row.active]
        self.loaded.missing = len(missing)
        if deactivate is not None and not self.loaded.refused:  # a refused row may be the missing one
            gone = [row for row in missing if row.code.startswith(deactivate)]
            Category.objects.filter(pk__in=[row.pk for row in gone]).update(active=False)
            self.loaded.deactivated = [row.code for row in gone]
