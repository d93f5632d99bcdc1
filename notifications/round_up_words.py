"""What a list at a set time says: the morning list, and the weekly and monthly round-ups of leaders."""

from __future__ import annotations

from typing import Any

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cases.models import Case

from .choices import RoundUpKind, Section
from .links import inbox_link
from .messages import moment_in_city
from .models import RoundUp
from .saying import MOST_LINES, Said, joined

FIGURES: dict[str, Any] = {
    "in": gettext_lazy("came in: %d"),
    "closed": gettext_lazy("closed: %d"),
    "late": gettext_lazy("late: %d"),
}


def heading_of(round_up: RoundUp) -> str:
    """Which list of which day."""
    day = formatted(round_up.on, pgettext("date format", "j M Y"))
    return f"{RoundUpKind(round_up.kind).label} · {day}"


def figures_of(round_up: RoundUp) -> list[str]:
    """The figures of a week or month."""
    said: dict[str, int] = round_up.content.get("figures", {})
    return [str(label) % said[name] for name, label in FIGURES.items() if name in said]


def sections_of(round_up: RoundUp) -> list[tuple[str, list[str]]]:
    """Each section that holds cases, with their numbers, in the order in which they matter."""
    content = round_up.content
    return [(str(section.label), content[section]) for section in Section if content.get(section)]


def words_of_round_up(round_up: RoundUp) -> Said:
    """The list in the language that is active, with those of its cases that the person may still see."""
    heading, figures, sections = heading_of(round_up), figures_of(round_up), sections_of(round_up)
    numbers = [number for _label, listed in sections for number in listed]
    cases = cases_of(round_up.user, numbers[:MOST_LINES])
    counts = ", ".join([*figures, *(f"{label} {len(listed)}" for label, listed in sections)])
    lines: list[str] = []
    for label, listed in sections:
        shown = [_line(cases[number]) for number in listed if number in cases]
        lines += ["", f"{label} ({len(listed)})", *shown] if shown else []
    left = len(numbers) - MOST_LINES
    more = _("and %(count)d more") % {"count": left} if left > 0 else ""
    url = inbox_link()
    nothing = "" if counts else _("Nothing waits for you.")
    text = joined(heading, counts, nothing) + "\n".join(["", *lines, more, url] if lines else ["", url])
    return Said(heading, text, f"{heading}: {counts or nothing}", url)


def cases_of(user: Any, numbers: list[str]) -> dict[str, Case]:
    """The cases of these numbers that somebody may see today, in one query."""
    if not numbers:
        return {}
    rows = Case.objects.visible_to(user).filter(number__in=numbers)
    return {case.number: case for case in rows.only("number", "title", "secret", "due_at", "grid_path")}


def _line(case: Case) -> str:
    title = "" if case.secret else f" {case.title}"
    until = f" · {_('Until %(moment)s') % {'moment': moment_in_city(case, case.due_at)}}" if case.due_at else ""
    return f"- {case.number}{title}{until}"
