"""The desk in its first, plain form: a case with its clocks and history, and its actions. The list: `lists.py`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases.actors import Actor
from cases.api.files import CaseFile, seen_file
from cases.api.inputs import SERIALIZERS
from cases.api.seen import seen_case
from cases.api.uploads import KindInputs
from cases.choices import AttachmentKind
from cases.deadlines import Segment
from cases.models import Case, Deadline
from cases.refusals import REFUSALS, refusal_of
from cases.reporter import Reporter
from cases.services import ACTIONS
from cases.services.attachments import MOST_FILES, attach_all, files_go_with_rows
from cases.services.clocks import explanation_in_words, explanation_of
from cases.services.idempotency import Reply, fingerprint_of, once
from cases.services.voice import shown_reporter
from cases.telling import led_to, own_words
from cases.workflow import TABLE, Move, check

from .forms import ActionPost, Forms, said_in
from .language import with_language
from .photos import files_in, fingerprint_with_files, is_too_much, photos_of
from .together import helpers_of


@never_cache
@require_safe
@with_language
@login_required
def case_page(request: HttpRequest, number: str) -> HttpResponse:
    """A case: who has it until when, what was said, what happened, what one can do."""
    return _page(request, number)


def _page(
    request: HttpRequest,
    number: str,
    *,
    posted: ActionPost | None = None,
    revealed: Reporter | None = None,
    status: int = 200,
) -> HttpResponse:
    said: Any = request  # the file needs the user and an absolute address, which both kinds of request have
    case = seen_file(said, number)
    file: CaseFile = case.file
    context = {
        "case": case,
        "file": file,
        "reporter": shown_reporter(case),
        "revealed": revealed,
        "clocks": [_explained(clock) for clock in file.clocks],
        "events": [(event, led_to(event), own_words(event.payload)) for event in reversed(file.events)],
        "helpers": helpers_of(file),
        "forms": Forms(case, file, request.user).all(posted),
        "refused": posted,
        "photos": photos_of(request, case, file.attachments),
        "may_add": any(said["name"] == "note" for said in file.available_actions),
        "file_kinds": AttachmentKind.choices,
        "file_kind": posted.said.get("kind", "") if posted else "",
        "file_errors": posted.errors.get("file", ()) if posted else (),
        "file_key": str(uuid.uuid4()),
        "most_files": MOST_FILES,
    }
    return render(request, "portal/case.html", context, status=status)


def _explained(clock: Deadline) -> tuple[Deadline, Sequence[Segment], str]:
    told = explanation_of(clock)
    return clock, told.segments, explanation_in_words(clock, told)


@never_cache
@require_POST
@login_required
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """One action of the table, by the same check, serializer and service as the API's."""
    case = seen_case(request.user, number)
    move = TABLE.get(action)
    if move is None:
        raise Http404
    try:
        if action == "reveal_reporter":
            return _reveal(request, case, move)
        scope, key = f"user:{request.user.pk}", request.POST.get("key", "")[:80]
        once(scope, f"form:{key}"[:80] if key else "", _fingerprint(request), lambda: _done(request, case, move))
    except REFUSALS as error:
        refusal = refusal_of(error)
        posted = ActionPost(action, request.POST, refusal.sentence, refusal.fields)
        return refusal.on(_page(request, number, posted=posted, status=refusal.status))
    return redirect("case-page", number)


@never_cache
@require_POST
@login_required
def add_files(request: HttpRequest, number: str) -> HttpResponse:
    """Pictures and documents that a colleague adds: all of a sending, or none."""
    case = seen_case(request.user, number)
    if is_too_much(request):
        return HttpResponse(_("The request is too large."), status=413, content_type="text/plain; charset=utf-8")
    key = request.POST.get("key", "")[:70]
    scope, fingerprint = f"user:{request.user.pk}", fingerprint_with_files(request)
    try:
        with files_go_with_rows() as saved:
            once(scope, f"form:{key}" if key else "", fingerprint, lambda: _attached(request, case, saved))
    except REFUSALS as error:
        refusal = refusal_of(error)
        posted = ActionPost("files", request.POST, refusal.sentence, refusal.fields)
        return _page(request, number, posted=posted, status=refusal.status)
    return redirect("case-page", number)


def _attached(request: HttpRequest, case: Case, saved: list[str]) -> Reply:
    actor = Actor.person(request.user)
    check(case, "note", actor)
    inputs = KindInputs(data={"kind": request.POST["kind"]} if request.POST.get("kind") else {})
    inputs.is_valid(raise_exception=True)
    attach_all(case, actor, files_in(request.FILES), saved=saved, **inputs.validated_data)
    return Reply(200, {"number": case.number})


def _done(request: HttpRequest, case: Case, move: Move) -> Reply:
    _serve(request, case, move)
    return Reply(200, {"number": case.number})


def _reveal(request: HttpRequest, case: Case, move: Move) -> HttpResponse:
    """Each look is an event of its own; what was seen is on this answer alone, and on no page that can be reopened."""
    with transaction.atomic():
        reporter: Reporter = _serve(request, case, move)
    return _page(request, case.number, revealed=reporter)


def _serve(request: HttpRequest, case: Case, move: Move) -> Any:
    """What the service answers. The table is asked before the inputs are: who may not, need not fill in a form."""
    actor = Actor.person(request.user)
    check(case, move.action, actor)
    context = {"request": request, "case": case}
    inputs = SERIALIZERS[move.action](data=said_in(move, request.POST), context=context)
    inputs.is_valid(raise_exception=True)
    return ACTIONS[move.action](case, actor, version=_version(request), **inputs.validated_data)


def _version(request: HttpRequest) -> int | None:
    said = request.POST.get("version", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _fingerprint(request: HttpRequest) -> str:
    said = sorted((name, values) for name, values in request.POST.lists() if name not in ("csrfmiddlewaretoken", "key"))
    return fingerprint_of([request.path.encode(), repr(said).encode()])
