"""How I want to be told: the ways that lead to oneself, and when one is left in peace. The services decide; this page
shows and asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime, parse_time
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases.errors import BadInput
from cases.refusals import REFUSALS, Refusal, refusal_of
from notifications.addresses import masked
from notifications.channels.push import public_key
from notifications.choices import Channel, Pace
from notifications.models import Contact, Preference
from notifications.services import contacts, set_preference

from .field import shell
from .language import with_language

WINDOWS = (0, 15, 30, 60, 120, 240)
"""Minutes that are offered for gathering news; another length that somebody has set stays in the list."""
TYPED = (Channel.EMAIL, Channel.SMS, Channel.APPRISE)
"""Channels whose address is typed in; the app's own is given by the browser."""
PACES: dict[str, Any] = {
    Pace.LATER: gettext_lazy("everything, also news"),
    Pace.SOON: gettext_lazy("what asks something of me, and alarms"),
    Pace.NOW: gettext_lazy("alarms alone: life at risk"),
}
KEPT: dict[str, Any] = {
    "hours": gettext_lazy("Kept: this is when you are told."),
    "added": gettext_lazy("A code is on its way: type it in below, then this way is used."),
    "push": gettext_lazy("This device is told from now on."),
    "code": gettext_lazy("A new code is on its way."),
    "verify": gettext_lazy("This way is proven and used from now on."),
    "least": gettext_lazy("Kept: from which urgency on this way is used."),
    "remove": gettext_lazy("This way is gone."),
}
"""What the page says of what was just done."""


@never_cache
@require_safe
@with_language
@login_required
def telling_page(request: HttpRequest) -> HttpResponse:
    """One's own ways and hours."""
    return _page(request)


def _page(request: HttpRequest, form: str = "", refusal: Refusal | None = None) -> HttpResponse:
    """`form` names the one that was refused; what was typed into it stays."""
    user: Any = request.user
    refusal = refusal or Refusal(200)
    preference = Preference.objects.filter(user=user).first() or Preference(user=user)
    said = {
        "preference": _typed(request, preference) if form == "hours" else _shown(preference),
        "windows": sorted({*WINDOWS, preference.digest_minutes}),
        "paces": list(PACES.items()),
        "ways": list(contacts.contacts_of(user)),
        "account": masked(Channel.EMAIL, user.email) if user.email else "",
        "channels": [(channel.value, channel.label) for channel in TYPED],
        "typed": request.POST if form == "added" else {},
        "push_key": public_key(),
        "form": form,
        "refusal": refusal,
        "problem": refusal.sentence or (_joined(refusal) if form.isdigit() else ""),
        "done": KEPT.get(request.GET.get("done", "")) if not form else None,
    }
    return refusal.on(render(request, "portal/telling.html", said, status=refusal.status))


def _shown(preference: Preference) -> dict[str, Any]:
    """As the fields of a form spell it."""
    until = preference.undisturbed_until
    return {
        "quiet_from": f"{preference.quiet_from:%H:%M}" if preference.quiet_from else "",
        "quiet_to": f"{preference.quiet_to:%H:%M}" if preference.quiet_to else "",
        "undisturbed_until": f"{timezone.localtime(until):%Y-%m-%dT%H:%M}" if until and until > timezone.now() else "",
        "digest_minutes": preference.digest_minutes,
        "account_least": preference.account_least,
        "morning_list": preference.morning_list,
        "round_ups": preference.round_ups,
    }


def _typed(request: HttpRequest, preference: Preference) -> dict[str, Any]:
    said: dict[str, Any] = _shown(preference) | {name: request.POST.get(name, "") for name in _shown(preference)}
    minutes = said["digest_minutes"]
    return said | {"digest_minutes": int(minutes) if minutes.isascii() and minutes.isdigit() else minutes}


@never_cache
@require_POST
@login_required
def save_hours(request: HttpRequest) -> HttpResponse:
    """Quiet hours, do not disturb, the window of news, and which lists one wants."""

    def keep() -> None:
        said = request.POST
        set_preference(
            request.user,
            quiet_from=_time("quiet_from", said.get("quiet_from", "")),
            quiet_to=_time("quiet_to", said.get("quiet_to", "")),
            undisturbed_until=_moment("undisturbed_until", said.get("undisturbed_until", "")),
            digest_minutes=said.get("digest_minutes", ""),
            account_least=said.get("account_least", ""),
            morning_list="morning_list" in said,
            round_ups="round_ups" in said,
        )

    return _done(request, "hours", keep)


def _time(name: str, said: str) -> time | None:
    if not said:
        return None
    try:
        found = parse_time(said)
    except ValueError:
        found = None
    if found is None:
        raise BadInput(**{name: _("must be a time, as 22:30")})
    return found


def _moment(name: str, said: str) -> datetime | None:
    if not said:
        return None
    try:
        found = parse_datetime(said)
    except ValueError:
        found = None
    if found is None:
        raise BadInput(**{name: _("must be a day and a time, as 2026-11-22 14:00")})
    return timezone.make_aware(found) if timezone.is_naive(found) else found


@never_cache
@require_POST
@login_required
def add_way(request: HttpRequest) -> HttpResponse:
    """A further address; a code goes to it at once."""

    def add() -> None:
        said, user = request.POST, _user(request)
        if said.get("channel", "") not in TYPED:
            raise BadInput(channel=_("choose one of the list"))
        address, label = said.get("address", ""), said.get("label", "").strip()
        contact = contacts.add_contact(user, channel=said["channel"], address=address, label=label, by=user)
        if contact.verified_at is None:
            contacts.send_code(contact)

    return _done(request, "added", add)


@never_cache
@require_POST
@login_required
def add_push(request: HttpRequest) -> HttpResponse:
    """This device: the browser says where its messages go. Asked by a script."""
    user, label = _user(request), request.POST.get("label", "").strip()[: contacts.LONGEST_LABEL]
    try:
        address = request.POST.get("subscription", "")
        contacts.add_contact(user, channel=Channel.WEB_PUSH, address=address, label=label, by=user)
    except REFUSALS as error:
        refusal = refusal_of(error)
        said = _joined(refusal) or refusal.sentence
        return HttpResponse(said, status=refusal.status, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


@never_cache
@require_POST
@login_required
def change_way(request: HttpRequest, pk: str, step: str) -> HttpResponse:
    """A new code, the code that came, another urgency, or the end of a way."""
    contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    steps: dict[str, Callable[[], Any]] = {
        "code": lambda: contacts.send_code(contact),
        "verify": lambda: contacts.verify_contact(contact, request.POST.get("code", "")),
        "least": lambda: contacts.set_least(contact, request.POST.get("least", "")),
        "remove": lambda: contacts.remove_contact(contact),
    }
    return _done(request, step, steps[step], form=pk)


def _joined(refusal: Refusal) -> str:
    """What is wrong with the fields, as one text."""
    return " ".join(text for texts in refusal.fields.values() for text in texts)


def _user(request: HttpRequest) -> Any:
    return request.user


def _done(request: HttpRequest, step: str, act: Callable[[], Any], *, form: str = "") -> HttpResponse:
    """Does it and shows the page anew, or shows what is not right beside what was typed."""
    try:
        act()
    except REFUSALS as error:
        return _page(request, form or step, refusal_of(error))
    return redirect(f"{reverse('telling')}?done={step}")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: pushed messages, and the field app without a network. It stands at the root, because it may
    only answer for what lies below its own address."""
    answer = HttpResponse(shell.worker(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer
