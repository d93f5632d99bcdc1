"""Texts of messages in the administration: drafts are written, looked at on a real case, and published; what is
published stays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from cases.choices import EventKind
from cases.errors import CaseError
from grids.admin import VisibleAdmin
from grids.choices import Level
from grids.territory import territory_of
from notifications.choices import NoticeKind, Reader
from notifications.models import MessageTemplate
from notifications.services.templates import (
    KINDS,
    check_template,
    draft_from_template,
    preview_of,
    publish_template,
    save_draft,
)
from notifications.wording import VARIABLES

LABELS = {Reader.USER: EventKind, Reader.RESIDENT: NoticeKind}


def kind_choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """What can be told of, by its reader."""
    return [(reader.label, [(kind, LABELS[reader](kind).label) for kind in KINDS[reader]]) for reader in Reader]


class TemplateForm(forms.ModelForm):
    """A draft, with what is wrong said beside its field."""

    class Meta:
        model = MessageTemplate
        fields = ("city", "reader", "kind", "locale", "subject", "body")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        draft = MessageTemplate(**{name: value for name, value in self._as_saved(said).items() if name != "city"})
        try:
            check_template(draft)
        except CaseError as error:
            for name, text in error.fields.items():
                self.add_error(name if name in self.fields else None, text)
        return said

    def _as_saved(self, said: dict[str, Any]) -> dict[str, Any]:
        """With what the form does not ask any more."""
        return {name: said.get(name, getattr(self.instance, name, "")) for name in self.Meta.fields}


@admin.register(MessageTemplate)
class MessageTemplateAdmin(VisibleAdmin):
    form = TemplateForm
    grid_path = "city__path"
    list_display = ("kind_label", "reader", "locale", "city", "version", "published_at", "subject")
    list_display_links = ("kind_label", "subject")
    list_filter = (
        ("reader", ChoicesDropdownFilter),
        ("locale", ChoicesDropdownFilter),
        ("published_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("city",)
    search_fields = ("kind", "subject")
    fields = ("city", "reader", "kind", "locale", "version", "published_at", "subject", "body")
    change_form_template = "admin/notifications/messagetemplate/change_form.html"
    actions = ("publish_drafts", "draft_new_versions")

    @admin.display(description=_("kind"), ordering="kind")
    def kind_label(self, template: MessageTemplate) -> str:
        return str(LABELS[Reader(template.reader)](template.kind).label)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Which text it is stays as it was begun."""
        fixed = ("version", "published_at")
        return fixed if obj is None else (*fixed, "city", "reader", "kind", "locale")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _published(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and not _published(obj) and super().has_delete_permission(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            from unfold.widgets import UnfoldAdminSelectWidget

            choices = kind_choices()
            return forms.ChoiceField(choices=choices, label=_("kind"), widget=UnfoldAdminSelectWidget(choices=choices))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Texts for every city are written by who answers for every city."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "city" and field is not None:
            field.queryset = field.queryset.filter(level=Level.CITY)  # type: ignore[union-attr]  # set above
            field.required = not territory_of(request.user).everything
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_draft(obj, by=request.user)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the variables, and the text on the case whose number is asked for."""
        template = self.get_object(request, object_id) if request.method == "GET" else None
        shown = self._shown(request, template) if isinstance(template, MessageTemplate) else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | shown)

    def _shown(self, request: HttpRequest, template: MessageTemplate) -> dict[str, Any]:
        number = request.GET.get("case", "").strip()[:32]
        said: dict[str, Any] = {
            "variables": [(f"{{{name}}}", label) for name, label in VARIABLES[template.reader].items()],
            "preview_number": number,
        }
        if number:
            try:
                said["preview"] = preview_of(template, number, request.user)
            except CaseError as error:
                said["preview_problem"] = " ".join(error.fields.values())
        return said

    @admin.action(description=_("publish the selected drafts"), permissions=["change"])
    def publish_drafts(self, request: HttpRequest, templates: QuerySet[MessageTemplate]) -> None:
        for template in templates:
            try:
                publish_template(template)
            except CaseError as error:
                messages.error(request, f"{template}: {error}")
            else:
                messages.success(request, _("%(text)s is in force") % {"text": template})

    @admin.action(description=_("draft a new version of the selected ones"), permissions=["add"])
    def draft_new_versions(self, request: HttpRequest, templates: QuerySet[MessageTemplate]) -> None:
        for template in templates:
            draft = draft_from_template(template, by=request.user)
            messages.success(request, _("%(policy)s can be changed until it is published") % {"policy": draft})


def _published(template: Any) -> bool:
    return template is not None and template.published_at is not None
