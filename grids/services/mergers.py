"""Two grids become one (撤乡并镇): units, posts and intake points follow, and so does whatever other apps
registered to follow; the dissolved grid stays as history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from shapely import union
from shapely.geometry import mapping, shape

from ..choices import UnitKind
from ..models import Grid, GridChange, IntakePoint, Post, Unit, User
from .grids import hold_tree, place, put_under, record


@dataclass(frozen=True, slots=True)
class Merger:
    """What followers need to know: which grid went into which, and which unit answers now for the old
    authority.

    `authorities` maps the id of the source's authority to the id of the unit that took over (its own,
    where the target had no authority and it moved); it is empty where the source had none.
    """

    source: Grid
    target: Grid
    authorities: Mapping[int, int | None]
    at: datetime
    by: User | None


followers: list[Callable[[Merger], None]] = []
"""Called in order, inside the merging transaction, after the territory's own rows have followed."""


@transaction.atomic
def merge_grids(source: Grid, target: Grid, *, by: User | None = None, at: datetime | None = None) -> Merger:
    """Dissolve `source` into `target`: its children, units, posts and intake points follow.

    Both must stand, at the same level, in the same city. `at` is the moment (None: now); posts that ended
    before that day stay with the dissolved authority as history. Raises ValidationError naming `source` or
    `target`.
    """
    at = at or timezone.now()
    hold_tree()
    grids = {g.pk: g for g in Grid.objects.select_for_update().filter(pk__in=[source.pk, target.pk]).order_by("pk")}
    source, target = grids[source.pk], grids[target.pk]
    _check(source, target)
    before = place(source)
    for child in Grid.objects.get_children(source).filter(dissolved_at__isnull=True):
        at_old_place = place(child)
        put_under(child, target, skips_levels=child.skips_levels)
        record(child, GridChange.Kind.MOVED, at_old_place, by=by, at=at)
    merger = Merger(source, target, _move_units(source, target, timezone.localdate(at)), at, by)
    _move_places(source, target, timezone.localdate(at))
    _join_facts(source, target)
    source.refresh_from_db()
    source.dissolved_at, source.merged_into = at, target
    source.save(update_fields=["dissolved_at", "merged_into"])
    target.refresh_from_db()
    record(source, GridChange.Kind.MERGED, before, after=place(target), by=by, at=at)
    for follow in followers:
        follow(merger)
    return merger


def _check(source: Grid, target: Grid) -> None:
    if source.pk == target.pk:
        raise ValidationError({"target": _("a grid cannot be merged into itself")})
    for field, grid in (("source", source), ("target", target)):
        if grid.dissolved_at is not None:
            raise ValidationError({field: _("%(grid)s was dissolved") % {"grid": grid}})
    if source.level != target.level:
        raise ValidationError(
            {
                "target": _("%(source)s is a %(source_level)s and %(target)s a %(target_level)s: merge equals only")
                % {
                    "source": source,
                    "source_level": source.get_level_display(),
                    "target": target,
                    "target_level": target.get_level_display(),
                }
            }
        )
    if source.path[: Grid.steplen] != target.path[: Grid.steplen]:
        raise ValidationError({"target": _("lies in another city: move the grid there first")})


def _move_units(source: Grid, target: Grid, on: date) -> dict[int, int | None]:
    """Departments move over; the source's authority ends where the target has one, else becomes the
    target's."""
    units = list(Unit.objects.select_for_update().filter(grid__in=[source, target]).order_by("pk"))
    taken = {unit.name for unit in units if unit.grid_id == target.pk}
    successor = next((u for u in units if u.grid_id == target.pk and _is_authority(u)), None)
    authorities: dict[int, int | None] = {}
    for unit in units:
        if unit.grid_id != source.pk or not unit.active:
            continue
        if _is_authority(unit) and successor is not None:
            _move_posts(unit, successor, source, on)
            unit.active = False
            unit.save(update_fields=["active"])
            authorities[unit.pk] = successor.pk
            continue
        if _is_authority(unit):
            authorities[unit.pk] = unit.pk
        unit.grid, unit.name = target, _free_name(unit.name, source.name, taken)
        taken.add(unit.name)
        unit.save(update_fields=["grid", "name"])
    return authorities


def _is_authority(unit: Unit) -> bool:
    return unit.active and unit.kind == UnitKind.AUTHORITY


def _free_name(name: str, origin: str, taken: set[str]) -> str:
    """The unit's name, with the dissolved grid's behind it where the target has a unit of that name
    already."""
    longest = Unit._meta.get_field("name").max_length or 0
    candidate, number = name, 1
    while candidate in taken:
        suffix = f"（{origin}）" if number == 1 else f"（{origin} {number}）"
        candidate, number = name[: longest - len(suffix)] + suffix, number + 1
    return candidate


def _not_over(on: date) -> Q:
    return Q(ends_on__isnull=True) | Q(ends_on__gte=on)


def _move_posts(unit: Unit, successor: Unit, source: Grid, on: date) -> None:
    """A post that served the whole dissolved grid serves the whole of the larger one."""
    posts = Post.objects.filter(_not_over(on), unit=unit)
    posts.filter(grid=source).update(grid=None)
    posts.update(unit=successor)


def _move_places(source: Grid, target: Grid, on: date) -> None:
    Post.objects.filter(_not_over(on), grid=source).update(grid=target)
    IntakePoint.objects.filter(grid=source).update(grid=target)


def _join_facts(source: Grid, target: Grid) -> None:
    """The larger grid has both outlines and both populations; what one of them lacks stays unknown."""
    if source.boundary and target.boundary:
        outline = union(shape(source.boundary), shape(target.boundary))
        centre = outline.representative_point()
        target.boundary, target.lon, target.lat = mapping(outline), centre.x, centre.y
    if source.population is not None and target.population is not None:
        target.population += source.population
    target.save(update_fields=["boundary", "lon", "lat", "population"])
