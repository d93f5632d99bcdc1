"""Signing in and out on a page, for everybody who serves; the administration is not needed for it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from .language import with_language
from .throttling import seconds_to_wait


@method_decorator(with_language, name="dispatch")
class SignInView(LoginView):
    """User name and password; counted by address like the API's signing in."""

    template_name = "portal/sign_in.html"

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


class SignOutView(LogoutView):
    """Ends the session, and leads to the front page."""

    next_page = "front"
