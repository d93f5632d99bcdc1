"""A case or an action together with its photos, as one request: all of it or nothing, and once however often it is
sent. Phones send so what they kept while they had no network."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.actors import Actor
from cases.choices import AttachmentKind
from cases.errors import BadInput, NotPermitted
from cases.models import Case
from cases.services import ACTIONS
from cases.services.attachments import attach_all, files_go_with_rows
from cases.services.handling import solve_on_spot
from cases.services.idempotency import Reply
from cases.services.intake import draw_up
from cases.services.patrols import make_case_of, patrol_of
from cases.workflow import TABLE, Move, check
from grids.api.parsers import FilesParser
from grids.api.serializers import StrictSerializer

from .actions import NUMBER_PARAMETER
from .inputs import SERIALIZERS
from .intake import LOGGED_REPORT, ReceiptSerializer
from .offers import offered
from .preconditions import IDEMPOTENCY_KEY, IF_MATCH, answer_once, as_json, user_scope, version_from
from .seen import seen_case
from .serializers import CaseStateSerializer
from .views import receipt

NOT_HERE = frozenset({"reveal_reporter"})
"""What a request that may be repeated must not do: each look is a line of history of its own."""


def _files(**said: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.FileField(use_url=False), required=False, default=list, **said)


class LoggedWithFilesInputs(StrictSerializer):
    """A case with its photos."""

    report = serializers.JSONField(help_text="The body of `POST /cases/`.")
    file = _files(help_text="JPEG, PNG, WebP or PDF, at most 10 MB each.")
    solved = serializers.CharField(
        max_length=2000,
        required=False,
        allow_blank=True,
        default="",
        help_text="What was done, where it was solved on the spot: the case comes in and goes to the verdict at once.",
    )
    patrol = serializers.UUIDField(required=False, allow_null=True, help_text="Key of the check-in that it came of.")


class ActedWithFilesInputs(StrictSerializer):
    """An action with its photos."""

    action = serializers.ChoiceField(choices=sorted(set(TABLE) - NOT_HERE))
    inputs = serializers.JSONField(required=False, default=dict, help_text="The body of that action's own address.")
    before = _files(help_text="Photos from before the work.")
    after = _files(help_text="Photos from after the work.")
    matter = _files(help_text="Photos of the matter itself.")


class LogWithFilesView(APIView):
    """The door for who logs a case with photos."""

    parser_classes = (FilesParser,)

    @extend_schema(
        operation_id="cases_log_with_files",
        summary="Log a case with photos, solved on the spot or not",
        description="As `POST /cases/`, with files and, where it was solved there and then, with what was done.",
        request={"multipart/form-data": LoggedWithFilesInputs},
        responses={201: ReceiptSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["cases"],
    )
    def post(self, request: Request) -> Response:
        actor = Actor.person(request.user)
        if not actor.territory.standings:
            raise NotPermitted(_("only who holds a post can log a case"))
        with files_go_with_rows() as saved:
            return answer_once(request, user_scope(request), lambda: self._log(request, actor, saved))

    def _log(self, request: Request, actor: Actor, saved: list[str]) -> Reply:
        inputs = LoggedWithFilesInputs(data=request.data)
        inputs.is_valid(raise_exception=True)
        said = inputs.validated_data
        patrol = patrol_of(actor, said["patrol"]) if said.get("patrol") else None
        case = draw_up(LOGGED_REPORT.read(said["report"]), actor).write()
        if said["file"]:
            attach_all(case, actor, said["file"], saved=saved)
        if said["solved"].strip():
            case = solve_on_spot(case, actor, note=said["solved"])
        if patrol is not None:
            make_case_of(patrol, case)
        case.refresh_from_db()
        return Reply(201, receipt(case, request))


class ActWithFilesView(APIView):
    """The door for who acts and brings photos of it."""

    parser_classes = (FilesParser,)

    @extend_schema(
        operation_id="cases_act_with_files",
        summary="Take an action, with photos of it",
        description="The photos become notes before the action, in the same transaction.",
        request={"multipart/form-data": ActedWithFilesInputs},
        responses=CaseStateSerializer,
        parameters=[NUMBER_PARAMETER, IF_MATCH, IDEMPOTENCY_KEY],
        tags=["actions"],
    )
    def post(self, request: Request, number: str) -> Response:
        case = seen_case(request.user, number)
        with files_go_with_rows() as saved:
            return answer_once(request, user_scope(request), lambda: self._act(request, case, saved))

    def _act(self, request: Request, case: Case, saved: list[str]) -> Reply:
        actor, version = Actor.person(request.user), version_from(request, case)
        form = ActedWithFilesInputs(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        move = TABLE[said["action"]]
        check(case, move.action, actor)
        inputs = _inputs(move, said["inputs"], request, case)
        for kind in (AttachmentKind.BEFORE, AttachmentKind.AFTER, AttachmentKind.MATTER):
            if said[kind.value]:
                attach_all(case, actor, said[kind.value], kind=kind, version=version, saved=saved)
                version = None  # what was read has been compared, and the case is locked until the end
        changed: Any = ACTIONS[move.action](case, actor, version=version, **inputs)
        changed.available_actions = [one.action for one in offered(changed, actor)]
        return Reply(200, as_json(CaseStateSerializer(changed).data))


def _inputs(move: Move, said: Any, request: Request, case: Case) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise BadInput(inputs=_("an object would be right, such as {}"))
    inputs = SERIALIZERS[move.action](data=said, context={"request": request, "case": case})
    inputs.is_valid(raise_exception=True)
    return dict(inputs.validated_data)
