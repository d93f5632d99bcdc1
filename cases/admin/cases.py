"""Cases to look at, with their way, their clocks and what one may do now. Nobody's name or phone is shown, but on the
answer to whoever gave a reason to see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from cases.actors import Actor, ActorKind
from cases.api.files import CaseFile, file_of
from cases.api.views import LONG
from cases.deadlines import Segment
from cases.errors import CaseError
from cases.models import Assignment, Case, CaseEvent, Deadline
from cases.picks import Picks
from cases.refusals import REFUSALS, refusal_of
from cases.reporter import Reporter
from cases.services.bulletin import proposed_entry
from cases.services.clocks import explanation_in_words, explanation_of
from cases.telling import led_to, own_words
from cases.workflow import TABLE, Move, check
from grids import tree
from grids.admin import ReadOnly, VisibleAdmin

from .actions import ActionForm, act
from .searching import Searched


class OverdueFilter(admin.SimpleListFilter):
    title = gettext_lazy("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", gettext_lazy("yes")), ("0", gettext_lazy("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() == "1":
            return queryset.overdue()  # type: ignore[attr-defined]  # a CaseQuerySet
        return queryset.exclude(due_at__lt=timezone.now()) if self.value() == "0" else queryset


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("open")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", gettext_lazy("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        return queryset.open() if self.value() == "1" else queryset  # type: ignore[attr-defined]  # a CaseQuerySet


@admin.register(Case)
class CaseAdmin(Searched, ReadOnly, VisibleAdmin):
    list_display = ("number", "title", "status", "level", "urgency", "duty", "place", "due_at")
    list_filter = (
        OpenFilter,
        OverdueFilter,
        ("status", ChoicesDropdownFilter),
        ("level", ChoicesDropdownFilter),
        ("urgency", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        "submitted_at",
    )
    ordering = ("-submitted_at", "-id")
    sortable_by = ()
    search_fields = ("number",)
    search_help_text = gettext_lazy("words of number, title, text and address, or the reporter's exact phone")
    change_form_template = "admin/case.html"
    fieldsets = (
        (gettext_lazy("what was said"), {"fields": ("title", "text", "address", ("category", "channel"))}),
        (
            gettext_lazy("where it stands"),
            {
                "fields": (
                    ("duty_unit", "lead_unit"), ("dispatching_unit", "found_by"), ("submitted_at", "accepted_at"),
                    ("dispatched_at", "finished_at"), ("closed_at", "due_at"), ("overdue_since", "listed_at"),
                )
            },
        ),
        (
            gettext_lazy("counted"),
            {"fields": (("escalations", "returns"), ("redos", "reopens"), ("urges", "policy"))},
        ),
        (
            gettext_lazy("result"),
            {
                "fields": (
                    ("outcome", "reject_reason"), "reply", ("merged_into", "secret"), ("anonymous", "source"),
                    "source_number",
                )
            },
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Without long texts, where rows are listed; with everything that a case names, where one is shown."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        if match is None or "object_id" not in match.kwargs:
            return rows.defer(*LONG)
        return rows.select_related("category", "duty_unit", "lead_unit", "dispatching_unit", "policy", "merged_into")

    @admin.display(description=gettext_lazy("who has it"))
    def duty(self, case: Case) -> str:
        return tree.unit_name(case.duty_unit_id, case.grid_path) if case.duty_unit_id else "-"

    @admin.display(description=gettext_lazy("grid"))
    def place(self, case: Case) -> str:
        return " / ".join(slot.name for slot in tree.way_to(case.grid_path)[-2:])

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.action_view)
        return [path("<int:object_id>/act/<str:action>/", view, name="cases_case_act"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        case = kwargs.get("obj")
        if case is not None:
            context |= shown(request, case)
        return super().render_change_form(request, context, **kwargs)

    def action_view(self, request: HttpRequest, object_id: int, action: str) -> HttpResponse:
        """The form of one action; what it asks for goes to its service."""
        case, move = self.get_object(request, str(object_id)), TABLE.get(action)
        if case is None or move is None:
            raise Http404
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        try:
            check(case, action, Actor.person(request.user))
        except CaseError as error:
            messages.error(request, error.detail)
            return self._to_case(case)
        form = self._form(request, case, move)
        if request.method == "POST" and form.is_valid():
            try:
                done = act(request, case, form)
            except REFUSALS as error:
                form.refuse(refusal_of(error))
            else:
                return self._done(request, case, move, done)
        return self._action_page(request, case, form)

    def _form(self, request: HttpRequest, case: Case, move: Move) -> ActionForm:
        picks = Picks(case, request.user, case.orders.all() if any(i.kind == "order" for i in move.inputs) else ())
        data = request.POST if request.method == "POST" else None
        proposed = proposed_entry(case)._asdict() if move.action == "publish" else {}
        return ActionForm(move, picks, data, initial={"version": case.version} | proposed)

    def _done(self, request: HttpRequest, case: Case, move: Move, done: Any) -> HttpResponse:
        """Each look at a reporter is an event; what was seen is on this answer alone, which nobody keeps."""
        if not isinstance(done, Reporter):
            messages.success(request, _("%(number)s: “%(action)s” is done") % {"number": case, "action": move.label})
            return self._to_case(case)
        answer = self._action_page(request, case, None, move=move, revealed=done)
        answer["Cache-Control"] = "no-store"
        return answer

    def _action_page(self, request: HttpRequest, case: Case, form: ActionForm | None, **more: Any) -> HttpResponse:
        move: Move = form.move if form is not None else more["move"]
        context = {
            **self.admin_site.each_context(request),
            "title": move.label,
            "subtitle": str(case),
            "case": case,
            "form": form,
            "move": move,
            "opts": self.opts,
            "media": self.media + form.media if form else self.media,
            **more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/case_action.html", context)

    def _to_case(self, case: Case) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:cases_case_change", args=[case.pk]))


def shown(request: Any, case: Case) -> dict[str, Any]:
    """What the page of a case shows besides its columns; a fixed number of queries."""
    file = file_of(case, request)
    return {
        "case": case,
        "late": case.due_at is not None and case.due_at < timezone.now(),
        "way": " / ".join(slot.name for slot in tree.way_to(case.grid_path)),
        "moves": [TABLE[said["name"]] for said in file.available_actions],
        "timeline": [_line(case, event) for event in reversed(file.events)],
        "clocks": [_clock(case, clock) for clock in file.clocks],
        "shares": _shares(case, file),
        "orders": file.orders,
        "files": file.attachments,
        "title": case.number,
    }


def _line(case: Case, event: CaseEvent) -> dict[str, Any]:
    unit = tree.unit_name(event.actor_unit_id, case.grid_path) if event.actor_unit_id else ""
    # What the clock gives as a reason is a word of the code
    words = "" if event.actor_kind == ActorKind.CLOCK else own_words(event.payload)
    return {"event": event, "unit": unit, "office": led_to(event), "words": words}


def _clock(case: Case, clock: Deadline) -> dict[str, Any]:
    clock.case = case
    told = explanation_of(clock)
    segments: Sequence[Segment] = told.segments
    unit = tree.unit_name(clock.unit_id, case.grid_path) if clock.unit_id else ""
    return {"clock": clock, "unit": unit, "segments": segments, "words": explanation_in_words(clock, told)}


def _shares(case: Case, file: CaseFile) -> list[tuple[Assignment, str]]:
    return [(share, tree.unit_name(share.unit_id, case.grid_path)) for share in file.assignments]
