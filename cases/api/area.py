"""Reference data of one's own area, as small as a phone wants it: people, places, categories, words and forms."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language

from cases import categories
from cases.choices import AttachmentKind, DeadlineKind, EventKind, Outcome, Status, Urgency
from cases.workflow import MOVES
from grids import tree
from grids.api.serializers import grid_ref, unit_ref
from grids.choices import Level, Role
from grids.models import Grid, IntakePoint, Unit
from grids.territory import territory_of

from .inputs import json_schema

MOST_GRIDS, MOST_POINTS, MOST_UNITS = 300, 300, 200
"""Nearest to the top first: whoever has more works at a desk."""
LISTS: dict[str, Any] = {
    "status": Status,
    "urgency": Urgency,
    "outcome": Outcome,
    "event_kind": EventKind,
    "deadline_kind": DeadlineKind,
    "file_kind": AttachmentKind,
    "level": Level,
}


def area_of(user: Any) -> dict[str, Any]:
    """All of it, in the current language."""
    return {
        "me": _me(user),
        "categories": _categories(),
        "grids": _grids(user),
        "points": _points(user),
        "units": _units(user),
        "moves": {
            move.action: {"label": str(move.label), "schema": json_schema(move), "sources": list(move.sources)}
            for move in MOVES
        },
        "words": {name: {str(v): str(label) for v, label in kind.choices} for name, kind in LISTS.items()},
    }


def _me(user: Any) -> dict[str, Any]:
    posts = [
        {"role": s.role, "role_label": str(Role(s.role).label), "unit": unit_ref(s.unit_id, s.unit_path)}
        | {"grid": grid_ref(s.path)}
        for s in territory_of(user).standings
    ]
    return {"id": user.pk, "name": user.name, "posts": posts}


def _categories() -> list[dict[str, Any]]:
    """Leaves in use, with the words of what they stand in."""
    english = (get_language() or "").startswith("en")
    rows = sorted(categories.book().by_id.values(), key=lambda row: row.path)
    names = {row.path: row.name for row in rows}
    shown = {row.path: (english and row.name_en) or row.name for row in rows}
    return [
        {
            "code": row.code,
            "name": shown[row.path],
            "group": next((shown[up] for up in _above(row.path) if up in shown), ""),
            "words": [names[row.path], *(names[up] for up in _above(row.path) if up in names)],
            "urgency": row.urgency,
            "photo_required": row.photo_required,
        }
        for row in rows
        if row.active and row.leaf
    ]


def _above(path: str) -> list[str]:
    """Paths above, the nearest first."""
    return [path[:end] for end in range(len(path) - 1, 0, -1)]


def _grids(user: Any) -> list[dict[str, Any]]:
    rows = Grid.objects.visible_to(user).standing().order_by("depth", "path")
    columns = ("path", "code", "name", "level", "lon", "lat", "boundary")
    return [
        {"code": code, "name": name, "level": level, "place": _place(path), "lon": lon, "lat": lat, "outline": outline}
        for path, code, name, level, lon, lat, outline in rows.values_list(*columns)[:MOST_GRIDS]
    ]


def _place(path: str) -> str:
    """The last two names: enough within one's own territory."""
    return " / ".join(slot.name for slot in tree.way_to(path)[-2:])


def _points(user: Any) -> list[dict[str, Any]]:
    rows = IntakePoint.objects.visible_to(user).filter(active=True).select_related("grid").order_by("pk")
    return [
        {
            "token": point.token,
            "name": point.name,
            "kind": str(point.get_kind_display()),
            "address": point.address,
            "grid": point.grid.code,
            "lon": point.lon,
            "lat": point.lat,
        }
        for point in rows[:MOST_POINTS]
    ]


def _units(user: Any) -> list[dict[str, Any]]:
    """Units that an action may name, for those whose posts dispatch."""
    roles = {s.role for s in territory_of(user).standings}
    if not roles & {Role.VILLAGE_HEAD, Role.DISPATCHER, Role.LEADER, Role.SUPERVISOR}:
        return []
    rows = Unit.objects.visible_to(user).filter(active=True, grid__dissolved_at__isnull=True)
    rows = rows.order_by("grid__depth", "grid__path", "pk")
    return [{"id": pk, "name": name} for pk, name in rows.values_list("pk", "name")[:MOST_UNITS]]
