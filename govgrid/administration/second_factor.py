"""A second factor for the administration: a telephone that shows a code which changes, and codes on paper for the day
when it is lost. Whoever has enrolled is asked for it; `ADMIN_SECOND_FACTOR` makes everybody enrol first."""

from __future__ import annotations

import time
from base64 import b32encode
from binascii import unhexlify
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django_otp import login as remember
from django_otp import match_token
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex
from unfold.widgets import UnfoldAdminTextInputWidget

ISSUER = "govgrid"
PENDING = "second_factor_key"
"""Where the session keeps the secret that a telephone is just being given."""
PAPER_CODES = 10
DIGITS = 6
STEP_SECONDS = 30

Page = Callable[[HttpRequest, Any], HttpResponse]


class CodeForm(forms.Form):
    """Six digits, or a code from the paper."""

    code = forms.CharField(
        label=pgettext_lazy("second factor", "code"),
        max_length=16,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split()).lower()


def missing(request: HttpRequest) -> str:
    """Where to go before any other page of the administration; empty where nothing is missing."""
    user: Any = request.user
    if user.is_verified():
        return ""
    if enrolled(user):
        return f"{reverse('admin:second_factor_ask')}?{urlencode({'next': request.get_full_path()})}"
    return reverse("admin:second_factor") if settings.ADMIN_SECOND_FACTOR else ""


def enrolled(user: Any) -> bool:
    """Whether a telephone of this user shows codes."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def page(view: Page, site: Any) -> Callable[..., HttpResponse]:
    """A page that comes before the second factor."""

    @wraps(view)
    def shown(request: HttpRequest) -> HttpResponse:
        return view(request, site)

    shown.before_second_factor = True  # type: ignore[attr-defined]  # read by the site
    return shown


def status(request: HttpRequest, site: Any) -> HttpResponse:
    """One's own second factor: how many codes are left; or, where there is none, the way to it."""
    user: Any = request.user
    if not enrolled(user):
        return _enrol(request, site)
    if not user.is_verified():
        return HttpResponseRedirect(missing(request))
    if request.method == "POST":
        if "renew" in request.POST:
            return _codes_page(request, site, new_paper_codes(user))
        if "remove" in request.POST and not settings.ADMIN_SECOND_FACTOR:
            _forget(user)
            messages.success(request, _("From now on your password alone lets you in."))
            return HttpResponseRedirect(reverse("admin:index"))
    left = StaticToken.objects.filter(device__user=user).count()
    said = {"left": left, "removable": not settings.ADMIN_SECOND_FACTOR}
    return _page(request, site, "admin/second_factor_status.html", _("Second factor"), said)


def _enrol(request: HttpRequest, site: Any) -> HttpResponse:
    """Shows the secret as a picture, and believes the telephone once it has shown the right code."""
    user: Any = request.user
    key = request.session.setdefault(PENDING, random_hex(20))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        moment = matching_step(key, form.cleaned_data["code"])
        if moment is not None:
            device = _remembered(user, key, moment)
            del request.session[PENDING]
            remember(request, device)
            return _codes_page(request, site, new_paper_codes(user))
        form.add_error("code", _("That is not what the telephone should show now: does its clock go right?"))
    said = {"form": form, "picture": _picture(user, key), "secret": _readable(key)}
    said["required"] = settings.ADMIN_SECOND_FACTOR
    return _page(request, site, "admin/second_factor_enrol.html", _("Enrol a telephone"), said)


def matching_step(key: str, code: str) -> int | None:
    """The time step at which a telephone with this secret shows this code: now, or half a minute beside."""
    totp = TOTP(unhexlify(key), STEP_SECONDS, 0, DIGITS)
    totp.time = time.time()
    if not code.isascii() or not code.isdigit() or not totp.verify(int(code), 1):
        return None
    return int(totp.t())


@transaction.atomic
def _remembered(user: Any, key: str, moment: int) -> TOTPDevice:
    TOTPDevice.objects.filter(user=user).delete()
    return TOTPDevice.objects.create(user=user, name="telephone", key=key, confirmed=True, last_t=moment)


@transaction.atomic
def new_paper_codes(user: Any) -> list[str]:
    """Codes that open once each; the earlier ones open no more."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="paper", confirmed=True)
    codes = [StaticToken.random_token() for _number in range(PAPER_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def _forget(user: Any) -> None:
    StaticDevice.objects.filter(user=user).delete()
    TOTPDevice.objects.filter(user=user).delete()


def ask(request: HttpRequest, site: Any) -> HttpResponse:
    """Asks for a code; each one opens once, and wrong ones make the next try wait longer and longer."""
    user: Any = request.user
    onward = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, request.is_secure()):
        onward = reverse("admin:index")
    if user.is_verified() or not enrolled(user):
        return HttpResponseRedirect(onward)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = match_token(user, form.cleaned_data["code"])
        if device is not None:
            remember(request, device)
            return HttpResponseRedirect(onward)
        form.add_error("code", _("This code does not open. After several wrong ones, wait a while before the next."))
    return _page(request, site, "admin/second_factor_ask.html", _("Second factor"), {"form": form})


PAGES: tuple[tuple[str, str, Page], ...] = (
    ("second-factor/", "second_factor", status),
    ("second-factor/ask/", "second_factor_ask", ask),
)
"""Address, name, view."""


def _codes_page(request: HttpRequest, site: Any, codes: list[str]) -> HttpResponse:
    said = {"codes": codes}
    return _page(request, site, "admin/second_factor_codes.html", _("Codes for the day without a telephone"), said)


def _page(request: HttpRequest, site: Any, template: str, title: str, said: dict[str, Any]) -> HttpResponse:
    request.current_app = site.name
    context = {**site.each_context(request), "title": title, "is_nav_sidebar_enabled": False, **said}
    answer = TemplateResponse(request, template, context)
    answer["Cache-Control"] = "no-store"
    return answer


def _picture(user: Any, key: str) -> str:
    """What the telephone photographs, as the address of a picture."""
    label = quote(f"{ISSUER}:{user.get_username()}")
    said = urlencode({"secret": b32encode(unhexlify(key)).decode(), "issuer": ISSUER, "digits": DIGITS})
    return str(segno.make(f"otpauth://totp/{label}?{said}", error="m").svg_data_uri(scale=5, border=2))


def _readable(key: str) -> str:
    """The secret in groups of four, for telephones without a camera."""
    text = b32encode(unhexlify(key)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
