"""Cases for those who work on them: the list, its count and table, one file, its history; and logging a new one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from cases.actors import Actor
from cases.choices import Status
from cases.errors import NotPermitted
from cases.models import Case, CaseEvent
from cases.querysets import LONG as LONG
from cases.services import Report
from cases.services.idempotency import Keep, Reply
from cases.services.intake import draw_up
from grids import tree
from grids.api.views import FirstRenderer

from .actions import NUMBER_PARAMETER
from .export import lines, short_workbook
from .files import events_of, seen_file
from .filters import CaseFilter
from .intake import LOGGED_REPORT, RECEIPT, LoggedReportInputs, ReceiptSerializer
from .jobs import EXCEL
from .pagination import CasePagination, KeysetPagination
from .preconditions import IDEMPOTENCY_KEY, answer_written_once, as_json, etag, user_scope
from .seen import seen_case
from .serializers import CaseRowSerializer, CaseSerializer, CountSerializer, EventSerializer

ROW = (
    "pk", "number", "title", "channel", "category_id", "urgency", "status", "grid_path", "address", "level",
    "duty_unit_id", "lead_unit_id", "submitted_at", "due_at", "overdue_since", "closed_at", "updated_at",
    "escalations", "secret", "version",
)  # fmt: skip
"""What a line of the list is made of. Objects of the model would cost more than all the rest of a page."""


class SeenCases(GenericAPIView):
    """The visible cases, narrowed by the filters."""

    queryset = Case.objects.none()
    serializer_class = CaseRowSerializer
    filterset_class = CaseFilter
    pagination_class: type[KeysetPagination] | None = CasePagination
    orderings = ("-submitted_at", "submitted_at", "due_at", "-due_at", "-updated_at")

    def get_queryset(self) -> QuerySet[Case]:
        return Case.objects.visible_to(self.request.user)


LOGGED = {
    "title": "路灯不亮",
    "text": "北关村东头的路灯三天不亮了",
    "channel": "patrol",
    "category": "010301",
    "lon": 116.305,
    "lat": 39.435,
    "coordinate_source": "wgs84",
    "reporter": {"name": "何大年", "phone": "13812345678"},
}


@extend_schema_view(get=extend_schema(operation_id="cases_list", summary="Cases that one sees", tags=["cases"]))
class CasesView(SeenCases, ListAPIView):
    """The list, a page at a time; and the door for who logs a case for a resident."""

    def filter_queryset(self, queryset: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        return super().filter_queryset(queryset).values_list(*ROW, named=True)

    @extend_schema(
        operation_id="cases_log",
        summary="Log a case",
        description="For whoever holds a post. Logged in one's own territory, it is accepted thereby.",
        request=LoggedReportInputs,
        responses={201: ReceiptSerializer},
        parameters=[IDEMPOTENCY_KEY],
        examples=[OpenApiExample("log", value=LOGGED, request_only=True)],
        filters=False,
        tags=["cases"],
    )
    def post(self, request: Request) -> Response:
        actor = Actor.person(request.user)
        if not actor.territory.standings:
            raise NotPermitted(_("only who holds a post can log a case"))
        return answer_written_once(request, user_scope(request), lambda keep: self._log(request, actor, keep))

    def _log(self, request: Request, actor: Actor, keep: Keep) -> Reply:
        return take_in(LOGGED_REPORT.read(request.data), actor, request, keep)


def take_in(report: Report, actor: Actor, request: Request, keep: Keep) -> Reply:
    """Takes a report in; its receipt is kept with it."""
    intake = draw_up(report, actor)
    reply = Reply(201, receipt(intake.case, request))
    intake.write(*keep(reply))
    return reply


def receipt(case: Case, request: Request) -> dict[str, Any]:
    """What is answered to a new case."""
    said = {
        "number": case.number,
        "lookup_code": case.lookup_code,
        "status": case.status,
        "status_label": str(Status(case.status).label),
        "office": tree.unit_name(case.duty_unit_id, case.grid_path) if case.duty_unit_id else "",
        "place": " / ".join(slot.name for slot in tree.way_to(case.grid_path)),
        "submitted_at": case.submitted_at,
        "due_at": case.due_at,
        "track_url": reverse("public-case", [case.number], request=request),
        "version": case.version,
    }
    kept: dict[str, Any] = as_json(RECEIPT.to_representation(said))
    return kept


class CountView(SeenCases):
    """How many cases a list has."""

    pagination_class = None

    @extend_schema(
        operation_id="cases_count",
        summary="How many one sees, with the filters of the list",
        responses=CountSerializer,
        filters=True,
        tags=["cases"],
    )
    def get(self, request: Request) -> Response:
        return Response({"count": self.filter_queryset(self.get_queryset()).count()})


class ExportView(SeenCases):
    """The list as a table."""

    pagination_class = None
    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="cases_export",
        summary="The list as CSV",
        description="With the filters of the list, oldest first. Reporters are left out, and so are the words of who "
        "asked for secrecy. What a spreadsheet would run as a formula begins with an apostrophe.",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        filters=True,
        tags=["cases"],
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        cases = self.filter_queryset(self.get_queryset()).order_by("submitted_at", "pk")
        name = f"cases-{timezone.localdate():%Y%m%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(lines(cases), content_type="text/csv; charset=utf-8", headers=headers)


class WorkbookView(SeenCases):
    """The list as a workbook, where it is short."""

    pagination_class = None
    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="cases_workbook",
        summary="A short list as Excel",
        description="With the filters of the list, oldest first, headed in the language asked for. Longer ones are "
        "refused: ask for them with `POST /cases/exports/`.",
        responses={(200, EXCEL): OpenApiTypes.BINARY},
        filters=True,
        tags=["cases"],
    )
    def get(self, request: Request) -> FileResponse:
        return short_workbook(self.filter_queryset(self.get_queryset()))


class CaseView(APIView):
    """One case, with everything that hangs on it."""

    @extend_schema(
        operation_id="cases_read",
        summary="A case's file",
        description="With its history, its clocks and why they are due when they are, and what this user can do now. "
        "The ETag is the case's version.",
        responses=CaseSerializer,
        parameters=[NUMBER_PARAMETER],
        tags=["cases"],
    )
    def get(self, request: Request, number: str) -> Response:
        case = seen_file(request, number)
        said = CaseSerializer(case, context={"request": request}).data
        return Response(said, headers={"ETag": etag(case), "Cache-Control": "private, no-cache"})


@extend_schema_view(
    get=extend_schema(
        operation_id="cases_events", summary="A case's history", parameters=[NUMBER_PARAMETER], tags=["cases"]
    )
)
class EventsView(ListAPIView):
    """All lines of a case's history, a page at a time."""

    queryset = CaseEvent.objects.none()
    serializer_class = EventSerializer
    pagination_class = KeysetPagination
    filter_backends = ()
    orderings = ("seq", "-seq")

    def get_queryset(self) -> QuerySet[CaseEvent]:
        if "number" not in self.kwargs:  # the description of the API is drawn without a case
            return self.queryset
        return events_of(seen_case(self.request.user, self.kwargs["number"]))
