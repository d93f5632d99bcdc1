"""Texts of administrators: checked when they are saved, put in force by publishing, and shown beforehand on a real
case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.errors import BadInput, IllegalMove
from cases.models import Case, CaseEvent
from notifications.choices import NoticeKind, Reader, Reason
from notifications.digests import facts_for_user
from notifications.messages import SENTENCES, render
from notifications.models import InboxItem, MessageTemplate, ResidentNotice
from notifications.querysets import message_columns
from notifications.resident_words import built_in_text, facts_for_resident
from notifications.saying import Said
from notifications.wording import VARIABLES, filled, unknown_in

KINDS: dict[str, tuple[str, ...]] = {
    Reader.USER: tuple(SENTENCES),
    Reader.RESIDENT: tuple(NoticeKind.values),
}
"""What each reader is told of."""


def check_template(template: MessageTemplate) -> None:
    """Raises BadInput that names the field and says what would be right."""
    kinds = KINDS[template.reader]
    if template.kind not in kinds:
        raise BadInput(kind=_("%(reader)s is not told of this") % {"reader": Reader(template.reader).label})
    for name in ("subject", "body"):
        if unknown := unknown_in(getattr(template, name), template.reader):
            known = ", ".join(f"{{{variable}}}" for variable in VARIABLES[template.reader])
            said = _("there is no variable {%(unknown)s}; there are: %(known)s")
            raise BadInput(**{name: said % {"unknown": unknown[0], "known": known}})
    if template.reader == Reader.RESIDENT and template.body and "{link}" not in template.body:
        raise BadInput(body=_("a resident needs {link}: without it nobody finds back to the matter"))


@transaction.atomic
def save_draft(template: MessageTemplate, *, by: Any) -> MessageTemplate:
    """Writes a new or changed draft; a new one gets the next version. Raises BadInput as `check_template`, and
    IllegalMove where it is published."""
    check_template(template)
    if template.pk:
        _locked_draft(template)
    else:
        template.version = _newest_version(template) + 1
        template.created_by = by
    template.save()
    return template


@transaction.atomic
def publish_template(template: MessageTemplate, *, at: datetime | None = None) -> MessageTemplate:
    """Puts a draft in force for every message from now on. Raises IllegalMove where it is in force already, BadInput
    as `check_template`. `at` None means now."""
    draft = _locked_draft(template)
    check_template(draft)
    draft.published_at = at or timezone.now()
    draft.save(update_fields=["published_at"])
    return draft


@transaction.atomic
def draft_from_template(template: MessageTemplate, *, by: Any) -> MessageTemplate:
    """The same text as a new version, to be changed and published."""
    draft = MessageTemplate(subject=template.subject, body=template.body)
    for name in ("city_id", "reader", "kind", "locale"):
        setattr(draft, name, getattr(template, name))
    return save_draft(draft, by=by)


def _locked_draft(template: MessageTemplate) -> MessageTemplate:
    draft = MessageTemplate.objects.select_for_update(of=("self",)).get(pk=template.pk)
    if draft.published_at is not None:
        raise IllegalMove(_("it is published already: draft a new version"))
    return draft


def _newest_version(template: MessageTemplate) -> int:
    same = {name: getattr(template, name) for name in ("city_id", "reader", "kind", "locale")}
    rows = MessageTemplate.objects.select_for_update().filter(**same).order_by("-version")
    return rows.values_list("version", flat=True).first() or 0


def preview_of(template: MessageTemplate, number: str, reader: Any) -> Said:
    """The text on a real case that `reader` may see, as it would be sent now. Raises BadInput where there is no such
    case."""
    case = Case.objects.visible_to(reader).filter(number=number.strip()).defer(*message_columns("")).first()
    if case is None:
        raise BadInput(case=_("no case that you may see has this number"))
    with translation.override(template.locale):
        facts, built_in = _facts(template, case, reader)
        subject = " ".join(filled(template.subject, facts).split())
        return Said(subject, filled(template.body, facts) if template.body else built_in, subject, facts["link"])


def _facts(template: MessageTemplate, case: Case, reader: Any) -> tuple[dict[str, str], str]:
    """What the text may ask for, and the built-in text. Where nothing of this kind has happened yet, as if the newest
    event had been of it."""
    of_kind = case.events.filter(kind=template.kind).order_by("-seq").first()
    newest = of_kind or case.events.order_by("-seq")[0]
    if template.reader == Reader.RESIDENT:
        event = CaseEvent(pk=newest.pk, case=case, kind=newest.kind)
        notice = ResidentNotice(event=event, kind=template.kind, created_at=timezone.now())
        facts = facts_for_resident(notice)
        return facts, built_in_text(notice.kind, facts)
    event = CaseEvent(case=case, kind=template.kind, payload=newest.payload, actor_unit_id=newest.actor_unit_id)
    item = InboxItem(event=event, reason=Reason.DUTY)
    message = render(item, template.locale, show_title=not case.secret)
    return facts_for_user(case, message), message.text
