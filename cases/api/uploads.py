"""Files of a case: brought by who may add a note, shown to who sees the case."""

from __future__ import annotations

from django.http import Http404, HttpResponseBase, HttpResponseRedirect
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.actors import Actor, ActorKind
from cases.choices import AttachmentKind
from cases.models import Attachment, Case
from cases.services.attachments import attach, files_go_with_rows
from cases.services.idempotency import Reply
from cases.workflow import check
from grids.api.parsers import UploadParser
from grids.api.serializers import StrictSerializer
from grids.api.views import FirstRenderer

from .actions import NUMBER_PARAMETER
from .file_addresses import address_for, opened
from .preconditions import IDEMPOTENCY_KEY, IF_MATCH, answer_once, as_json, user_scope, version_from
from .seen import seen_case
from .serializers import AttachmentSerializer, FileSerializer
from .serving import served


class UploadInputs(StrictSerializer):
    """One file."""

    file = serializers.FileField(help_text="JPEG, PNG, WebP or PDF, at most 10 MB.", use_url=False)


class KindInputs(StrictSerializer):
    """What a colleague's file shows."""

    kind = serializers.ChoiceField(
        choices=AttachmentKind.choices, required=False, help_text="Left out: the matter itself."
    )


class ColleaguesUploadInputs(UploadInputs, KindInputs):
    """One file, and what it shows."""


def upload_once(
    request: Request, case: Case, actor: Actor, scope: str, inputs_class: type[UploadInputs] = UploadInputs
) -> Response:
    """Keeps the file of a request with the case; the same key keeps it once."""

    def act() -> Reply:
        version = version_from(request, case)
        check(case, "note", actor)
        inputs = inputs_class(data=request.data)
        inputs.is_valid(raise_exception=True)
        said = dict(inputs.validated_data)
        attachment = attach(case, actor, said.pop("file"), version=version, saved=saved, **said)
        answered = FileSerializer if actor.kind is ActorKind.RESIDENT else AttachmentSerializer
        return Reply(201, as_json(answered(attachment, context={"request": request}).data))

    with files_go_with_rows() as saved:
        return answer_once(request, scope, act)


class UploadView(APIView):
    """The door for colleagues."""

    parser_classes = (UploadParser,)

    @extend_schema(
        operation_id="cases_attach",
        summary="Attach a picture or PDF",
        description="It becomes a note in the history. Pictures are drawn anew, without what the camera wrote into "
        "them; where they were taken is kept as `position`. PDFs are written anew, without metadata, scripts, forms "
        "and embedded files. At most 9 files a case from colleagues, and 9 from the resident.",
        request={"multipart/form-data": ColleaguesUploadInputs},
        responses={201: AttachmentSerializer},
        parameters=[NUMBER_PARAMETER, IF_MATCH, IDEMPOTENCY_KEY],
        tags=["cases"],
    )
    def post(self, request: Request, number: str) -> Response:
        case = seen_case(request.user, number)
        return upload_once(request, case, Actor.person(request.user), user_scope(request), ColleaguesUploadInputs)


class AttachmentView(APIView):
    """The lasting address of a file."""

    @extend_schema(
        operation_id="attachments_read",
        summary="A file of a case that one sees",
        description="Leads (302) to an address that works for a short time; see `file_url` of a case's attachments.",
        responses={302: None},
        tags=["cases"],
    )
    def get(self, request: Request, pk: int) -> HttpResponseRedirect:
        attachment = Attachment.objects.visible_to(request.user).filter(pk=pk).first()
        if attachment is None:
            raise Http404
        return HttpResponseRedirect(address_for(request, attachment), headers={"Cache-Control": "no-store"})


class FileView(APIView):
    """The file itself, for who was given its address."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (AllowAny,)
    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="files_read",
        summary="A file, by an address that works for a short time",
        description="Open to whom the address was given; 404 once it is too old or its holder no longer sees the case. "
        "Where files lie in an S3 bucket, it leads there (302).",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 302: None},
        auth=[],
        tags=["cases"],
    )
    def get(self, request: Request, token: str) -> HttpResponseBase:
        return served(opened(token, request))
