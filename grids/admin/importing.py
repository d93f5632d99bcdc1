"""Rows of a table from Excel or CSV, with a preview: every wrong cell is named with what would be right, and either all
rows go in or none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar

import tablib
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from import_export.admin import ImportExportModelAdmin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import ModelResource
from import_export.results import RowResult
from import_export.tmp_storages import CacheStorage
from import_export.widgets import Widget
from unfold.contrib.import_export.forms import ExportForm, ImportForm

MOST_ROWS = 5000
LARGEST_FILE = 5 * 2**20
PREVIEW_SECONDS = 1800


class AnyCsv(CSV):
    """CSV as it comes: in UTF-8, or as Excel in China writes it (GB 18030)."""

    def is_binary(self) -> bool:
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> Any:
        try:
            text = in_stream.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = in_stream.decode("gb18030")
        return super().create_dataset(text, **kwargs)

    def export_data(self, dataset: Any, **kwargs: Any) -> Any:
        return super().export_data(dataset, **kwargs).encode("utf-8-sig")


class PreviewStorage(CacheStorage):
    """The file between preview and confirmation, where every web process finds it; it holds names, and not for long."""

    CACHE_LIFETIME = PREVIEW_SECONDS
    CACHE_PREFIX = "import:"


class SmallImportForm(ImportForm):
    """A file that can be read while somebody waits."""

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > LARGEST_FILE:
            raise ValidationError(_("the file has more than %(size)d MB: send it in parts") % {"size": 5})
        return file


def text_of(value: Any) -> str:
    """A cell as text: Excel makes numbers of codes and phones."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


class Text(Widget):
    """Text without the blanks around it."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return text_of(value)


class Word(Widget):
    """One of a few words: the code's own, or as people read it in the current language."""

    def __init__(self, words: Any, *, empty: bool = False) -> None:
        super().__init__()
        self.words, self.empty = words, empty

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        said = text_of(value)
        if not said and self.empty:
            return ""
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                for code, label in self.words.choices:
                    if said in (code, str(label)):
                        return str(code)
        known = ", ".join(f"{label}" for _code, label in self.words.choices)
        raise ValueError(_("“%(said)s” is none of: %(known)s") % {"said": said, "known": known})

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(dict(self.words.choices).get(value, value or ""))


class YesNo(Widget):
    """Yes or no; empty is yes."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        said = text_of(value).lower()
        if said in ("", "1", "yes", "true", "是"):
            return True
        if said in ("0", "no", "false", "否"):
            return False
        raise ValueError(_("“%(said)s” is neither yes nor no") % {"said": said})

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return _("yes") if value else _("no")


class Day(Widget):
    """A date; Excel's own, or written 2026-01-31 or 2026/1/31."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        said = text_of(value)
        if not said:
            return None
        try:
            year, month, day = (int(part) for part in said.replace("/", "-").replace(".", "-").split("-"))
            return date(year, month, day)
        except ValueError:
            raise ValueError(_("“%(said)s” is no date: write it as 2026-01-31") % {"said": said}) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat() if value else ""


class TerritoryResource(ModelResource):
    """Rows within the territory of the one who imports. `titles` are the columns' names for people, which the file may
    use as well as our own; `needed` columns must be there."""

    titles: ClassVar[dict[str, Any]] = {}
    needed: ClassVar[tuple[str, ...]] = ()

    def __init__(self, user: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.user = user

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset().visible_to(self.user)
        return rows

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        if len(dataset) > MOST_ROWS:
            raise ValidationError(_("at most %(most)d rows at a time") % {"most": MOST_ROWS})
        dataset.headers = self._columns(dataset.headers or [])
        if missing := [self.title(name) for name in self.needed if name not in dataset.headers]:
            raise ValidationError(_("the file lacks the columns: %(names)s") % {"names": ", ".join(missing)})
        self.look_up(dataset)

    def look_up(self, dataset: tablib.Dataset) -> None:
        """Reads at once what the rows refer to."""

    def _columns(self, headers: Iterable[Any]) -> list[str]:
        known = {name: name for name in self.titles}
        for language, _name in settings.LANGUAGES:  # a file from a colleague who reads another one
            with translation.override(language):
                known |= {str(title): name for name, title in self.titles.items()}
        found = [known.get(text_of(header), text_of(header)) for header in headers]
        if strange := [name for name in found if name and name not in self.titles]:
            said = {"names": ", ".join(strange), "known": ", ".join(str(title) for title in self.titles.values())}
            raise ValidationError(_("unknown columns: %(names)s; there are: %(known)s") % said)
        return found

    def title(self, name: str) -> str:
        return str(self.titles.get(name, name))

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> RowResult:
        """With what is wrong named by the file's own columns."""
        result = super().import_row(row, instance_loader, **kwargs)
        if result.validation_error is not None:
            result.validation_error = ValidationError(self._by_column(result.validation_error))
        return result

    def _by_column(self, error: ValidationError) -> dict[str, list[str]]:
        columns = {field.attribute: self.title(field.column_name) for field in self.fields.values()}
        found = error.update_error_dict({})
        return {
            columns.get(name, name): [str(text) for one in errors for text in ValidationError(one).messages]
            if name != NON_FIELD_ERRORS
            else ValidationError(errors).messages
            for name, errors in found.items()
        }

    def get_diff_headers(self) -> list[str]:
        return [self.title(field.column_name) for field in self.get_import_fields()]

    def get_export_headers(self, **kwargs: Any) -> list[str]:
        return [self.title(name) for name in super().get_export_headers(**kwargs)]

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """A row that says nothing new is left out; one with errors never."""
        if import_validation_errors or original is None or original.pk is None:
            return False
        fields = [field for field in self.get_import_fields() if not field.readonly]
        return all(field.get_value(instance) == field.get_value(original) for field in fields)


class ImportingAdmin(ImportExportModelAdmin):
    """A list with import and export beside it."""

    import_form_class = SmallImportForm
    export_form_class = ExportForm
    formats = (XLSX, AnyCsv)
    import_formats = formats
    export_formats = formats
    tmp_storage_class = PreviewStorage
    skip_admin_log = True  # the database records every change
    skip_export_form = False

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Who may add and change rows one by one may do so in bulk."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"user": request.user}

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"user": request.user}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """With the columns as people call them."""
        answer = super().import_action(request, **kwargs)
        if (context := getattr(answer, "context_data", None)) and "fields_list" in context:
            resources = [resource(user=request.user) for resource in self.get_import_resource_classes(request)]
            context["fields_list"] = [
                (resource.get_display_name(), [str(title) for title in resource.titles.values()])
                for resource in resources
            ]
        return answer

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.create_confirm_form(request)
        kept = form.is_valid() and PreviewStorage(name=form.cleaned_data["import_file_name"]).read()
        if not kept and self.has_import_permission(request) and request.method == "POST":
            messages.error(request, _("The preview is too old: send the file again."))
            return self._back_to_import()
        return super().process_import(request, **kwargs)

    def process_dataset(self, dataset: Any, form: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().process_dataset(dataset, form, request, rollback_on_validation_errors=True, **kwargs)

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        if result.has_errors() or result.has_validation_errors():
            messages.error(request, _("Nothing was imported: since the preview some rows cannot go in any more."))
            return self._back_to_import()
        return super().process_result(result, request)

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        said = {"new": result.totals[RowResult.IMPORT_TYPE_NEW], "changed": result.totals[RowResult.IMPORT_TYPE_UPDATE]}
        said["same"] = result.totals[RowResult.IMPORT_TYPE_SKIP]
        messages.success(request, _("Imported: %(new)d new, %(changed)d changed, %(same)d as they were") % said)

    def _back_to_import(self) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:{}_{}_import".format(*self.get_model_info())))


def column(attribute: str, name: str, widget: Widget, **kwargs: Any) -> Field:
    """A column of a file and the attribute that it becomes."""
    return Field(attribute=attribute, column_name=name, widget=widget, **kwargs)


def shown(model: Model | None, attribute: str) -> str:
    """An attribute of a row that may be missing."""
    return str(getattr(model, attribute)) if model is not None else ""
