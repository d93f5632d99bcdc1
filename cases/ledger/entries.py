"""One row of a ledger as what the services ask for; a row that cannot mean a case is refused with what would be
right. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.calendars import calendar_of
from cases.choices import DeadlineKind, Outcome
from cases.errors import BadInput
from cases.models import Case
from cases.reporter import Reporter
from cases.services.intake import Report
from grids.phones import normalise_phone

from .categories import CategoryFinder
from .mapping import FIELDS, LedgerMap
from .moments import parse_moment
from .places import Place, PlaceFinder


def _longest(column: str) -> int:
    length: int = getattr(Case._meta.get_field(column), "max_length", None) or 0
    return length


TITLE, TEXT, ADDRESS, NUMBER = (_longest(column) for column in ("title", "text", "address", "source_number"))
REPLY = 32_767
"""Characters that a cell of Excel can hold: no reply is longer."""

YES = frozenset({"1", "y", "yes", "true", "t", "是", "√", "匿名", "保密"})
NO = frozenset({"", "0", "n", "no", "false", "f", "否", "×", "不匿名", "不保密", "实名", "公开"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the ledger says of a matter's end. Moments on the way that it does not know are those of the question,
    and the clocks that would measure them (`unknown`) do not run."""

    reply: str
    outcome: str
    accepted_at: datetime
    dispatched_at: datetime
    signed_at: datetime
    replied_at: datetime
    unknown: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row, understood. `answer` is None where nobody has answered yet."""

    report: Report
    submitted_at: datetime
    answer: Answer | None


@dataclass(slots=True)
class EntryReader:
    """Reads rows by a map; `now` is the moment of the import, after which nothing can have happened."""

    ledger: LedgerMap
    header: list[str]
    now: datetime
    places: PlaceFinder
    categories: CategoryFinder = field(default_factory=CategoryFinder)

    def __post_init__(self) -> None:
        at = {name: place for place, name in enumerate(self.header)}
        self._columns = {name: [at[c] for c in columns] for name, columns in self.ledger.columns.items()}
        self._kept = {name: at[column] for name, column in self.ledger.keep.items()}

    _columns: dict[str, list[int]] = field(init=False)
    _kept: dict[str, int] = field(init=False)

    def number(self, values: list[Any]) -> str:
        """The row's number at its source. Raises BadInput where it has none."""
        number = self._text(values, "number")
        if not number or len(number) > NUMBER:
            raise BadInput(number=_("is empty") if not number else _("is longer than %d characters") % NUMBER)
        return number

    def read(self, values: list[Any]) -> Entry:
        """The row as an entry. Raises BadInput that names the fields and what is wrong with them."""
        place = self.places.find(
            {name: self._text(values, name) for name in ("grid", "lon", "lat", "datum", "address")}
        )
        submitted_at = self._moment(values, "submitted_at", place)
        if submitted_at is None:
            raise BadInput(submitted_at=_("is empty"))
        return Entry(self._report(values, place), submitted_at, self._answer(values, place, submitted_at))

    def _report(self, values: list[Any], place: Place) -> Report:
        title, text = self._title_and_text(values)
        category_id, kept = self._category(values)
        if len(address := self._text(values, "address")) > ADDRESS:
            raise BadInput(address=_("is longer than %d characters") % ADDRESS)
        if not (channel := self._text(values, "channel")):
            raise BadInput(channel=_("is empty, and the map names none for such rows"))
        return Report(
            title=title,
            text=text,
            channel=channel,
            category_id=category_id,
            urgency=self._text(values, "urgency"),
            lon=place.lon,
            lat=place.lat,
            coordinate_source=place.datum,
            address=address,
            grid_id=place.chosen_grid_id,
            reporter=self._reporter(values),
            anonymous=self._flag(values, "anonymous"),
            secret=self._flag(values, "secret"),
            source=self.ledger.source,
            source_number=self.number(values),
            at_source=kept | {name: _plain(values[at]) for name, at in self._kept.items() if _plain(values[at])},
        )

    def _title_and_text(self, values: list[Any]) -> tuple[str, str]:
        """A title that is too long is cut, and stands in full before the text: nothing is lost."""
        title, text = self._text(values, "title"), self._text(values, "text")
        if not text:
            raise BadInput(text=_("is empty"))
        if len(title) > TITLE:
            title, text = f"{title[: TITLE - 1]}…", f"{title}\n\n{text}"
        if len(text) > TEXT:
            raise BadInput(text=_("has %(length)d characters, %(most)d at most") % {"length": len(text), "most": TEXT})
        return title, text

    def _category(self, values: list[Any]) -> tuple[int | None, dict[str, str]]:
        said = self._text(values, "category")
        try:
            return self.categories.find(said), {}
        except BadInput:
            if self.ledger.refuses_unknown_category:
                raise
            return None, {"category": said}

    def _reporter(self, values: list[Any]) -> Reporter:
        """A number that is none ("unknown", or masked already) is kept beside the name, sealed like it."""
        name, phone = self._text(values, "reporter_name"), self._text(values, "reporter_phone")
        try:
            return Reporter(name, normalise_phone(phone) if phone else "")
        except ValidationError:
            return Reporter(f"{name} ({phone})".strip(), "")

    def _answer(self, values: list[Any], place: Place, submitted_at: datetime) -> Answer | None:
        replied_at = self._moment(values, "replied_at", place)
        reply = self._text(values, "reply") if replied_at or "reply" not in self.ledger.constants else ""
        if replied_at is None and not reply:
            return None
        if replied_at is None or not reply:
            missing = "reply" if replied_at else "replied_at"
            raise BadInput(**{missing: _("is empty, and the row has the other: reply and replied_at go together")})
        if len(reply) > REPLY:
            raise BadInput(
                reply=_("has %(length)d characters, %(most)d at most") % {"length": len(reply), "most": REPLY}
            )
        replied_at = _not_before(submitted_at, replied_at)
        if replied_at < submitted_at:
            raise BadInput(replied_at=_("lies before submitted_at: replied before asked"))
        (accepted_at, dispatched_at, signed_at), unknown = self._way(values, place, submitted_at, replied_at)
        outcome = self._text(values, "outcome") or Outcome.EXPLAINED.value
        return Answer(reply, outcome, accepted_at, dispatched_at, signed_at, replied_at, unknown)

    def _way(
        self, values: list[Any], place: Place, submitted_at: datetime, replied_at: datetime
    ) -> tuple[list[datetime], frozenset[str]]:
        unknown: set[str] = {DeadlineKind.REVIEW, DeadlineKind.RATE}
        moments, latest = [], submitted_at
        for name, kind in WAY.items():
            moment = self._moment(values, name, place)
            if moment is None:
                unknown.add(kind)
                moment = latest
            moment = _not_before(latest, moment)
            if not latest <= moment <= replied_at:
                raise BadInput(**{name: _("lies before what comes before it, or after the reply")})
            moments.append(latest := moment)
        return moments, frozenset(unknown)

    def _moment(self, values: list[Any], name: str, place: Place) -> datetime | None:
        at = self._columns.get(name)
        if at is None:
            return None
        try:
            moment = parse_moment(values[at[0]], self.ledger.dates, calendar_of(place.path).zone)
        except ValueError as error:
            raise BadInput(**{name: error}) from None
        if moment is not None and moment > self.now:
            raise BadInput(**{name: _("lies in the future")})
        return moment

    def _flag(self, values: list[Any], name: str) -> bool:
        word = self._text(values, name).lower()
        if word not in YES | NO:
            raise BadInput(**{name: _("“%(word)s” is neither yes (是, 1) nor no (否, 0)") % {"word": word}})
        return word in YES

    def _text(self, values: list[Any], name: str) -> str:
        """The field's text: its columns joined, put into our words by the map, else the map's constant."""
        said = [part for at in self._columns.get(name, ()) if (part := _plain(values[at]))]
        text = (FIELDS[name].joined_by or "").join(said)
        if "\0" in text:
            raise BadInput(**{name: _("has a NUL character in it")})
        meant = self.ledger.values.get(name, {}).get(text, text) or self.ledger.constants.get(name, "")
        words = FIELDS[name].words
        if meant and words and meant not in words:
            shown = {"name": name, "word": meant, "words": ", ".join(words)}
            raise BadInput(**{name: _("“%(word)s”: say in [values.%(name)s] which of %(words)s it means") % shown})
        return meant


WAY = {
    "accepted_at": DeadlineKind.ACCEPT,
    "dispatched_at": DeadlineKind.DISPATCH,
    "signed_at": DeadlineKind.SIGN,
}


def _not_before(earlier: datetime, moment: datetime) -> datetime:
    """A day without a time, on the very day of what came before, means later that day."""
    local = moment.astimezone(earlier.tzinfo)
    day_only = (local.hour, local.minute, local.second) == (0, 0, 0)
    return earlier if day_only and local.date() == earlier.date() else moment


def _plain(cell: Any) -> str:
    """A cell as text: Excel gives numbers for what people read as digits."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
