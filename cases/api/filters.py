"""By what a list of cases can be narrowed. A filter only ever takes away from what one sees."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError

from cases import categories
from cases.choices import OPEN, Channel, Status, Urgency
from cases.errors import BadInput
from cases.queues import QUEUES, in_queue
from cases.secrecy import of_phone
from grids.api.filters import FlagFilter, KeyFilter, MomentFilter, StrictFilterSet, SubtreeFilter
from grids.choices import Level
from grids.phones import normalise_phone


class CaseFilter(StrictFilterSet):
    """Cases by state, place, matter, unit and time."""

    status = filters.MultipleChoiceFilter(choices=Status, help_text="Several are joined by “or”.")
    level = filters.ChoiceFilter(choices=Level, help_text="The level that has it.")
    grid = SubtreeFilter(field_name="grid_path", help_text="Code of a grid: cases in it and in all below.")
    category = filters.CharFilter(
        method="below_category", max_length=40, help_text="Code of a category: it and all below it."
    )
    channel = filters.ChoiceFilter(choices=Channel)
    urgency = filters.ChoiceFilter(choices=Urgency)
    overdue = FlagFilter(method="by_overdue", help_text="Whether a moment that somebody owed has passed.")
    open = FlagFilter(method="by_open", help_text="Whether anything is still to be done.")
    mine = FlagFilter(
        method="by_mine",
        help_text="true: open, and one of one's units has it, or a share of it, or is asked to decide or answer.",
    )
    lead_unit = KeyFilter(field_name="lead_unit_id", help_text="Id of the lead unit.")
    duty_unit = KeyFilter(field_name="duty_unit_id", help_text="Id of the unit whose turn it is.")
    submitted_after = MomentFilter(field_name="submitted_at", lookup_expr="gte")
    submitted_before = MomentFilter(field_name="submitted_at", lookup_expr="lt")
    due_before = MomentFilter(field_name="due_at", lookup_expr="lt")
    reporter_phone = filters.CharFilter(
        method="by_phone",
        max_length=30,
        help_text="The reporter's exact phone, in any spelling: cases whose reporter one might have shown.",
    )
    search = filters.CharFilter(
        method="by_search",
        help_text="Words of number, title, text and address, all of which must be there; without `ordering`, the best "
        "of the newest 500 matches first.",
    )
    number = filters.CharFilter(lookup_expr="startswith", max_length=32, help_text="Beginning of the number.")
    queue = filters.ChoiceFilter(
        method="by_queue",
        choices=[(queue.name, queue.label) for queue in QUEUES],
        help_text="A queue or register of the desk, for one's own units.",
    )
    unit = KeyFilter(method="by_unit", help_text="Id of a unit that has it, or ever had a share of it or an order.")

    def below_category(self, qs: Any, name: str, value: str) -> Any:
        book = categories.book()
        row = book.by_code.get(value)
        if row is None:
            raise ValidationError({name: _("no category has the code %s") % value})
        below = [other.id for other in book.by_id.values() if other.path.startswith(row.path)]
        return qs.filter(category_id__in=below)

    def by_search(self, qs: Any, name: str, value: str) -> Any:
        try:
            return qs.search(value, self.request.user)
        except BadInput as error:
            raise ValidationError({name: error.fields[name]}) from None

    def by_overdue(self, qs: Any, name: str, value: bool) -> Any:
        if value:
            return qs.overdue()
        return qs.filter(Q(due_at__isnull=True) | Q(due_at__gte=timezone.now()))

    def by_open(self, qs: Any, name: str, value: bool) -> Any:
        return qs.open() if value else qs.exclude(status__in=OPEN)

    def by_phone(self, qs: Any, name: str, value: str) -> Any:
        try:
            return of_phone(qs, self.request.user, normalise_phone(value))
        except ModelError as error:
            raise ValidationError({name: error.messages}) from None

    def by_queue(self, qs: Any, name: str, value: str) -> Any:
        return in_queue(qs, value, self.request.user)

    def by_unit(self, qs: Any, name: str, value: Any) -> Any:
        return qs.filter(Q(duty_unit=value) | Q(unit_ids__contains=[int(value)]))

    def by_mine(self, qs: Any, name: str, value: bool) -> Any:
        return qs.mine(self.request.user) if value else qs
