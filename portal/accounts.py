"""Signing in and out on a page, and setting a first password, for everybody who serves; the administration is not
needed for it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from grids.acting import acting
from grids.choices import Role
from grids.territory import territory_of

from .language import with_language
from .throttling import seconds_to_wait

WELCOME = "welcome"
"""In the address of signing in: it went well, and the first thing to do with it is here."""


@method_decorator(with_language, name="dispatch")
class SignInView(LoginView):
    """User name and password; counted by address like the API's signing in."""

    template_name = "portal/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"password_set": WELCOME in self.request.GET}

    def get_default_redirect_url(self) -> str:
        """A grid worker on a phone goes to the field app, everybody else to the desk."""
        return reverse("field") if _is_in_the_field(self.request) else super().get_default_redirect_url()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wait = seconds_to_wait(request, "sign_in")
        if wait is None:
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer
        form = self.get_form_class()(request, initial={"username": request.POST.get("username", "")})
        minutes = -(-wait // 60)
        problem = _("Too many attempts from your network: try again in %(minutes)d min.") % {"minutes": minutes}
        context = self.get_context_data(form=form, problem=problem)
        return self.render_to_response(context, status=429, headers={"Retry-After": str(wait)})


def _is_in_the_field(request: HttpRequest) -> bool:
    """Whether a phone signs in, by what its browser says of itself, for somebody who serves as a grid worker."""
    phone = request.headers.get("Sec-CH-UA-Mobile") == "?1" or "Mobi" in request.headers.get("User-Agent", "")
    return phone and any(standing.role == Role.GRID_WORKER for standing in territory_of(request.user).standings)


@method_decorator(with_language, name="dispatch")
class FirstPasswordView(PasswordResetConfirmView):
    """Where a link of `grids.services.first_passwords` leads: it works once, and not for long. The address that stays
    in the browser has no secret in it."""

    template_name = "portal/first_password.html"

    def form_valid(self, form: Any) -> HttpResponse:
        with acting(form.user, "password link"):
            answer: HttpResponse = super().form_valid(form)
        return answer

    def get_success_url(self) -> str:
        return f"{reverse('sign-in')}?{WELCOME}"


class SignOutView(LogoutView):
    """Ends the session, and leads to the front page."""

    next_page = "front"
