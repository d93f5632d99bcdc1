"""Units and posts as rows of a file: what each column means, and what would be right where it is wrong."""

from __future__ import annotations

from typing import Any, ClassVar

import tablib
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.widgets import Widget

from grids.choices import Role, UnitKind
from grids.models import Grid, Post, Unit, User
from grids.phones import normalise_phone

from .importing import Day, TerritoryResource, Text, Word, YesNo, column, shown, text_of


class Looked(Widget):
    """A row of another table, from what the resource has read for the whole file."""

    def __init__(self, look: Any, attribute: str) -> None:
        super().__init__()
        self.look, self.attribute = look, attribute

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return self.look(text_of(value), row)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return shown(value, self.attribute)


def _values(dataset: tablib.Dataset, name: str) -> set[str]:
    """All that a column says."""
    return {text_of(value) for value in dataset[name]} if name in (dataset.headers or ()) else set()


class WithGrids(TerritoryResource):
    """Resources whose rows lie in grids, named by their codes."""

    grids: dict[str, Grid]

    def read_grids(self, codes: set[str]) -> None:
        seen = Grid.objects.standing().visible_to(self.user).defer("boundary")
        self.grids = {grid.code: grid for grid in seen.filter(code__in=codes)}

    def grid(self, code: str, row: Any = None) -> Grid | None:
        """The grid of this code; None for an empty one. Raises ValueError where the user sees none."""
        if not code:
            return None
        if code not in self.grids:
            raise ValueError(_("no grid in your territory has the code %(code)s") % {"code": code})
        return self.grids[code]


class UnitResource(WithGrids):
    titles: ClassVar[dict[str, Any]] = {
        "name": gettext_lazy("unit name"),
        "kind": gettext_lazy("kind of unit"),
        "grid": gettext_lazy("code of its grid"),
        "phone": gettext_lazy("duty phone"),
        "active": gettext_lazy("active"),
    }
    needed = ("name", "kind", "grid")

    class Meta:
        model = Unit
        fields = ("name", "kind", "grid", "phone", "active")
        import_id_fields = ("grid", "name")
        clean_model_instances = True
        use_transactions = True

    def __init__(self, user: Any = None, **kwargs: Any) -> None:
        super().__init__(user, **kwargs)
        self.fields: dict[str, Field] = {
            "name": column("name", "name", Text()),
            "kind": column("kind", "kind", Word(UnitKind)),
            "grid": column("grid", "grid", Looked(self.needed_grid, "code")),
            "phone": column("phone", "phone", Text()),
            "active": column("active", "active", YesNo()),
        }
        self.grids = {}
        self.present: dict[tuple[str, str], Unit] = {}

    def needed_grid(self, code: str, row: Any = None) -> Grid | None:
        if not code:
            raise ValueError(_("write the code of the grid that the unit serves"))
        return self.grid(code)

    def look_up(self, dataset: tablib.Dataset) -> None:
        self.read_grids(_values(dataset, "grid"))
        rows = self.get_queryset().filter(grid__in=self.grids.values()).select_related("grid")
        self.present = {(unit.grid.code, unit.name): unit for unit in rows.defer("grid__boundary")}

    def get_instance(self, instance_loader: Any, row: Any) -> Unit | None:
        return self.present.get((text_of(row.get("grid")), text_of(row.get("name"))))


class PostResource(WithGrids):
    titles: ClassVar[dict[str, Any]] = {
        "account": gettext_lazy("account"),
        "person": gettext_lazy("full name"),
        "mobile": gettext_lazy("mobile phone"),
        "unit": gettext_lazy("unit name"),
        "unit_grid": gettext_lazy("code of the unit's grid"),
        "role": gettext_lazy("role"),
        "territory": gettext_lazy("code of the narrower territory"),
        "starts_on": gettext_lazy("first day"),
        "ends_on": gettext_lazy("last day"),
    }
    needed = ("account", "unit", "unit_grid", "role")

    class Meta:
        model = Post
        fields = ("account", "unit", "role", "territory", "starts_on", "ends_on")
        import_id_fields = ("account",)
        clean_model_instances = True
        use_transactions = True

    def __init__(self, user: Any = None, **kwargs: Any) -> None:
        super().__init__(user, **kwargs)
        self.fields: dict[str, Field] = {
            "account": column("user", "account", Looked(self.account, "username")),
            "person": column("user__name", "person", Text(), readonly=True),
            "unit": column("unit", "unit", Looked(self.unit, "name")),
            "unit_grid": column("unit__grid__code", "unit_grid", Text(), readonly=True),
            "role": column("role", "role", Word(Role)),
            "territory": column("grid", "territory", Looked(self.grid, "code")),
            "starts_on": column("starts_on", "starts_on", Day(), default=timezone.localdate),
            "ends_on": column("ends_on", "ends_on", Day()),
        }
        self.grids = {}
        self.units: dict[tuple[str, str], Unit] = {}
        self.accounts: dict[str, User] = {}
        self.elsewhere: set[str] = set()
        self.present: dict[tuple[Any, ...], Post] = {}

    def look_up(self, dataset: tablib.Dataset) -> None:
        codes = _values(dataset, "unit_grid")
        self.read_grids(codes | _values(dataset, "territory"))
        units = Unit.objects.visible_to(self.user).filter(active=True, grid__code__in=codes).select_related("grid")
        self.units = {(unit.grid.code, unit.name): unit for unit in units.defer("grid__boundary")}
        names = _values(dataset, "account")
        self.accounts = {user.username: user for user in User.objects.visible_to(self.user).filter(username__in=names)}
        taken = User.objects.filter(username__in=names).values_list("username", flat=True)
        self.elsewhere = set(taken) - self.accounts.keys()
        posts = self.get_queryset().filter(user__in=self.accounts.values()).select_related("user", "unit__grid", "grid")
        for post in posts.defer("grid__boundary", "unit__grid__boundary").order_by("starts_on"):
            self.present[self._key(post.user.username, post.unit_id, post.role, post.grid)] = post

    def _key(self, account: str, unit_id: int | None, role: str, grid: Grid | None) -> tuple[Any, ...]:
        return account, unit_id, role, grid.pk if grid else None

    def get_instance(self, instance_loader: Any, row: Any) -> Post | None:
        """The post that the row describes, where there is one: same person, unit, role and territory."""
        unit = self.units.get((text_of(row.get("unit_grid")), text_of(row.get("unit"))))
        try:
            role = self.fields["role"].clean(row)
        except ValueError:
            return None
        grid = self.grids.get(text_of(row.get("territory")))
        return self.present.get(self._key(text_of(row.get("account")), unit.pk if unit else None, role, grid))

    def unit(self, name: str, row: Any) -> Unit:
        code = text_of(row.get("unit_grid"))
        self.grid(code)
        found = self.units.get((code, name))
        if found is None:
            here = ", ".join(sorted(unit_name for grid, unit_name in self.units if grid == code)[:5]) or "-"
            said = {"name": name, "code": code, "units": here}
            raise ValueError(_("grid %(code)s has no active unit “%(name)s”; it has: %(units)s") % said)
        return found

    def account(self, username: str, row: Any) -> User:
        """The account of this name; made where there is none yet, without a password, so that nobody can use it."""
        if not username:
            raise ValueError(_("write the account of the person who serves"))
        if username in self.elsewhere:
            raise ValueError(
                _("the account “%(name)s” belongs to somebody outside your territory") % {"name": username}
            )
        if username not in self.accounts:
            self.accounts[username] = self._new_account(username, row)
        user, person = self.accounts[username], text_of(row.get("person"))
        if person and person != user.name:
            raise ValueError(
                _("the account “%(name)s” belongs to %(person)s") % {"name": username, "person": user.name}
            )
        return user

    def after_save_instance(self, instance: Post, row: Any, **kwargs: Any) -> None:
        """A row that comes twice in the file is the same post."""
        key = self._key(instance.user.username, instance.unit_id, instance.role, instance.grid)
        self.present[key] = instance

    def _new_account(self, username: str, row: Any) -> User:
        person, mobile = text_of(row.get("person")), text_of(row.get("mobile"))
        if not self.user.has_perm("grids.add_user"):
            raise ValueError(_("there is no account “%(name)s”, and you may not make one") % {"name": username})
        if not person:
            raise ValueError(_("there is no account “%(name)s” yet: write the person's full name") % {"name": username})
        user = User(username=username, name=person)
        user.set_unusable_password()
        try:
            user.phone = normalise_phone(mobile) if mobile else ""
            user.full_clean(exclude=["password"])
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from None
        user.save()
        return user
