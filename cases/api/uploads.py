"""Files of a case: brought by who may add a note, shown to who sees the case."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.actors import Actor
from cases.models import Attachment, Case
from cases.services.attachments import attach, files_go_with_rows
from cases.services.idempotency import Reply
from cases.workflow import check
from grids.api.parsers import UploadParser
from grids.api.serializers import StrictSerializer
from grids.api.views import FirstRenderer

from .actions import NUMBER_PARAMETER
from .preconditions import IDEMPOTENCY_KEY, IF_MATCH, answer_once, as_json, user_scope, version_from
from .seen import seen_case
from .serializers import AttachmentSerializer


class UploadInputs(StrictSerializer):
    """One file."""

    file = serializers.FileField(help_text="JPEG, PNG, WebP or PDF, at most 10 MB.", use_url=False)


def upload_once(request: Request, case: Case, actor: Actor, scope: str) -> Response:
    """Keeps the file of a request with the case; the same key keeps it once."""

    def act() -> Reply:
        version = version_from(request, case)
        check(case, "note", actor)
        inputs = UploadInputs(data=request.data)
        inputs.is_valid(raise_exception=True)
        attachment = attach(case, actor, inputs.validated_data["file"], version=version, saved=saved)
        return Reply(201, as_json(AttachmentSerializer(attachment, context={"request": request}).data))

    with files_go_with_rows() as saved:
        return answer_once(request, scope, act)


class UploadView(APIView):
    """The door for colleagues."""

    parser_classes = (UploadParser,)

    @extend_schema(
        operation_id="cases_attach",
        summary="Attach a picture or PDF",
        description="It becomes a note in the history. Pictures are drawn anew, without what the camera wrote into "
        "them. At most 9 files a case.",
        request={"multipart/form-data": UploadInputs},
        responses={201: AttachmentSerializer},
        parameters=[NUMBER_PARAMETER, IF_MATCH, IDEMPOTENCY_KEY],
        tags=["cases"],
    )
    def post(self, request: Request, number: str) -> Response:
        case = seen_case(request.user, number)
        return upload_once(request, case, Actor.person(request.user), user_scope(request))


class AttachmentView(APIView):
    """The file itself. It is never run where it is shown."""

    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="attachments_read",
        summary="A file of a case that one sees",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        tags=["cases"],
    )
    def get(self, request: Request, pk: int) -> FileResponse:
        attachment = Attachment.objects.visible_to(request.user).select_related("case").filter(pk=pk).first()
        if attachment is None:
            raise Http404
        try:
            content: Any = attachment.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        suffix = str(attachment.file.name).rpartition(".")[2]
        return FileResponse(
            content,
            as_attachment=not attachment.content_type.startswith("image/"),
            filename=f"{attachment.case.number}-{attachment.pk}.{suffix}",
            content_type=attachment.content_type,
            headers={
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "private, max-age=3600",
            },
        )
