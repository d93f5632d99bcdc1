"""Who changed which reference data when, before and after. The database writes these rows itself (`grids.recording`),
so that no way of changing data passes them by. Decision: docs/adr/0023-the-database-records-changes.md."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .territory import NOWHERE, territory_of

USER = "grids.user"


class ChangeRecordQuerySet(models.QuerySet):
    """Changes within one's territory."""

    def visible_to(self, user: Any) -> Self:
        """Of rows in one's own subtrees, of people whom one sees, and of what is the same for every city."""
        territory = territory_of(user)
        if territory.everything:
            return self
        if territory is NOWHERE:
            return self.none()
        from .models import User

        people = Q(model=USER, object_id__in=User.objects.visible_to(user).values("pk"))
        return self.filter(territory.within("grid__path") | people | Q(shared=True))

    def of(self, label: str, pk: Any) -> Self:
        """Of one row and of its parts: `label` is as "cases.policy"."""
        return self.filter(Q(model=label, object_id=pk) | Q(part_of=f"{label}:{pk}"))


class ChangeRecord(models.Model):
    """One change of one row, written by a trigger; `before` and `after` hold the columns that differ.

    Nothing refers to it and it refers to nothing by a key of the database: it stays when the row, the grid or the
    account is gone. Phones, addresses, names of people and passwords are masked before they are written.
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        CHANGED = "changed", _("changed")
        DELETED = "deleted", _("deleted")

    model = models.CharField(_("what was changed"), max_length=60)
    object_id = models.BigIntegerField(_("key"))
    subject = models.CharField(_("which"), max_length=400)
    part_of = models.CharField(max_length=80, blank=True, db_default="")
    kind = models.CharField(_("change"), max_length=10, choices=Kind)
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    at = models.DateTimeField(_("at"))
    by_id = models.BigIntegerField(_("key of the account"), null=True, blank=True)
    by_name = models.CharField(_("account"), max_length=150, blank=True)
    way = models.CharField(_("way"), max_length=80, help_text=_("admin, or the program that wrote it"))
    grid = models.ForeignKey(
        "grids.Grid",
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("grid"),
    )
    shared = models.BooleanField(_("the same for every city"), default=False)

    objects = ChangeRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("change record")
        verbose_name_plural = _("change records")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index("model", "object_id", "id", name="changerecord_of_row"),
            models.Index("part_of", "id", name="changerecord_of_whole", condition=~Q(part_of="")),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.subject}"
