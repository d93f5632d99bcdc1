"""A case as those who work on it see it, alone or in the pane of the desk, and what its forms do. The desk around it:
`console/desk.py`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
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
from cases.errors import Stale
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

from .console.panes import PANE, pane_of, way_back
from .console.prints import prints_of
from .forms import ActionPost, Forms, said_in
from .language import with_language
from .photos import before_and_after, files_in, fingerprint_with_files, is_too_much, photos_of
from .together import helpers_of


@never_cache
@require_safe
@with_language
@login_required
def case_page(request: HttpRequest, number: str) -> HttpResponse:
    """A case alone: who has it until when, what was said, what happened, what one can do."""
    return _page(request, number)


def _page(
    request: HttpRequest,
    number: str,
    *,
    posted: ActionPost | None = None,
    revealed: Reporter | None = None,
    status: int = 200,
) -> HttpResponse:
    """The case on a page of its own, or in the pane of the desk that a form was sent from."""
    in_pane = pane_of(request) == PANE
    said = case_context(request, number, posted=posted, revealed=revealed)
    if in_pane:
        said |= {"back": way_back(request)}
    template = "portal/console/pane.html" if in_pane else "portal/case.html"
    answer = render(request, template, said, status=status)
    patch_vary_headers(answer, ["HX-Request", "HX-Target"])
    return answer


def case_context(
    request: HttpRequest, number: str, *, posted: ActionPost | None = None, revealed: Reporter | None = None
) -> dict[str, Any]:
    """What a template needs to show a case to this visitor. Raises Http404 as `seen_file` does."""
    said: Any = request  # the file needs the user and an absolute address, which both kinds of request have
    case = seen_file(said, number)
    file: CaseFile = case.file
    photos = photos_of(request, case, file.attachments)
    events = [(event, led_to(event), own_words(event.payload)) for event in reversed(file.events)]
    return {
        "case": case,
        "file": file,
        "reporter": shown_reporter(case),
        "revealed": revealed,
        "clocks": [_explained(clock) for clock in file.clocks],
        "events": events,
        "meanwhile": [line for line in events if posted and line[0].seq > posted.version] if _stale(posted) else [],
        "left_over": _left_over(posted, file),
        "helpers": helpers_of(file),
        "forms": Forms(case, file, request.user).all(posted),
        "refused": posted,
        "photos": photos,
        "pairs": before_and_after(photos),
        "prints": prints_of(request, case, file),
        "may_add": any(said["name"] == "note" for said in file.available_actions),
        "file_kinds": AttachmentKind.choices,
        "file_kind": posted.said.get("kind", "") if posted else "",
        "file_errors": posted.errors.get("file", ()) if posted else (),
        "file_key": str(uuid.uuid4()),
        "most_files": MOST_FILES,
    }


def _stale(posted: ActionPost | None) -> bool:
    return posted is not None and posted.status == Stale.status


def _left_over(posted: ActionPost | None, file: CaseFile) -> list[str]:
    """Words typed into the form of an action that is not on offer any more: nobody's words are thrown away."""
    if posted is None or posted.action not in TABLE or any(posted.action == o["name"] for o in file.available_actions):
        return []
    asked = (one for one in TABLE[posted.action].inputs if one.kind == "text")
    return [text for one in asked if (text := posted.said.get(one.name, "").strip())]


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
        posted = ActionPost(action, request.POST, refusal.sentence, refusal.fields, refusal.status)
        return refusal.on(_page(request, number, posted=posted, status=refusal.status))
    return redirect(way_back(request) or reverse("case-page", args=[number]))


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
        posted = ActionPost("files", request.POST, refusal.sentence, refusal.fields, refusal.status)
        return _page(request, number, posted=posted, status=refusal.status)
    return redirect(way_back(request) or reverse("case-page", args=[number]))


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
