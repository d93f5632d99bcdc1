"""Where and who: the territory tree, the units that serve it, the people in them, and
the calendars they work by."""

from __future__ import annotations

import secrets
from datetime import date
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from treebeard.mp_tree import MP_Node, MP_NodeManager

from .change_records import ChangeRecord as ChangeRecord
from .choices import Level, Role, UnitKind
from .phones import normalise_phone
from .querysets import (
    GridQuerySet,
    IntakePointQuerySet,
    PostQuerySet,
    UnitQuerySet,
    UserManager,
)

models.CharField.register_lookup(Length)


class User(AbstractUser):
    """A person who works for the city. Residents have no account."""

    first_name = None  # type: ignore[assignment]  # one name field: Chinese names are not split
    last_name = None  # type: ignore[assignment]
    name = models.CharField(pgettext_lazy("person", "name"), max_length=80)
    phone = models.CharField(_("phone"), max_length=20, blank=True, help_text=_("with country code, as +8613812345678"))
    locale = models.CharField(
        _("language"), max_length=10, default="zh-hans", choices=[("zh-hans", "简体中文"), ("en", "English")]
    )

    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "email"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        self.phone = normalise_phone(self.phone) if self.phone else ""


class GridManager(MP_NodeManager.from_queryset(GridQuerySet)):  # type: ignore[misc]
    """Tree order, with `visible_to`."""

    def get_queryset(self) -> GridQuerySet:
        # treebeard's own method names its own query set class, without `visible_to`
        return GridQuerySet(self.model, using=self._db).order_by("path")


class Grid(MP_Node):
    """A node of the territory tree, from the city down to the micro-grid."""

    path = models.CharField(max_length=255, unique=True, db_collation="C")
    node_order_by: ClassVar[list[str]] = []

    code = models.CharField(_("code"), max_length=18, unique=True)
    name = models.CharField(_("name"), max_length=120)
    level = models.CharField(_("level"), max_length=10, choices=Level)
    kind = models.CharField(
        _("kind"), max_length=20, blank=True, help_text=_("as the division is called: 街道, 镇, 社区, 村, …")
    )
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    skips_levels = models.BooleanField(
        _("skips levels"),
        default=False,
        help_text=_("stands directly below a grid that is more than one level up: a city without counties has towns"),
    )
    boundary = models.JSONField(_("boundary"), null=True, blank=True, help_text=_("GeoJSON (multi)polygon, WGS-84"))
    lon = models.FloatField(_("longitude of the centroid"), null=True, blank=True)
    lat = models.FloatField(_("latitude of the centroid"), null=True, blank=True)
    synthetic = models.BooleanField(_("made up for a demo"), default=False)
    dissolved_at = models.DateTimeField(_("dissolved at"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", verbose_name=_("merged into")
    )

    objects = GridManager()

    class Meta:
        verbose_name = _("grid")
        verbose_name_plural = _("grids")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="grid_code_fits_level",
                condition=Q(code__regex=r"^[0-9]+$")
                & (
                    Q(level__in=["city", "county", "town", "village"], code__length=12)
                    | Q(level="cell", code__length=15)
                    | Q(level="micro", code__length=18)
                ),
                violation_error_message=_(
                    "code: 12 digits for a city, county, town or village, 15 for a cell, 18 for a micro-grid"
                ),
            ),
            models.CheckConstraint(
                name="grid_centroid_on_earth",
                condition=Q(lon__isnull=True, lat__isnull=True)
                | Q(lon__isnull=False, lat__isnull=False, lon__range=(-180, 180), lat__range=(-90, 90)),
                violation_error_message=_("centroid: longitude -180 to 180 and latitude -90 to 90, or neither"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class GridChange(models.Model):
    """What happened to a grid: the old name stays readable after a merger (撤乡并镇)."""

    class Kind(models.TextChoices):
        RENAMED = "renamed", _("renamed")
        MOVED = "moved", _("moved")
        MERGED = "merged", pgettext_lazy("grid", "merged")

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="changes")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("change of a grid")
        verbose_name_plural = _("changes of grids")
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.grid_id} {self.kind}"


class Unit(models.Model):
    """A body that can be given a case: a grid's authority, a department, a station or a social force."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="units", verbose_name=_("grid"))
    kind = models.CharField(_("kind"), max_length=30, choices=UnitKind)
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("duty phone"), max_length=20, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering: ClassVar = ["grid__path", "kind", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "grid",
                name="one_authority_per_grid",
                condition=Q(kind="authority", active=True),
                violation_error_message=_("grid: it has an authority already"),
            ),
            models.UniqueConstraint(
                "grid", "name", name="unit_name_unique_in_grid", violation_error_message=_("name: taken in this grid")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A user serving in a unit in a role, between two dates; a leave names a substitute."""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name=_("user"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts", verbose_name=_("unit"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    grid = models.ForeignKey(
        Grid,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name=_("narrower territory"),
        help_text=_("the part of the unit's territory that this post serves, as a grid worker's cell"),
    )
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(_("to"), null=True, blank=True, help_text=_("last day of service"))
    substitute = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="substituted_posts", verbose_name=_("substitute")
    )
    leave_from = models.DateField(_("leave from"), null=True, blank=True)
    leave_to = models.DateField(_("leave to"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="post_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("to: not before from"),
            ),
            models.CheckConstraint(
                name="post_leave_names_substitute",
                condition=Q(substitute__isnull=True, leave_from__isnull=True, leave_to__isnull=True)
                | Q(
                    substitute__isnull=False,
                    leave_from__isnull=False,
                    leave_to__isnull=False,
                    leave_to__gte=F("leave_from"),
                ),
                violation_error_message=_("substitute: a leave has a first day, a last day and a substitute"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.unit} · {self.get_role_display()}"

    def on_leave(self, on: date) -> bool:
        """Whether the substitute serves on this day."""
        return self.leave_from is not None and self.leave_to is not None and self.leave_from <= on <= self.leave_to

    def clean(self) -> None:
        if self.grid_id and self.unit_id and not self.grid.path.startswith(self.unit.grid.path):  # type: ignore[union-attr]
            raise ValidationError({"grid": _("must lie within the unit's own grid")})
        if self.substitute_id and self.substitute_id == self.user_id:
            raise ValidationError({"substitute": _("must be somebody else")})


def new_token() -> str:
    """An unguessable address for an intake point's form (60 bits)."""
    return secrets.token_urlsafe(9)


class IntakePoint(models.Model):
    """A place with a QR code where residents speak up (说事点, 说事室, 说事箱)."""

    class Kind(models.TextChoices):
        POINT = "point", _("speak-up point")
        ROOM = "room", _("speak-up room")
        BOX = "box", _("speak-up box")
        STATION = "station", _("service station")
        RECEPTION = "reception", _("reception day")

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="intake_points", verbose_name=_("grid"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.POINT)
    name = models.CharField(_("name"), max_length=120)
    address = models.CharField(_("address"), max_length=200, blank=True)
    token = models.CharField(_("token of its QR code"), max_length=24, unique=True, default=new_token, editable=False)
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = IntakePointQuerySet.as_manager()

    class Meta:
        verbose_name = _("intake point")
        verbose_name_plural = _("intake points")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="intake_point_on_earth",
                condition=Q(lon__isnull=True, lat__isnull=True)
                | Q(lon__isnull=False, lat__isnull=False, lon__range=(-180, 180), lat__range=(-90, 90)),
                violation_error_message=_("place: longitude -180 to 180 and latitude -90 to 90, or neither"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WorkingCalendar(models.Model):
    """When a city works. One per city (or for any grid below that differs); nearest ancestor wins."""

    grid = models.OneToOneField(Grid, models.CASCADE, related_name="calendar", verbose_name=_("grid"))
    timezone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")

    def __str__(self) -> str:
        return f"{self.grid.name}"


class WorkingHours(models.Model):
    """One span of a working day, for some weekdays and one season."""

    calendar = models.ForeignKey(WorkingCalendar, models.CASCADE, related_name="hours")
    weekdays = models.CharField(_("weekdays"), max_length=7, default="12345", help_text=_("digits, 1 is Monday"))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    season_from = models.CharField(_("season from"), max_length=5, default="01-01", help_text=_("month-day"))
    season_to = models.CharField(_("season to"), max_length=5, default="12-31", help_text=_("month-day, inclusive"))

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering: ClassVar = ["season_from", "starts"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="hours_end_after_they_start",
                condition=Q(ends__gt=F("starts")),
                violation_error_message=_("to: later than from"),
            ),
            models.CheckConstraint(
                name="hours_weekdays_are_digits",
                condition=Q(weekdays__regex=r"^[1-7]{1,7}$"),
                violation_error_message=_("weekdays: digits 1 (Monday) to 7, as 12345"),
            ),
            models.CheckConstraint(
                name="hours_season_is_month_day",
                condition=Q(season_from__regex=r"^(0[1-9]|1[0-2])-[0-3][0-9]$")
                & Q(season_to__regex=r"^(0[1-9]|1[0-2])-[0-3][0-9]$"),
                violation_error_message=_("season: month-day, as 05-01"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekdays} {self.starts}-{self.ends}"

    def clean(self) -> None:
        for field in ("season_from", "season_to"):
            month, _dash, day = getattr(self, field).partition("-")
            try:
                date(2000, int(month), int(day))  # a leap year: 29 February may bound a season
            except ValueError:
                raise ValidationError({field: _("must be a day of the year, as 05-01")}) from None


class CalendarDay(models.Model):
    """A day that differs from its weekday: a holiday, a make-up workday (调休), or the city's own closure."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("holiday")
        MAKEUP = "makeup", _("make-up workday")
        CLOSURE = "closure", _("closure")

    calendar = models.ForeignKey(WorkingCalendar, models.CASCADE, related_name="days")
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=60)
    source = models.CharField(_("source"), max_length=40, default="manual")

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        ordering: ClassVar = ["date"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "calendar", "date", name="one_rule_per_day", violation_error_message=_("date: has a rule already")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class Revision(models.Model):
    """A token that changes with every change of a family of reference rows, written by triggers, so that
    every process notices what another one changed (see `grids.snapshots`)."""

    family = models.CharField(max_length=30, primary_key=True)
    token = models.UUIDField()

    def __str__(self) -> str:
        return self.family
