"""The map of a ledger: which column is which field, what its words and dates mean, and what becomes of rows that
nobody answered. A readable file, so that a city adds its own ledger without a line of code."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from cases.choices import Channel, CoordinateSource, Outcome, Urgency
from cases.errors import BadInput
from cases.models import Case

from .moments import DEFAULT_DATES, SAMPLE

MAPS = Path(__file__).parent / "maps"


class OpenRows(StrEnum):
    """What becomes of a row without a reply."""

    NOW = "now"  # an open case, whose first clock starts at the import
    OWN_TIME = "own_time"  # an open case, whose first clock has run since it was asked
    CLOSED = "closed"  # filed: not accepted any more, at the moment of the import


@dataclass(frozen=True, slots=True)
class Field:
    """What a column can be. `joined_by` is set where several columns may be one field together; `words` where only
    some are right."""

    joined_by: str | None = None
    words: tuple[str, ...] = ()
    flag: bool = False


FIELDS: dict[str, Field] = {
    "number": Field(),
    "title": Field(),
    "text": Field(joined_by="\n\n"),
    "channel": Field(words=tuple(Channel.values)),
    "submitted_at": Field(),
    "reporter_name": Field(),
    "reporter_phone": Field(),
    "anonymous": Field(flag=True),
    "secret": Field(flag=True),
    "category": Field(joined_by="/"),
    "urgency": Field(words=tuple(Urgency.values)),
    "grid": Field(),
    "address": Field(joined_by=""),
    "lon": Field(),
    "lat": Field(),
    "datum": Field(words=tuple(CoordinateSource.values)),
    "accepted_at": Field(),
    "dispatched_at": Field(),
    "signed_at": Field(),
    "reply": Field(joined_by="\n\n"),
    "replied_at": Field(),
    "outcome": Field(words=tuple(Outcome.values)),
}
NEEDED = ("number", "text", "submitted_at")
PERSONAL = ("reporter_name", "reporter_phone")
SETTINGS = (
    "source", "channel", "grid", "sheet", "dates", "open_rows", "unknown_category", "ours", "columns", "keep",
    "constants", "values",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LedgerMap:
    """A map, checked. `columns` gives for each field the columns it is made of, `keep` what else the history keeps.
    `ours` says that a ledger of this platform is meant, whose workbook has words for people."""

    source: str
    columns: dict[str, tuple[str, ...]]
    keep: dict[str, str]
    constants: dict[str, str]
    values: dict[str, dict[str, str]]
    dates: tuple[str, ...]
    grid: str
    sheet: str
    open_rows: OpenRows
    refuses_unknown_category: bool
    ours: bool = False

    @property
    def needed(self) -> list[str]:
        """The columns that a file must have, in the map's order."""
        named = [column for columns in self.columns.values() for column in columns]
        return list(dict.fromkeys([*named, *self.keep.values()]))


def find_map(name: str) -> Path:
    """The file of a map: a path, or the name of one that comes with the project.

    Raises BadInput where there is none.
    """
    for path in (Path(name), MAPS / f"{name}.toml"):
        if path.is_file():
            return path
    shipped = ", ".join(sorted(path.stem for path in MAPS.glob("*.toml")))
    raise BadInput(map=_("%(name)s: no such file; maps that come along: %(maps)s") % {"name": name, "maps": shipped})


def read_map(text: str) -> LedgerMap:
    """Reads a map (TOML). Raises BadInput that names the place and says what would be right."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(map=_("is not TOML: %(error)s") % {"error": error}) from None
    _known(said, SETTINGS, _("map"))
    columns = {name: _columns(name, value) for name, value in _section(said, "columns", FIELDS).items()}
    constants = {name: _word(f"constants.{name}", v) for name, v in _section(said, "constants", FIELDS).items()}
    if "channel" in said:
        constants["channel"] = _word("channel", said["channel"])
    found = LedgerMap(
        source=_source(said),
        columns=columns,
        keep={name: _word(f"keep.{name}", column) for name, column in _section(said, "keep").items()},
        constants=constants,
        values=_values(said),
        dates=_dates(said),
        grid=_word("grid", said.get("grid", "")),
        sheet=_word("sheet", said.get("sheet", "")),
        open_rows=OpenRows(_one_of("open_rows", said.get("open_rows", "now"), list(OpenRows))),
        refuses_unknown_category=_one_of(
            "unknown_category", said.get("unknown_category", "refuse"), ["refuse", "ignore"]
        )
        == "refuse",
        ours=_flag("ours", said.get("ours", False)),
    )
    _check(found)
    return found


def _section(said: Mapping[str, Any], name: str, known: Collection[str] | None = None) -> dict[str, Any]:
    section = said.get(name, {})
    if not isinstance(section, dict):
        raise BadInput(**{name: _("a section would be right: [%(name)s]") % {"name": name}})
    if known is not None:
        _known(section, known, name)
    return section


def _known(names: Collection[str], known: Collection[str], place: str) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = _(": “%(near)s”?") % {"near": near[0]} if near else ""
            said = {"name": name, "hint": hint, "known": ", ".join(known)}
            raise BadInput(**{place: _("unknown “%(name)s”%(hint)s There are: %(known)s") % said})


def _word(place: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadInput(**{place: _("text would be right, in quotes")})
    return str(value).strip()


def _flag(place: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadInput(**{place: _("true or false would be right, without quotes")})
    return value


def _one_of(place: str, value: object, words: Collection[str]) -> str:
    if value not in words:
        raise BadInput(**{place: _("one of %(words)s, not %(value)r") % {"words": ", ".join(words), "value": value}})
    return str(value)


def _columns(name: str, value: object) -> tuple[str, ...]:
    place = f"columns.{name}"
    if isinstance(value, str) and value.strip():
        return (value.strip(),)
    if not (isinstance(value, list) and value and all(isinstance(v, str) and v.strip() for v in value)):
        raise BadInput(**{place: _("the name of a column would be right, in quotes")})
    if FIELDS[name].joined_by is None and len(value) > 1:
        joined = ", ".join(key for key, field in FIELDS.items() if field.joined_by is not None)
        raise BadInput(**{place: _("one column; several can only be joined for %(fields)s") % {"fields": joined}})
    return tuple(v.strip() for v in value)


def _source(said: Mapping[str, Any]) -> str:
    source = _word("source", said.get("source", ""))
    longest: int = Case._meta.get_field("source").max_length or 0
    if not source or len(source) > longest:
        raise BadInput(source=_("a short name of the ledger would be right, at most %d characters") % longest)
    return source


def _values(said: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    values = {}
    for name, words in _section(said, "values", FIELDS).items():
        if not isinstance(words, dict):
            raise BadInput(values=_("a section for each field would be right: [values.%(name)s]") % {"name": name})
        values[name] = {str(word).strip(): _word(f"values.{name}", meant) for word, meant in words.items()}
        for word, meant in values[name].items():
            if FIELDS[name].words:
                _one_of(f"values.{name}.{word}", meant, FIELDS[name].words)
    return values


def _dates(said: Mapping[str, Any]) -> tuple[str, ...]:
    dates = said.get("dates", list(DEFAULT_DATES))
    if not (isinstance(dates, list) and dates and all(isinstance(form, str) for form in dates)):
        raise BadInput(dates=_('a list would be right: ["%Y/%m/%d %H:%M:%S", "%Y-%m-%d"]'))
    for form in dates:
        if "%Y" not in form or "%d" not in form or SAMPLE.strftime(form) == form:
            raise BadInput(dates=_("“%(form)s” has no %%Y and %%d: 2026/9/30 is %%Y/%%m/%%d") % {"form": form})
    return tuple(dates)


def _check(found: LedgerMap) -> None:
    for name in NEEDED:
        if name not in found.columns:
            raise BadInput(columns=_("%(name)s is missing: name its column") % {"name": name})
    if ("reply" in found.columns) != ("replied_at" in found.columns) and "reply" not in found.constants:
        raise BadInput(columns=_("reply and replied_at: name both columns, or neither"))
    if ("lon" in found.columns) != ("lat" in found.columns):
        raise BadInput(columns=_("lon and lat: name both columns, or neither"))
    if "lon" in found.columns and "datum" not in {*found.columns, *found.constants}:
        raise BadInput(constants=_("datum: say what the coordinates are in: wgs84, gcj02 or bd09"))
    if "channel" not in {*found.columns, *found.constants}:
        raise BadInput(channel=_("one of %(words)s would be right") % {"words": ", ".join(Channel.values)})
    for name, value in found.constants.items():
        if FIELDS[name].words:
            _one_of(name, value, FIELDS[name].words)
    personal = {column for name in PERSONAL for column in found.columns.get(name, ())}
    if open_ := personal & set(found.keep.values()):
        raise BadInput(keep=_("“%(name)s” is a person: the history is no place for it") % {"name": open_.pop()})
