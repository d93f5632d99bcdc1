"""The resident's door: a form behind the QR code of an intake point, and the slip that it gives.

No account and no session. Nothing here acts in the name of a cookie, so that no CSRF token is asked for either: it
would only turn away phones that keep no cookies."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cases.actors import RESIDENT
from cases.api.intake import MOST_TEXT, PUBLIC_REPORT
from cases.api.public import case_of
from cases.api.tracking import track
from cases.errors import KeyReused
from cases.refusals import REFUSALS, refusal_of
from cases.services.idempotency import Keep, Reply, fingerprint_of, once_written
from cases.services.intake import draw_up
from grids import tree
from grids.models import IntakePoint

from .language import with_language
from .throttling import seconds_to_wait, too_many, wait_words

TICKET, SALT = "ticket", "portal.ticket"
TICKET_SECONDS = 3600
"""How long the slip can be shown again on the phone that sent the form."""


@dataclass(slots=True)
class Draft:
    """What somebody has typed so far. `key` makes a second sending of the same form harmless."""

    text: str = ""
    name: str = ""
    phone: str = ""
    anonymous: bool = False
    secret: bool = False
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def read(cls, said: QueryDict) -> Draft:
        draft = cls(
            said.get("text", ""),
            said.get("name", ""),
            said.get("phone", ""),
            anonymous="anonymous" in said,
            secret="secret" in said,
        )
        with suppress(ValueError):  # a form that came without a key has the draft's new one
            draft.key = str(uuid.UUID(said.get("key", "")))
        return draft

    def inputs(self, point: IntakePoint) -> dict[str, Any]:
        """The same as the API takes it."""
        return {
            "text": self.text,
            "anonymous": self.anonymous,
            "secret": self.secret,
            "intake_point": point.token,
            "reporter": {"name": self.name, "phone": self.phone},
        }

    def fingerprint(self, point: IntakePoint) -> str:
        said = (point.token, self.text, self.name, self.phone, str(self.anonymous), str(self.secret))
        return fingerprint_of([part.encode() for part in said])


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
    if request.method != "POST":
        return _form(request, point, Draft())
    draft = Draft.read(request.POST)
    wait = seconds_to_wait(request, "public_submit")
    if wait is not None:
        return too_many(_form(request, point, draft, problem=wait_words(wait), status=429), wait)
    try:
        kept = once_written(
            f"point:{point.pk}", draft.key, draft.fingerprint(point), lambda keep: _take(point, draft, keep)
        )
    except REFUSALS as error:
        if isinstance(error, KeyReused):
            draft.key = str(uuid.uuid4())
        refusal = refusal_of(error)
        page = _form(
            request, point, draft, errors=_by_field(refusal.fields), problem=refusal.sentence, status=refusal.status
        )
        return refusal.on(page)
    return _with_ticket(redirect("ticket"), kept.body["number"], kept.body["code"])


def _take(point: IntakePoint, draft: Draft, keep: Keep) -> Reply:
    intake = draw_up(PUBLIC_REPORT.read(draft.inputs(point)), RESIDENT)
    reply = Reply(201, {"number": intake.case.number, "code": intake.case.lookup_code})
    intake.write(*keep(reply))
    return reply


def _by_field(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """By the names that the page has; the reporter's two fields are nested in the API. What the whole reporter is
    refused for is the anonymity asked for beside a name."""
    names = {"reporter.name": "name", "reporter.phone": "phone", "reporter": "anonymous"}
    return {names.get(name, name): texts for name, texts in fields.items()}


def _form(
    request: HttpRequest,
    point: IntakePoint,
    draft: Draft,
    *,
    errors: dict[str, list[str]] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    place = " / ".join(slot.name for slot in tree.way_to(point.grid.path))
    said = {"point": point, "place": place, "draft": draft, "errors": errors or {}, "problem": problem}
    return render(request, "portal/speak_up.html", said | {"most_text": MOST_TEXT}, status=status)


def _with_ticket(response: HttpResponse, number: str, code: str) -> HttpResponse:
    # In a cookie of the slip's own address: number and code together open the matter, and addresses end in logs
    response.set_signed_cookie(
        TICKET,
        f"{number}:{code}",
        salt=SALT,
        max_age=TICKET_SECONDS,
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
    return render(request, "portal/ticket.html", {"case": track(case), "code": case.lookup_code})
