"""The desk in its first, plain form: a case with its clocks and history, and its actions. The list: `lists.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases.actors import Actor
from cases.api.files import file_of, with_people
from cases.api.inputs import SERIALIZERS
from cases.api.seen import seen_case
from cases.deadlines import Segment
from cases.models import Case, CaseEvent, Deadline
from cases.reporter import Reporter
from cases.services import ACTIONS
from cases.services.clocks import explanation_in_words, explanation_of
from cases.services.idempotency import Reply, fingerprint_of, once
from cases.services.voice import shown_reporter
from cases.workflow import TABLE, Move, check

from .forms import ActionPost, Forms, said_in
from .language import with_language
from .refusals import REFUSALS, refusal_of
from .together import helpers_of

PAYLOAD_WORDS = ("wanted", "reason", "note", "comment", "text", "reply")
"""What a line of history says in somebody's own words."""


@never_cache
@require_safe
@with_language
@login_required
def case_page(request: HttpRequest, number: str) -> HttpResponse:
    """A case: who has it until when, what was said, what happened, what one can do."""
    return _page(request, _seen(request, number))


def _seen(request: HttpRequest, number: str) -> Case:
    return seen_case(request.user, number, with_people(Case.objects.visible_to(request.user)))


def _page(
    request: HttpRequest,
    case: Case,
    *,
    posted: ActionPost | None = None,
    revealed: Reporter | None = None,
    status: int = 200,
) -> HttpResponse:
    said: Any = request  # the file needs the user and an absolute address, which both kinds of request have
    file = file_of(case, said)
    context = {
        "case": case,
        "file": file,
        "reporter": shown_reporter(case),
        "revealed": revealed,
        "clocks": [_explained(clock) for clock in file.clocks],
        "events": [(event, _led_to(event), _own_words(event.payload)) for event in reversed(file.events)],
        "helpers": helpers_of(file),
        "forms": Forms(case, file, request.user).all(posted),
        "refused": posted,
    }
    return render(request, "portal/case.html", context, status=status)


def _explained(clock: Deadline) -> tuple[Deadline, Sequence[Segment], str]:
    told = explanation_of(clock)
    return clock, told.segments, explanation_in_words(clock, told)


def _led_to(event: CaseEvent) -> str:
    """The unit that a line of history leads to, or that it is about where another acted."""
    payload = event.payload
    named = payload.get("lead_name") or payload.get("to_name") or ", ".join(payload.get("co_handler_names", ()))
    about = payload.get("unit_name") if payload.get("unit") != event.actor_unit_id else ""
    return str(named or about or "")


def _own_words(payload: dict[str, Any]) -> str:
    return " ".join(str(payload[name]) for name in PAYLOAD_WORDS if payload.get(name))


@never_cache
@require_POST
@login_required
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """One action of the table, by the same check, serializer and service as the API's."""
    case = _seen(request, number)
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
        return _page(request, _seen(request, number), posted=posted, status=refusal.status)
    return redirect("case-page", number)


def _done(request: HttpRequest, case: Case, move: Move) -> Reply:
    _serve(request, case, move)
    return Reply(200, {"number": case.number})


def _reveal(request: HttpRequest, case: Case, move: Move) -> HttpResponse:
    """Each look is an event of its own; what was seen is on this answer alone, and on no page that can be reopened."""
    with transaction.atomic():
        reporter: Reporter = _serve(request, case, move)
    return _page(request, _seen(request, case.number), revealed=reporter)


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
