"""What a resident is told by short message: the number, where the matter stands and the link. Who spoke up stands in
none of them, nor an officer's name or phone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from cases.choices import Status
from grids import tree

from .choices import NoticeKind, Reader
from .links import number_link, open_link
from .messages import awaited_at, moment_in_city
from .models import ResidentNotice
from .saying import Said
from .wording import filled, wording_for

TEXTS: dict[str, Any] = {
    NoticeKind.RECEIPT: _l("Received: %(number)s. Follow it: %(link)s"),
    NoticeKind.RESULT: _l("Answered: %(number)s. Is it solved? %(link)s"),
    NoticeKind.REJECTED: _l("Not accepted: %(number)s. Read why: %(link)s"),
    NoticeKind.REOPENED: _l("Taken up again: %(number)s. Follow it: %(link)s"),
}


def words_for_resident(notice: ResidentNotice) -> Said:
    """The message in the site's language: residents have no account that would say another. `short` leaves the link to
    a variable of its own, as templates of providers want it. Reads nothing."""
    with translation.override(settings.LANGUAGE_CODE):
        facts, kind = facts_for_resident(notice), NoticeKind(notice.kind)
        subject = f"{facts['number']} · {kind.label}"
        text, short = built_in_text(kind, facts), built_in_text(kind, facts | {"link": ""})
        wording = wording_for(notice.event.case.grid_path, Reader.RESIDENT, kind, settings.LANGUAGE_CODE)
        if wording is not None:
            subject = " ".join(filled(wording.subject, facts).split())
            if wording.body:
                text, short = filled(wording.body, facts), filled(wording.body, facts | {"link": ""})
    return Said(subject, text, " ".join(short.split()), facts["link"])


def built_in_text(kind: str, facts: dict[str, str]) -> str:
    """What is said where no administrator has written another text."""
    return str(TEXTS[kind]) % facts + facts["code_hint"]


def facts_for_resident(notice: ResidentNotice) -> dict[str, str]:
    """What a text for residents may ask for: see `wording.VARIABLES`. Of who asks for secrecy, a phone that others
    may hold in their hands shows neither office nor matter: the link leads to the page that asks for the code."""
    case = notice.event.case
    due_at = awaited_at(case)
    office = tree.unit_name(case.duty_unit_id, case.grid_path) if case.duty_unit_id and not case.secret else ""
    return {
        "number": case.number,
        "office": office,
        "status": str(Status(case.status).label),
        "until": moment_in_city(case, due_at) if due_at else "",
        "link": number_link(case) if case.secret else open_link(case, notice.created_at),
        "code_hint": " " + _("Code: on your slip.") if case.secret else "",
    }
