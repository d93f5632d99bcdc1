"""What a phone keeps for when it has no network: one's own open cases with all that stands in them, and the reference
data that forms and maps need. Decision: docs/adr/0035-the-phone-compares-versions.md."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from cases.actors import Actor
from cases.choices import Status
from cases.errors import BadInput
from cases.models import Case
from grids.api.shapes import Shape
from grids.territory import territory_of

from .area import area_of
from .files import seen_files
from .inputs import NUMBER
from .offers import offered
from .serializers import CaseSerializer
from .waiting import Waiting

MOST = 300
"""Open cases that a phone keeps, those due first."""
MOST_FILES = 20
"""Files in one answer."""


class MyRowSerializer(Shape):
    """An open case and the version that it is at."""

    number = serializers.CharField()
    version = serializers.IntegerField()


class MyWorkSerializer(Shape):
    """All of one's open cases by number and version."""

    stamp = serializers.CharField(help_text="Changes with one's posts and language: then every file reads differently.")
    cases = MyRowSerializer(many=True)
    truncated = serializers.BooleanField(help_text="Whether there are more than a phone keeps.")


def stamp_of(user: Any) -> str:
    """What besides its version decides how somebody reads a case: their posts of today, and the language."""
    territory = territory_of(user)
    said = [user.pk, get_language(), territory.everything, *(s.post_id for s in territory.standings)]
    said += [(s.role, s.unit_id, s.path) for s in territory.standings]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def answered(request: Request, said: Any) -> Response:
    """The answer with a tag made of it; 304 without a body where the client has it already."""
    tag = f'"{hashlib.sha256(json.dumps(said, cls=JSONEncoder).encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=headers)
    return Response(said, headers=headers)


class MyWorkView(APIView):
    """Which cases a phone should keep, and at which version: it asks for the files that it lacks, and drops the
    rest."""

    @extend_schema(
        operation_id="my_work",
        summary="One's own open cases, by version",
        description="As the list with `mine=true`, in short, those due first. With If-None-Match: 304 where nothing "
        "has changed.",
        responses=MyWorkSerializer,
        tags=["field"],
    )
    def get(self, request: Request) -> Response:
        rows = list(_mine(request.user).order_by("due_at", "pk").values("number", "version")[: MOST + 1])
        said = {"stamp": stamp_of(request.user), "cases": rows[:MOST], "truncated": len(rows) > MOST}
        return answered(request, said)


def _mine(user: Any) -> QuerySet[Case]:
    return Case.objects.visible_to(user).mine(user)


class MyFilesView(APIView):
    """Some of them in full."""

    @extend_schema(
        operation_id="my_work_files",
        summary="Several files at once",
        description=f"At most {MOST_FILES} numbers; what one does not see is left out. As the file of a case, but "
        "`available_actions` are names: labels and schemas are in `my/area/`. `after_sign` names what can be done once "
        "it is signed.",
        parameters=[OpenApiParameter("number", str, many=True, required=True, description="Number of a case.")],
        responses=CaseSerializer(many=True),
        tags=["field"],
    )
    def get(self, request: Request) -> Response:
        numbers = request.query_params.getlist("number")
        if not 1 <= len(numbers) <= MOST_FILES or not all(re.fullmatch(NUMBER, one) for one in numbers):
            raise BadInput(number=_("numbers of cases, 1 to %d of them") % MOST_FILES)
        cases = Case.objects.visible_to(request.user).filter(number__in=numbers).order_by("pk")
        actor = Actor.person(request.user)
        said = [_file(case, actor, request) for case in seen_files(request, cases)]
        return Response(said, headers={"Cache-Control": "private, no-store"})


def _file(case: Any, actor: Actor, request: Request) -> dict[str, Any]:
    said: dict[str, Any] = dict(CaseSerializer(case, context={"request": request}).data)
    said["available_actions"] = [one["name"] for one in said["available_actions"]]
    said["after_sign"] = _after_sign(case, actor) if "sign" in said["available_actions"] else []
    return said


def _after_sign(case: Any, actor: Actor) -> list[str]:
    """What will be on offer once it is signed: so that a phone without a network lets one go on."""
    signed = copy.copy(case)
    signed.status = Status.HANDLING
    waiting = Waiting(case.file.clocks, case.file.orders)
    return [move.action for move in offered(signed, actor, case.file.assignments, waiting)]


class MyAreaView(APIView):
    """What forms and maps need."""

    @extend_schema(
        operation_id="my_area",
        summary="Reference data for one's own area",
        description="Who one is, categories, own grids with outlines, household districts, intake points, the words "
        "of closed lists, and what each action asks for. With If-None-Match: 304 where nothing has changed.",
        responses=OpenApiTypes.OBJECT,
        tags=["field"],
    )
    def get(self, request: Request) -> Response:
        return answered(request, {"stamp": stamp_of(request.user)} | area_of(request.user))
