"""The example that a policy's page in the admin is shown for: a moment, and what decides between allowances."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grids.choices import Level

from . import categories
from .calendars import calendar_of
from .choices import Channel, Urgency
from .models import Policy
from .policies import book_with
from .services.policy_checks import check_policy
from .services.summaries import summary_of
from .services.timetables import Circumstances, timetable


class ExampleForm(forms.Form):
    """What is asked of the page's address; nothing asked is now, ordinary, in the village."""

    moment = forms.DateTimeField(label=_("moment"), required=False, help_text="2026-09-30 15:10")
    category = forms.CharField(label=_("code of a category"), required=False, max_length=40)
    urgency = forms.ChoiceField(label=_("urgency"), required=False, choices=Urgency.choices)
    channel = forms.ChoiceField(label=_("channel"), required=False, choices=[("", "-"), *Channel.choices])
    level = forms.ChoiceField(label=_("level"), required=False, choices=Level.choices)

    def clean_category(self) -> str:
        """The path of the category in the tree."""
        code = self.cleaned_data["category"]
        if not code:
            return ""
        row = categories.book().by_code.get(code)
        if row is None:
            raise forms.ValidationError(_("no category has the code %(code)s") % {"code": code})
        return row.path


def shown_for(policy: Policy, request: HttpRequest) -> dict[str, Any]:
    """What the page shows below the policy: the form, the timetable for it, and what is wrong with the policy."""
    first = {"moment": timezone.localtime(), "urgency": Urgency.ORDINARY, "level": Level.VILLAGE}
    asked = {name: request.GET[name] for name in ExampleForm.base_fields if name in request.GET}
    form = ExampleForm(asked) if asked else ExampleForm(initial=first)
    rows = []
    if not asked or form.is_valid():
        said = form.cleaned_data if asked else {}
        here = Circumstances(
            said.get("category") or "",
            said.get("urgency") or Urgency.ORDINARY,
            said.get("channel") or "",
            said.get("level") or Level.VILLAGE,
        )
        calendar = calendar_of(policy.grid.path if policy.grid else "")
        at = said.get("moment") or timezone.now()
        rows = timetable(book_with(policy, timezone.now()), policy.pk, calendar, at, here)
    return {
        "timetable_form": form,
        "timetable": rows,
        "findings": check_policy(policy),
        "promises": summary_of(policy),
    }
