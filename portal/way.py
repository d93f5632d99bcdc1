"""A resident's matter: its way, their photos, and what they can add to it. Number and code come in the body of each
request, so that they stand in no log, and nothing acts in the name of a cookie."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cases import policies
from cases.actors import RESIDENT
from cases.api.inputs import SERIALIZERS
from cases.api.public import case_of
from cases.api.tracking import track
from cases.choices import Satisfaction
from cases.models import Case
from cases.refusals import REFUSALS, Refusal, refusal_of
from cases.services import ACTIONS
from cases.services.attachments import MOST_FILES, attach_all, files_go_with_rows
from cases.services.idempotency import Reply, once
from cases.services.voice import rate
from cases.workflow import TABLE, check, permitted
from notifications.links import case_of_link

from .language import with_language
from .photos import files_in, fingerprint_with_files, is_too_much, own_photos_of
from .stages import stages_of
from .throttling import seconds_to_wait, too_many, wait_words

SAID = {
    "note": gettext_lazy("Your words have been added."),
    "withdraw": gettext_lazy("Your matter is withdrawn."),
    "reopen": gettext_lazy("It is being worked on again."),
}
"""What a resident may do beside photos and the verdict, and what the page says then."""
Act = Callable[[HttpRequest, Case, list[str]], Reply]
"""What a sending does; the list takes the names of the files that it keeps."""
FACES = {
    Satisfaction.SATISFIED: "emoji-smile",
    Satisfaction.NEUTRAL: "emoji-neutral",
    Satisfaction.UNSATISFIED: "emoji-frown",
}
"""Drawn marks: a station's screen may have no font of faces."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was typed of the verdict so far."""

    solved: str = ""
    satisfaction: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says of the last sending: that it was kept, or what is not right."""

    done: str = ""
    refusal: Refusal = field(default_factory=lambda: Refusal(200))
    verdict: Verdict = field(default_factory=Verdict)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_language
def follow(request: HttpRequest) -> HttpResponse:
    """Where a matter stands, for who has its number and code."""
    if request.method != "POST":
        return render(request, "portal/track.html", {"number": request.GET.get("number", "")[:32]})
    return _with_case(request, "public_read", lambda case: _page(request, case))


@never_cache
@require_safe
@with_language
def follow_link(request: HttpRequest, token: str) -> HttpResponse:
    """Where a matter stands, for who comes from the link of a short message; looking changes nothing."""
    wait = seconds_to_wait(request, "public_read")
    if wait is not None:
        return too_many(render(request, "portal/track.html", {"problem": wait_words(wait)}, status=429), wait)
    case = case_of_link(token)
    if case is None:
        problem = _("This link does not open a matter any more. Number and code are on your slip.")
        return render(request, "portal/track.html", {"problem": problem}, status=404)
    return _page(request, case)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_language
def add_photos(request: HttpRequest) -> HttpResponse:
    """Photos that the resident adds: all of a sending, or none."""
    if request.method != "POST":
        return redirect("track")
    if is_too_much(request):
        problem = _("That is too much at once; nothing was kept. Send at most %d files of 10 MB each.") % MOST_FILES
        return render(request, "portal/track.html", {"problem": problem}, status=413)
    return _with_case(request, "public_write", partial(_sent, request, _kept_photos, _("Your photos have been added.")))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_language
def say_more(request: HttpRequest, action: str) -> HttpResponse:
    """A further word, a withdrawal, or that it is not solved after all."""
    if request.method != "POST":
        return redirect("track")
    act = partial(_said_more, action)
    return _with_case(request, "public_write", partial(_sent, request, act, str(SAID[action])))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_language
def give_verdict(request: HttpRequest) -> HttpResponse:
    """Is it solved, and is the resident satisfied?"""
    if request.method != "POST":
        return redirect("track")
    return _with_case(request, "public_write", partial(_sent, request, _rated, _("Thank you. Your verdict counts.")))


def _with_case(request: HttpRequest, scope: str, show: Callable[[Case], HttpResponse]) -> HttpResponse:
    """Counts the request, before files in its body are read, and finds the case by what the body says."""
    wait = seconds_to_wait(request, scope)
    if wait is not None and scope != "public_read":
        said = {"problem": wait_words(wait, kept=False)}
        return too_many(render(request, "portal/track.html", said, status=429), wait)
    number, code = request.POST.get("number", "").strip(), request.POST.get("code", "").strip()
    said = {"number": number, "code": code}
    if wait is not None:
        return too_many(render(request, "portal/track.html", said | {"problem": wait_words(wait)}, status=429), wait)
    try:
        return show(case_of(number, code))
    except Http404:
        problem = _("No matter has this number and this code together. Compare both with your slip.")
        return render(request, "portal/track.html", said | {"problem": problem}, status=404)


def _sent(request: HttpRequest, act: Act, done: str, case: Case) -> HttpResponse:
    """Does it once, however often the form is sent, and shows the matter as it is then."""
    key = request.POST.get("key", "")[:70]
    fingerprint = fingerprint_with_files(request)
    try:
        with files_go_with_rows() as saved:
            scope, kept = f"case:{case.pk}", f"form:{key}" if key else ""
            once(scope, kept, fingerprint, lambda: act(request, case, saved))
        told = Told(done)
    except REFUSALS as error:
        said = request.POST
        verdict = Verdict(said.get("solved", ""), said.get("satisfaction", ""), said.get("comment", ""))
        told = Told(refusal=refusal_of(error), verdict=verdict)
    return _page(request, case_of(case.number, case.lookup_code), told)


def _kept_photos(request: HttpRequest, case: Case, saved: list[str]) -> Reply:
    check(case, "note", RESIDENT)
    kept = attach_all(case, RESIDENT, files_in(request.FILES), saved=saved)
    return Reply(201, {"files": len(kept)})


def _said_more(action: str, request: HttpRequest, case: Case, saved: list[str]) -> Reply:
    check(case, action, RESIDENT)
    names = [asked.name for asked in TABLE[action].inputs]
    inputs = SERIALIZERS[action](data={name: request.POST[name] for name in names if request.POST.get(name)})
    inputs.is_valid(raise_exception=True)
    ACTIONS[action](case, RESIDENT, **inputs.validated_data)
    return Reply(200, {})


def _rated(request: HttpRequest, case: Case, saved: list[str]) -> Reply:
    check(case, "rate", RESIDENT)
    said = {name: value for name in ("solved", "satisfaction", "comment") if (value := request.POST.get(name))}
    inputs = SERIALIZERS["rate"](data=said)
    inputs.is_valid(raise_exception=True)
    rate(case, RESIDENT, **inputs.validated_data)
    return Reply(200, {})


def _page(request: HttpRequest, case: Case, told: Told | None = None) -> HttpResponse:
    told = told or Told()
    way = track(case)
    said: dict[str, Any] = {
        "case": way,
        "stages": stages_of(way),
        "climbed": case.escalations,
        "code": case.lookup_code,
        "photos": own_photos_of(request, case),
        "may_rate": _may(case, "rate"),
        "may_add": _may(case, "note"),
        "may_withdraw": _may(case, "withdraw"),
        "reopen_until": _reopen_until(case),
        "faces": [(str(value), FACES[value], value.label) for value in Satisfaction],
        "key": str(uuid.uuid4()),
        "typed": request.POST if told.refusal.status != 200 else {},
        "told": told,
        "most_files": MOST_FILES,
    }
    return render(request, "portal/way.html", said, status=told.refusal.status)


def _reopen_until(case: Case) -> datetime | None:
    """How long the resident can still say that it is not solved after all; None where they cannot (any more)."""
    if case.closed_at is None or not _may(case, "reopen"):
        return None
    until = case.closed_at + timedelta(days=policies.book()[case.policy_id].reopen_days)
    return until if until > timezone.now() else None


def _may(case: Case, action: str) -> bool:
    move = TABLE[action]
    return case.status in move.sources and permitted(case, move, RESIDENT)
