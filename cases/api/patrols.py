"""Patrols: checking in, the list of check-ins that one sees, and their photos."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from cases.actors import Actor
from cases.errors import FilesAway
from cases.models import Patrol, PatrolPhoto
from cases.services.attachments import files_go_with_rows
from cases.services.patrols import Visit, check_in
from grids.api.filters import FlagFilter, MomentFilter, StrictFilterSet, SubtreeFilter
from grids.api.pagination import KeysetPagination
from grids.api.parsers import BoundedJSONParser, FilesParser
from grids.api.serializers import GridCodeField, GridRef, IntakePointField, StrictSerializer, grid_ref
from grids.api.shapes import Shape
from grids.api.views import FirstRenderer

from .serializers import PersonRef
from .serving import HEADERS


class VisitInputs(StrictSerializer):
    """A check-in: where, when, what was seen."""

    key = serializers.UUIDField(help_text="Made by the client: the same key is the same check-in.")
    grid = GridCodeField(required=False, allow_null=True, help_text="Code of a grid or household district.")
    intake_point = IntakePointField(required=False, allow_null=True, help_text="Token of its QR code.")
    lon = serializers.FloatField(required=False, allow_null=True, min_value=-180, max_value=180)
    lat = serializers.FloatField(required=False, allow_null=True, min_value=-90, max_value=90)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    at = serializers.DateTimeField(required=False, allow_null=True, help_text="Left out: now.")
    file = serializers.ListField(
        child=serializers.FileField(use_url=False), required=False, default=list, help_text="Photos, at most nine."
    )


class PatrolSerializer(Shape):
    """A check-in."""

    key = serializers.SerializerMethodField()
    user = PersonRef()
    grid = serializers.SerializerMethodField()
    intake_point = serializers.SerializerMethodField(help_text="Name of the point; null: none.")
    lon = serializers.FloatField(allow_null=True)
    lat = serializers.FloatField(allow_null=True)
    note = serializers.CharField()
    case = serializers.SerializerMethodField(help_text="Number of the case that it became; null: none.")
    at = serializers.DateTimeField()
    photos = serializers.SerializerMethodField(help_text="Addresses, which ask for the same rights.")

    def get_key(self, patrol: Patrol) -> str:
        return str(patrol.key)

    @extend_schema_field(GridRef)
    def get_grid(self, patrol: Patrol) -> dict[str, Any] | None:
        return grid_ref(patrol.grid.path)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_intake_point(self, patrol: Patrol) -> str | None:
        return patrol.intake_point.name if patrol.intake_point else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_case(self, patrol: Patrol) -> str | None:
        return patrol.case.number if patrol.case else None

    @extend_schema_field(serializers.ListField(child=serializers.URLField()))
    def get_photos(self, patrol: Patrol) -> list[str]:
        request = self.context.get("request")
        return [str(reverse("patrol-photo", [photo.pk], request=request)) for photo in patrol.photos.all()]


class PatrolFilter(StrictFilterSet):
    """Check-ins by place, person and time."""

    grid = SubtreeFilter(field_name="grid__path", help_text="Code of a grid: check-ins in it and in all below.")
    mine = FlagFilter(method="by_mine", help_text="true: one's own.")
    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")
    case = filters.CharFilter(field_name="case__number", max_length=32, help_text="Number of the case it became.")

    def by_mine(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(user=self.request.user) if value else rows


def _told(rows: QuerySet[Patrol]) -> QuerySet[Patrol]:
    return rows.select_related("user", "grid", "intake_point", "case").prefetch_related("photos")


class PatrolsView(ListAPIView):
    """The list, newest first; and the door for checking in."""

    queryset = Patrol.objects.none()
    serializer_class = PatrolSerializer
    filterset_class = PatrolFilter
    pagination_class = KeysetPagination
    parser_classes = (FilesParser, BoundedJSONParser)
    orderings = ("-at",)

    def get_queryset(self) -> QuerySet[Patrol]:
        return _told(Patrol.objects.visible_to(self.request.user))

    @extend_schema(operation_id="patrols_list", summary="Check-ins that one sees", tags=["patrols"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="patrols_check_in",
        summary="Check in on a patrol",
        description="For whoever serves the place. Sent again with the same key, it is answered with the one kept.",
        request={"multipart/form-data": VisitInputs, "application/json": VisitInputs},
        responses={201: PatrolSerializer},
        filters=False,
        tags=["patrols"],
    )
    def post(self, request: Request) -> Response:
        inputs = VisitInputs(data=request.data, context={"request": request})
        inputs.is_valid(raise_exception=True)
        said = dict(inputs.validated_data)
        photos, grid = said.pop("file"), said.pop("grid", None)
        visit = Visit(**said, grid_id=grid.id if grid else None)
        with files_go_with_rows() as saved:
            kept = check_in(Actor.person(request.user), visit, photos, saved=saved)
        row = _told(Patrol.objects.filter(pk=kept.pk)).get()
        return Response(PatrolSerializer(row, context={"request": request}).data, status=201)


class PatrolPhotoView(APIView):
    """A photo of a check-in, for who sees it."""

    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="patrols_photo",
        summary="A photo of a check-in",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        tags=["patrols"],
    )
    def get(self, request: Request, pk: int) -> FileResponse:
        photo = PatrolPhoto.objects.visible_to(request.user).filter(pk=pk).first()
        if photo is None:
            raise Http404
        try:
            content: Any = default_storage.open(str(photo.file.name))
        except FileNotFoundError:
            raise Http404 from None
        except Exception as error:  # each storage has its own
            raise FilesAway(_("Files cannot be read just now. Try again in a while.")) from error
        headers = HEADERS | {"Cache-Control": "private, max-age=600"}
        shown = photo.content_type.startswith("image/")
        return FileResponse(content, as_attachment=not shown, content_type=photo.content_type, headers=headers)
