"""The resident's door: a form behind the QR code of an intake point or at the city's address, and the slip that it
gives.

No account and no session. Nothing here acts in the name of a cookie, so that no CSRF token is asked for either: it
would only turn away phones that keep no cookies."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cases.actors import RESIDENT
from cases.api.intake import MOST_TEXT
from cases.api.public import case_of
from cases.api.tracking import track
from cases.errors import KeyReused
from cases.models import Case
from cases.refusals import REFUSALS, refusal_of
from cases.services.attachments import MOST_FILES, attach_all, files_go_with_rows
from cases.services.idempotency import Keep, Reply, once, once_written
from cases.services.intake import draw_up
from grids.models import IntakePoint

from . import kiosk, puzzle
from .drafts import Draft
from .language import with_language
from .photos import is_too_much
from .places import place_of, towns
from .throttling import seconds_to_wait, too_many, wait_words

TICKET, SALT = "ticket", "portal.ticket"
TICKET_SECONDS = 3600
"""How long the slip can be shown again on the phone that sent the form."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the form says of the last sending. `asks`: a puzzle is to be solved first."""

    status: int = 200
    problem: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)
    asks: bool = False


def _point(token: str) -> IntakePoint | None:
    return IntakePoint.objects.select_related("grid").filter(token=token, active=True).first()


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_language
def speak_up(request: HttpRequest, token: str) -> HttpResponse:
    """The form of an intake point."""
    point = _point(token)
    if point is None:
        return render(request, "portal/no_such_point.html", status=404)
    started = kiosk.begun(request, token, f"{TICKET}:{reverse('ticket')}")
    return started or _door(request, point)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_language
def speak_up_anywhere(request: HttpRequest) -> HttpResponse:
    """The form at the city's own address: the place is said in it."""
    return _door(request, None)


def _door(request: HttpRequest, point: IntakePoint | None) -> HttpResponse:
    if request.method != "POST":
        return _form(request, point, Draft(), Answer(asks=puzzle.is_asked(request)))
    if is_too_much(request):
        problem = _("That is too much at once; nothing was kept. Send at most %d files of 10 MB each.") % MOST_FILES
        return _form(request, point, Draft(), Answer(413, problem))
    wait = seconds_to_wait(request, "public_submit")
    draft = Draft.read(request.POST)
    if wait is not None:
        return too_many(_form(request, point, draft, Answer(429, wait_words(wait))), wait)
    if puzzle.is_asked(request) and not puzzle.is_solved(request, _scope(point), draft.key):
        problem = _("Many reports come from your network just now. Answer the question below, and send it once more.")
        return _form(request, point, draft, Answer(428, problem, asks=True))
    return _sent(request, point, draft)


def _scope(point: IntakePoint | None) -> str:
    return f"point:{point.pk}" if point else "door"


def _sent(request: HttpRequest, point: IntakePoint | None, draft: Draft) -> HttpResponse:
    """Takes it in once, however often it is sent."""
    files = request.FILES.getlist("file")
    scope, fingerprint = _scope(point), draft.fingerprint(files)
    try:
        if files:
            with files_go_with_rows() as saved:
                kept = once(scope, draft.key, fingerprint, lambda: _with_photos(point, draft, files, saved))
        else:
            kept = once_written(scope, draft.key, fingerprint, lambda keep: _without(point, draft, keep))
    except REFUSALS as error:
        if isinstance(error, KeyReused):
            draft.key = str(uuid.uuid4())
        refusal = refusal_of(error)
        asks = puzzle.is_asked(request)
        answer = Answer(refusal.status, refusal.sentence, _by_field(refusal.fields), asks)
        return refusal.on(_form(request, point, draft, answer))
    if not kept.replayed:
        puzzle.count(request)
    return _with_ticket(redirect("ticket"), kept.body["number"], kept.body["code"], short=bool(kiosk.start_of(request)))


def _without(point: IntakePoint | None, draft: Draft, keep: Keep) -> Reply:
    intake = draw_up(draft.report(point), RESIDENT)
    reply = _receipt(intake.case)
    intake.write(*keep(reply))
    return reply


def _with_photos(point: IntakePoint | None, draft: Draft, files: list[Any], saved: list[str]) -> Reply:
    """All of it, or nothing: a photo that cannot be kept keeps the words on the page, and no half of them here."""
    case = draw_up(draft.report(point), RESIDENT).write()
    attach_all(case, RESIDENT, files, saved=saved)
    return _receipt(case)


def _receipt(case: Case) -> Reply:
    return Reply(201, {"number": case.number, "code": case.lookup_code})


def _by_field(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """By the names that the page has; the reporter's two fields are nested in the API. What the whole reporter is
    refused for is the anonymity asked for beside a name."""
    names = {"reporter.name": "name", "reporter.phone": "phone", "reporter": "anonymous", "lat": "lon"}
    return {names.get(name, name): texts for name, texts in fields.items()}


def _form(request: HttpRequest, point: IntakePoint | None, draft: Draft, answer: Answer) -> HttpResponse:
    said = {
        "point": point,
        "place": place_of(point.grid.path) if point else "",
        "towns": [] if point else towns(),
        "draft": draft,
        "errors": answer.errors,
        "problem": answer.problem,
        "puzzle": puzzle.puzzle_for(request, _scope(point), draft.key) if answer.asks else None,
        "had_photos": request.method == "POST" and bool(answer.status != 413 and request.FILES),
        "most_text": MOST_TEXT,
        "most_files": MOST_FILES,
    }
    return render(request, "portal/speak_up.html", said | {"here": "say"}, status=answer.status)


def _with_ticket(response: HttpResponse, number: str, code: str, *, short: bool) -> HttpResponse:
    # In a cookie of the slip's own address: number and code together open the matter, and addresses end in logs
    response.set_signed_cookie(
        TICKET,
        f"{number}:{code}",
        salt=SALT,
        max_age=2 * kiosk.SECONDS if short else TICKET_SECONDS,
        path=reverse("ticket"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@never_cache
@require_safe
@with_language
def ticket(request: HttpRequest) -> HttpResponse:
    """The slip of what was just sent, like a parcel's."""
    kept = request.get_signed_cookie(TICKET, "", salt=SALT, max_age=TICKET_SECONDS) or ""
    number, _colon, code = kept.partition(":")
    try:
        case = case_of(number, code)
    except Http404:
        return redirect("track")
    said = {"case": track(case), "code": case.lookup_code, "qr": way_qr(case)}
    return render(request, "portal/ticket.html", said)


def way_qr(case: Case) -> SafeString:
    """A QR code that opens the matter. Number and code stand behind a #, which no browser sends and no log holds: the
    page that it opens reads them."""
    address = f"{settings.SITE_URL}{reverse('track')}#{case.number}.{case.lookup_code}"
    drawn = segno.make(address, error="m", micro=False).svg_inline(scale=4, border=2, light="#fff", svgclass="qr-code")
    return mark_safe(drawn)  # noqa: S308  drawn here, of our own characters
