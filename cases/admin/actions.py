"""The actions of the table of moves, as pages of the administration: a form with what the action asks for, and its
service behind it. A case's status changes in no other way."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from cases.actors import Actor
from cases.api.inputs import LEAST_DAYS, SERIALIZERS
from cases.models import Case
from cases.picks import Groups, Picks
from cases.refusals import Refusal
from cases.services import ACTIONS
from cases.services.requests import MOST_DAYS
from cases.workflow import Input, Move, check

SHORT = 300
"""Texts up to this length have one line."""


class ActionForm(forms.Form):
    """What one move asks for. It only draws and reads; what is right, the move's serializer and service say."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, move: Move, picks: Picks, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.move = move
        for asked in move.inputs:
            self.fields[asked.name] = field_for(asked, picks)

    @property
    def said(self) -> dict[str, Any]:
        """The body of the same request to the API: what was left blank and need not be said is left out."""
        asked = {one.name: self.cleaned_data.get(one.name) for one in self.move.inputs}
        return {name: value for name, value in asked.items() if value not in (None, "", [])}

    def refuse(self, refusal: Refusal) -> None:
        """Shows why it was refused, beside the fields that it is about."""
        for name, texts in refusal.fields.items():
            field = name.split(".")[0] if name.split(".")[0] in self.fields else None
            for text in texts:
                self.add_error(field, text)
        if refusal.sentence:
            self.add_error(None, refusal.sentence)

    @property
    def problem(self) -> str:
        """What concerns the whole, in one sentence."""
        return " ".join(str(text) for text in self.errors.get(NON_FIELD_ERRORS, ()))


def field_for(asked: Input, picks: Picks) -> forms.Field:
    """How an input is drawn."""
    common: dict[str, Any] = {"label": asked.label, "required": asked.required}
    match asked.kind:
        case "choice":
            assert asked.choices is not None  # noqa: S101  # a choice names its choices
            return _choice([("", [(str(value), label) for value, label in asked.choices.choices])], common)
        case "flag":
            return _choice([("", [("true", _("yes")), ("false", _("no"))])], common)
        case "unit":
            return _choice(picks.units, common, UnfoldAdminSelect2Widget)
        case "units":
            widget = UnfoldAdminSelect2MultipleWidget()
            return forms.MultipleChoiceField(choices=_grouped(picks.units), widget=widget, **common)
        case "co_handler":
            return _choice([("", picks.helping)], common)
        case "category":
            return _choice(picks.categories, common, UnfoldAdminSelect2Widget)
        case "order":
            return _choice([("", picks.orders)], common)
        case "case":
            return forms.CharField(max_length=32, widget=UnfoldAdminTextInputWidget, **common)
        case "days":
            widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "0.1"})
            return forms.DecimalField(min_value=LEAST_DAYS, max_value=MOST_DAYS, widget=widget, **common)
        case "date":
            return forms.DateField(widget=UnfoldAdminSingleDateWidget, **common)
    widget = UnfoldAdminTextInputWidget() if asked.max_length <= SHORT else UnfoldAdminTextareaWidget({"rows": 4})
    return forms.CharField(max_length=asked.max_length, widget=widget, **common)


def _choice(groups: Groups, common: dict[str, Any], widget: type = UnfoldAdminSelectWidget) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[("", _("please choose")), *_grouped(groups)], widget=widget, **common)


def _grouped(groups: Groups) -> list[Any]:
    return [choice for label, options in groups if options for choice in ([(label, options)] if label else options)]


def act(request: Any, case: Case, form: ActionForm) -> Any:
    """What the service answers, in one transaction. Raises what `cases.refusals.REFUSALS` names."""
    with transaction.atomic():
        actor = Actor.person(request.user)
        check(case, form.move.action, actor)
        context = {"request": request, "case": case}
        inputs = SERIALIZERS[form.move.action](data=form.said, context=context)
        inputs.is_valid(raise_exception=True)
        version = form.cleaned_data.get("version")
        return ACTIONS[form.move.action](case, actor, version=version, **inputs.validated_data)
