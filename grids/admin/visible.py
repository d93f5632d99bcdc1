"""What all pages of the administration share: rows and choices within one's own territory, lists that stay quick
however long they are, and the recorded changes of what is looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from grids.change_records import ChangeRecord
from grids.territory import territory_of

from .counting import CappedPaginator
from .words import told

NEWEST_CHANGES = 5


class VisibleAdmin(ModelAdmin):
    """Rows and choices within one's own territory. `grid_path` leads to the grid's path where the model
    has no `visible_to` of its own; `shared` rows are the same for every city, and everybody sees them."""

    grid_path = ""
    shared = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    warn_unsaved_form = True
    change_form_outer_after_template = "admin/newest_changes.html"
    object_history_template = "admin/change_history.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if self.shared:
            return rows
        if hasattr(rows, "visible_to"):
            return rows.visible_to(request.user)
        return rows.filter(territory_of(request.user).within(self.grid_path))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        choices = db_field.remote_field.model._default_manager
        if hasattr(choices, "visible_to"):
            kwargs.setdefault("queryset", choices.visible_to(request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changes_of(self, request: HttpRequest, obj: Model) -> QuerySet[ChangeRecord]:
        """The recorded changes of a row and its parts, newest first, as far as the user may see them."""
        changes: QuerySet[ChangeRecord] = ChangeRecord.objects.visible_to(request.user).of(self.label, obj.pk)
        return changes

    @property
    def label(self) -> str:
        """The model as change records name it."""
        return self.opts.label_lower

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """With the newest changes below."""
        obj = kwargs.get("obj")
        if obj is not None and not context.get("is_popup"):
            newest = self.changes_of(request, obj)[:NEWEST_CHANGES]
            context["newest_changes"] = told(newest, request.user)
        return super().render_change_form(request, context, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """All recorded changes of a row, by whatever way they came, instead of what was done in the admin alone."""
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        page = Paginator(self.changes_of(request, obj), self.list_per_page).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Changes: %(object)s") % {"object": obj},
            "changes": told(page.object_list, request.user),
            "page": page,
            "object": obj,
            "opts": self.opts,
            "preserved_filters": self.get_preserved_filters(request),
        } | (extra_context or {})
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context)


class ReadOnly:
    """To be looked at only, by whoever may view it: what happens to it happens through services."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))  # type: ignore[attr-defined]  # of the admin beside

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
