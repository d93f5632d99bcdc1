"""Long work over HTTP: ledgers and actions over a selection are asked for, watched, and taken along."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from cases.actors import Actor
from cases.errors import BadInput
from cases.lists import cases_of
from cases.models import Case, Job, JobItem
from cases.services.idempotency import Reply
from cases.services.jobs import BULK_ACTIONS, MOST_CASES, ask_bulk, ask_export, progress_of
from grids.api.serializers import StrictSerializer
from grids.api.views import FirstRenderer

from .inputs import NUMBER, SERIALIZERS
from .pagination import KeysetPagination
from .preconditions import IDEMPOTENCY_KEY, answer_once, as_json, user_scope
from .saved import QUERY_EXAMPLE, QueryField

SALT = "cases.job.file"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportInputs(StrictSerializer):
    """Which cases."""

    query = QueryField(default=dict, help_text="Filters of the list of cases, by name; none: all that one sees.")


class BulkInputs(StrictSerializer):
    """What is to be done, to which cases."""

    action = serializers.ChoiceField(choices=BULK_ACTIONS)
    cases = serializers.ListField(
        child=serializers.RegexField(f"^{NUMBER}$"), required=False, allow_empty=False, max_length=MOST_CASES
    )
    query = QueryField(required=False, help_text="Instead of `cases`: filters of the list, by name.")
    inputs = serializers.DictField(default=dict, help_text="The body of the action.")


class JobSerializer(serializers.Serializer):
    """A job: what was asked, how far it is, and where its file is as long as there is one."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Job.Kind.choices)
    state = serializers.ChoiceField(choices=Job.State.choices)
    said = serializers.JSONField(help_text="What was asked.")
    total = serializers.SerializerMethodField(help_text="Cases; 0 while they are not counted yet.")
    done = serializers.SerializerMethodField()
    error = serializers.CharField()
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField(help_text="Bytes of the file.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="The file is deleted then.")
    download_url = serializers.SerializerMethodField(help_text="Signed, for some minutes; null without a file.")

    def get_total(self, job: Job) -> int:
        return progress_of(job)[1]

    def get_done(self, job: Job) -> int:
        return progress_of(job)[0]

    def get_download_url(self, job: Job) -> str | None:
        return file_address(job, self.context["request"])


def file_address(job: Job, request: Request | HttpRequest) -> str | None:
    """An address of the job's file that holds for EXPORT_LINK_SECONDS; None where there is none (any more)."""
    if not job.file or job.expires_at is None or job.expires_at <= timezone.now():
        return None
    key = signing.dumps([job.pk, str(job.token)], salt=SALT)
    return str(reverse("job-file", [key], request=request))


class JobItemSerializer(serializers.Serializer):
    """A case of a selection, and what became of it."""

    number = serializers.CharField(source="case.number")
    state = serializers.ChoiceField(choices=JobItem.State.choices)
    reason = serializers.CharField(help_text="Why it was refused.")
    at = serializers.DateTimeField(allow_null=True)


class Jobs(GenericAPIView):
    """One's own jobs."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.visible_to(self.request.user)


@extend_schema_view(get=extend_schema(operation_id="jobs_list", summary="One's own jobs", tags=["jobs"]))
class JobsView(Jobs, ListAPIView):
    """Newest first."""

    pagination_class = KeysetPagination
    orderings = ("-pk",)


class JobView(Jobs):
    """How far one is."""

    @extend_schema(operation_id="jobs_read", summary="How far a job is", tags=["jobs"])
    def get(self, request: Request, pk: str) -> Response:
        return Response(_said(get_object_or_404(self.get_queryset(), pk=pk), request))


@extend_schema_view(
    get=extend_schema(operation_id="jobs_results", summary="What became of each case of a selection", tags=["jobs"])
)
class ResultsView(ListAPIView):
    """In the order of the selection; cases that one does not see any more are left out."""

    queryset = JobItem.objects.none()
    serializer_class = JobItemSerializer
    pagination_class = KeysetPagination
    filter_backends = ()
    orderings = ("position",)

    def get_queryset(self) -> QuerySet[JobItem]:
        if "pk" not in self.kwargs:  # the description of the API is drawn without a job
            return self.queryset
        job = get_object_or_404(Job.objects.visible_to(self.request.user), pk=self.kwargs["pk"])
        return JobItem.objects.visible_to(self.request.user).filter(job=job).select_related("case")


class AskExportView(APIView):
    """A ledger of any length."""

    @extend_schema(
        operation_id="cases_export_ask",
        summary="Ask for the ledger as Excel",
        description="Made by a worker; read the job again until it is done, and fetch `download_url`.",
        request=ExportInputs,
        responses={202: JobSerializer},
        parameters=[IDEMPOTENCY_KEY],
        examples=[OpenApiExample("ask", value={"query": QUERY_EXAMPLE}, request_only=True)],
        tags=["jobs"],
    )
    def post(self, request: Request) -> Response:
        def ask() -> Reply:
            inputs = ExportInputs(data=request.data)
            inputs.is_valid(raise_exception=True)
            return Reply(202, as_json(_said(ask_export(request.user, inputs.validated_data["query"]), request)))

        return answer_once(request, user_scope(request), ask)


class BulkView(APIView):
    """One action over a selection."""

    @extend_schema(
        operation_id="cases_bulk",
        summary="Do one thing to many cases",
        description="Each case is asked of the table of moves on its own, in a transaction of its own; what became of "
        "it is in the job's results. Send an `Idempotency-Key`: a repetition does nothing twice.",
        request=BulkInputs,
        responses={202: JobSerializer},
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "urge",
                value={"action": "urge", "cases": ["1310-20261122-000042"], "inputs": {"note": "请今日答复"}},
                request_only=True,
            )
        ],
        tags=["jobs"],
    )
    def post(self, request: Request) -> Response:
        return answer_once(
            request, user_scope(request), lambda: Reply(202, as_json(_said(self._ask(request), request)))
        )

    @staticmethod
    def _ask(request: Request) -> Job:
        inputs = BulkInputs(data=request.data)
        inputs.is_valid(raise_exception=True)
        said = inputs.validated_data
        body = SERIALIZERS[said["action"]](data=said["inputs"], context={"request": request})
        body.is_valid(raise_exception=True)
        cases = _selected(request.user, said)
        return ask_bulk(Actor.person(request.user), said["action"], cases, body.validated_data)


def _selected(user: Any, said: dict[str, Any]) -> list[Case]:
    if ("cases" in said) == ("query" in said):
        raise BadInput(cases=_("give either numbers of cases, or a query"))
    if "query" in said:
        return list(cases_of(user, said["query"]).only("pk").order_by("pk")[: MOST_CASES + 1])
    return chosen_cases(user, said["cases"])


def chosen_cases(user: Any, numbers: list[str]) -> list[Case]:
    """The visible cases of these numbers, each once, in this order. Raises BadInput for one that is not there."""
    seen = {case.number: case for case in Case.objects.visible_to(user).filter(number__in=numbers).only("number")}
    for number in numbers:
        if number not in seen:
            raise BadInput(cases=_("no case has the number %s") % number)
    return [seen[number] for number in dict.fromkeys(numbers)]


def _said(job: Job, request: Request) -> dict[str, Any]:
    return dict(JobSerializer(job, context={"request": request}).data)


class JobFileView(APIView):
    """The file of a job, for whoever has its address while that holds."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="jobs_file",
        summary="The file of a job",
        description="By the signed `download_url` of the job, which holds for some minutes.",
        parameters=[OpenApiParameter("key", str, OpenApiParameter.PATH)],
        responses={(200, EXCEL): OpenApiTypes.BINARY},
        tags=["jobs"],
    )
    def get(self, request: Request, key: str) -> FileResponse:
        try:
            pk, token = signing.loads(key, salt=SALT, max_age=settings.EXPORT_LINK_SECONDS)
        except signing.BadSignature:
            raise Http404 from None
        rows = Job.objects.filter(pk=pk, token=token, expires_at__gt=timezone.now(), asked_by__is_active=True)
        job = rows.exclude(file="").first()
        if job is None or not default_storage.exists(job.file):
            raise Http404
        return as_file(default_storage.open(job.file), job.asked_at)


def as_file(file: Any, at: Any) -> FileResponse:
    """A workbook to be kept, never shown from a cache."""
    name = f"cases-{timezone.localtime(at):%Y%m%d-%H%M}.xlsx"
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, as_attachment=True, filename=name, content_type=EXCEL, headers=headers)
