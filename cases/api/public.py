"""The resident's door: no account, no session. A case is reached by its number and look-up code, and each address
has so many requests an hour."""

from __future__ import annotations

import re
from hmac import compare_digest
from typing import Any, ClassVar

from django.http import Http404
from django.urls import URLPattern, re_path
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.actors import RESIDENT
from cases.models import Case
from cases.services import ACTIONS
from cases.services.idempotency import Keep, Reply
from cases.services.intake import CODE_LENGTH
from cases.workflow import MOVES, Move, Relation, check
from grids.api.authentication import AddressThrottle
from grids.api.parsers import UploadParser

from .actions import NUMBER_PARAMETER
from .file_addresses import address_for_resident
from .inputs import NUMBER, SERIALIZERS, example_of
from .intake import PUBLIC_REPORT, PublicReportInputs, ReceiptSerializer
from .preconditions import IDEMPOTENCY_KEY, IF_MATCH, answer_once, answer_written_once, as_json, version_from
from .serializers import FileSerializer
from .tracking import TrackSerializer, track
from .uploads import UploadInputs, upload_once
from .views import take_in

CODE_HEADER = OpenApiParameter(
    "X-Case-Code",
    str,
    OpenApiParameter.HEADER,
    description="The look-up code. Here it stands in no log; `code` in the query does the same, for links.",
)
CODE_QUERY = OpenApiParameter("code", str, description="The look-up code, where no header can be sent.")


class PublicView(APIView):
    """Open to everybody, counted by address. Nobody is signed in here, so that no cookie can act for a visitor."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)
    throttle_scope = "public_write"


def own_case(request: Request, number: str) -> Case:
    """The case of this number, for who has its code. Raises Http404 alike for a wrong number and a wrong code."""
    return case_of(number, request.headers.get("X-Case-Code") or request.query_params.get("code", ""))


def case_of(number: str, code: str) -> Case:
    """The case of this number and look-up code. Raises Http404 alike for a wrong number and a wrong code."""
    case = Case.objects.filter(number=number).first() if re.fullmatch(NUMBER, number) else None
    kept = case.lookup_code if case else "-" * CODE_LENGTH
    fits = compare_digest(kept.encode(), code.strip().lower().encode("utf-8", "replace"))
    if case is None or not fits:
        raise Http404
    return case


REPORT = {
    "text": "北关村东头的路灯三天不亮了",
    "lon": 116.305,
    "lat": 39.435,
    "coordinate_source": "gcj02",
    "reporter": {"name": "何大年", "phone": "13812345678"},
}


class PublicCasesView(PublicView):
    """A resident speaks up."""

    throttle_scope = "public_submit"

    @extend_schema(
        operation_id="public_submit",
        summary="Report something",
        request=PublicReportInputs,
        responses={201: ReceiptSerializer},
        parameters=[IDEMPOTENCY_KEY],
        examples=[OpenApiExample("report", value=REPORT, request_only=True)],
        auth=[],
        tags=["public"],
    )
    def post(self, request: Request) -> Response:
        response = answer_written_once(request, "public", lambda keep: self._submit(request, keep))
        response["Cache-Control"] = "no-store"
        return response

    def _submit(self, request: Request, keep: Keep) -> Reply:
        return take_in(PUBLIC_REPORT.read(request.data), RESIDENT, request, keep)


class PublicCaseView(PublicView):
    """Where one's case stands."""

    throttle_scope = "public_read"

    @extend_schema(
        operation_id="public_track",
        summary="Follow one's case",
        responses=TrackSerializer,
        parameters=[NUMBER_PARAMETER, CODE_HEADER, CODE_QUERY],
        auth=[],
        tags=["public"],
    )
    def get(self, request: Request, number: str) -> Response:
        return Response(tracked(own_case(request, number)), headers={"Cache-Control": "no-store"})


def tracked(case: Case) -> Any:
    """The case's way, as it is sent."""
    return as_json(TrackSerializer(track(case)).data)


class PublicActionView(PublicView):
    """What a resident can do, from the same table as everybody's actions."""

    move: ClassVar[Move]

    def post(self, request: Request, number: str) -> Response:
        case = own_case(request, number)
        return answer_once(request, f"case:{case.pk}", lambda: self._act(request, case))

    def _act(self, request: Request, case: Case) -> Reply:
        version = version_from(request, case)
        check(case, self.move.action, RESIDENT)
        inputs = SERIALIZERS[self.move.action](data=request.data, context={"request": request})
        inputs.is_valid(raise_exception=True)
        changed = ACTIONS[self.move.action](case, RESIDENT, version=version, **inputs.validated_data)
        return Reply(200, tracked(changed))


class OwnPhotoSerializer(FileSerializer):
    """A file that the resident sent, with addresses that work for a short time."""

    file_url = serializers.CharField()
    thumbnail_url = serializers.CharField(allow_null=True)


def own_photos(case: Case, request: Any) -> list[dict[str, Any]]:
    """What the resident sent with this case; nothing of what colleagues added."""
    said = []
    for photo in case.attachments.filter(from_resident=True):
        small = address_for_resident(request, case, photo, small=True) if photo.thumbnail else None
        addresses = {"file_url": address_for_resident(request, case, photo), "thumbnail_url": small}
        said.append(FileSerializer(photo).data | addresses)
    return said


class PhotosView(PublicView):
    """Photos from the resident, and the resident's eyes only beside those who see the case."""

    parser_classes = (UploadParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method == "GET":
            self.throttle_scope = "public_read"
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="public_photos",
        summary="The photos that one has sent",
        responses=OwnPhotoSerializer(many=True),
        parameters=[NUMBER_PARAMETER, CODE_HEADER, CODE_QUERY],
        auth=[],
        tags=["public"],
    )
    def get(self, request: Request, number: str) -> Response:
        case = own_case(request, number)
        return Response(own_photos(case, request), headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="public_photo",
        summary="Add a photo",
        request={"multipart/form-data": UploadInputs},
        responses={201: FileSerializer},
        parameters=[NUMBER_PARAMETER, CODE_HEADER, IF_MATCH, IDEMPOTENCY_KEY],
        auth=[],
        tags=["public"],
    )
    def post(self, request: Request, number: str) -> Response:
        case = own_case(request, number)
        return upload_once(request, case, RESIDENT, f"case:{case.pk}")


def _view(move: Move) -> type[PublicActionView]:
    name = "Public" + "".join(word.capitalize() for word in move.action.split("_")) + "View"
    view = type(name, (PublicActionView,), {"move": move})
    statuses = ", ".join(f"`{status.value}`" for status in move.sources)
    described = extend_schema(
        operation_id=f"public_{move.action}",
        summary=f"{move.action.replace('_', ' ').capitalize()}, as the resident",
        description=f"{ACTIONS[move.action].__doc__}\n\nPossible while the case is {statuses}.",
        request=SERIALIZERS[move.action],
        responses=TrackSerializer,
        parameters=[NUMBER_PARAMETER, CODE_HEADER, IF_MATCH, IDEMPOTENCY_KEY],
        examples=[OpenApiExample(move.action, value=example_of(move), request_only=True)],
        auth=[],
        tags=["public"],
    )
    return extend_schema_view(post=described)(view)


RESIDENTS = [move for move in MOVES if any(who.relation is Relation.RESIDENT for who in move.who)]
CASE = rf"^public/cases/(?P<number>{NUMBER})/"

urlpatterns: list[URLPattern] = [
    re_path(r"^public/cases/$", PublicCasesView.as_view(), name="public-cases"),
    re_path(rf"{CASE}$", PublicCaseView.as_view(), name="public-case"),
    re_path(rf"{CASE}photos/$", PhotosView.as_view(), name="public-photos"),
    *(re_path(rf"{CASE}{move.action}/$", _view(move).as_view(), name=f"public-{move.action}") for move in RESIDENTS),
]
