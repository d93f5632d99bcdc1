"""One address for each action, made from the table of moves: what the table gains, the API gains."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.urls import URLPattern, re_path
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.actors import Actor
from cases.models import Case
from cases.reporter import Reporter
from cases.services import ACTIONS
from cases.services.idempotency import Reply
from cases.workflow import MOVES, Move, check

from .inputs import NUMBER, SERIALIZERS, example_of
from .offers import offered
from .preconditions import IDEMPOTENCY_KEY, IF_MATCH, answer_once, as_json, etag, user_scope, version_from
from .seen import seen_case
from .serializers import CaseStateSerializer, ReporterSerializer

NUMBER_PARAMETER = OpenApiParameter("number", str, OpenApiParameter.PATH, description="The case's number.")


class ActionView(APIView):
    """Finds the case, checks the move, validates what it asks for, calls its service."""

    move: ClassVar[Move]

    def post(self, request: Request, number: str) -> Response:
        case = seen_case(request.user, number)
        return answer_once(request, user_scope(request), lambda: self.act(request, case))

    def act(self, request: Request, case: Case) -> Reply:
        actor = Actor.person(request.user)
        changed = self.serve(request, case, actor)
        changed.available_actions = [move.action for move in offered(changed, actor)]
        return Reply(200, as_json(CaseStateSerializer(changed).data))

    def serve(self, request: Request, case: Case, actor: Actor) -> Any:
        """What the service answers. The table is asked before the inputs are: who may not, need not fill in a form."""
        version = version_from(request, case)
        check(case, self.move.action, actor)
        inputs = SERIALIZERS[self.move.action](data=request.data, context={"request": request, "case": case})
        inputs.is_valid(raise_exception=True)
        return ACTIONS[self.move.action](case, actor, version=version, **inputs.validated_data)


class RevealView(ActionView):
    """Shows who spoke up. Each look is an event of its own, and no reply is kept: no key repeats it."""

    def post(self, request: Request, number: str) -> Response:
        case = seen_case(request.user, number)
        with transaction.atomic():
            reporter: Reporter = self.serve(request, case, Actor.person(request.user))
        case.refresh_from_db(fields=["version"])
        said = ReporterSerializer({"name": reporter.name, "phone": reporter.phone}).data
        return Response(said, headers={"ETag": etag(case), "Cache-Control": "no-store"})


def _view(move: Move) -> type[ActionView]:
    reveals = move.action == "reveal_reporter"
    base = RevealView if reveals else ActionView
    name = "".join(word.capitalize() for word in move.action.split("_")) + "View"
    view = type(name, (base,), {"move": move, "__doc__": ACTIONS[move.action].__doc__})
    statuses = ", ".join(f"`{status.value}`" for status in move.sources)
    described = extend_schema(
        operation_id=f"cases_{move.action}",
        summary=move.action.replace("_", " ").capitalize(),
        description=f"{ACTIONS[move.action].__doc__}\n\nPossible while the case is {statuses}.",
        request=SERIALIZERS[move.action] if move.inputs else None,
        responses=ReporterSerializer if reveals else CaseStateSerializer,
        parameters=[NUMBER_PARAMETER, IF_MATCH] if reveals else [NUMBER_PARAMETER, IF_MATCH, IDEMPOTENCY_KEY],
        examples=[OpenApiExample(move.action, value=example_of(move), request_only=True)],
        tags=["actions"],
    )
    return extend_schema_view(post=described)(view)


urlpatterns: list[URLPattern] = [
    re_path(rf"^cases/(?P<number>{NUMBER})/actions/{move.action}/$", _view(move).as_view(), name=f"case-{move.action}")
    for move in MOVES
]
