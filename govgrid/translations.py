"""Finds the words that are to be translated and keeps the catalogues of them; `script/messages` calls this.

Python is read as a syntax tree, which unlike xgettext's way also finds what stands within f-strings."""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from .local import BASE_DIR, catalogues, compile_translations

Key = tuple[str | None, str]
"""Context and English words."""

SINGLE = {"_", "_l", "gettext", "gettext_lazy", "gettext_noop"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
CALL = re.compile(r"""(?<!\w)_?\w*\((?:[^"'()]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')*\)""")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[-+#0]*\d*(?:\.\d+)?[a-zA-Z%]")
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals={plurals}; plural={rule};\\n"

"""


class CannotExtract(Exception):
    """A call that no catalogue can serve: its words are not written there, or it needs what we do not keep."""


def keys_in(tree: ast.AST, where: str) -> Iterator[Key]:
    """What a syntax tree marks for translation. Raises CannotExtract, naming file and line."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name.lstrip("n").startswith(("gettext", "pgettext")) and name not in SINGLE | IN_CONTEXT:
            raise CannotExtract(f"{where}:{call.lineno}: {name} is not extracted; see govgrid/translations.py")
        if name not in SINGLE | IN_CONTEXT:
            continue
        words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if len(words) != len(call.args) or len(words) != (2 if name in IN_CONTEXT else 1):
            raise CannotExtract(f"{where}:{call.lineno}: {name}() needs its words written out")
        yield (words[0], words[1]) if name in IN_CONTEXT else (None, words[0])


def keys_of(path: Path) -> Iterator[Key]:
    """What a file of Python or a template marks for translation."""
    where = str(path.relative_to(BASE_DIR))
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from keys_in(ast.parse(text), where)
        return
    for call in CALL.finditer(templatize(text, origin=where)):
        yield from keys_in(ast.parse(call[0], mode="eval"), where)


def sources_of(folder: Path) -> Iterator[Path]:
    """The files whose words a locale folder translates: its app's; those of the project itself for the root's."""
    if folder != BASE_DIR:
        yield from folder.rglob("*.py")
        yield from folder.rglob("templates/**/*.html")
        return
    yield from (BASE_DIR / "govgrid").rglob("*.py")
    yield from (BASE_DIR / "templates").rglob("*.html")


def wanted(folder: Path) -> set[Key]:
    """All that a folder's catalogues must translate."""
    return {key for path in sources_of(folder) for key in keys_of(path)}


def read(path: Path) -> Catalog:
    """A catalogue as it stands; empty where there is none yet."""
    language = path.parts[-3]
    if not path.is_file():
        return Catalog(locale=language)
    return read_po(BytesIO(path.read_bytes()), locale=language, abort_invalid=True)


def renewed(old: Catalog, keys: set[Key]) -> str:
    """The catalogue's text with exactly these words, sorted; translations are kept, places and dates left out."""
    new = Catalog(locale=old.locale)
    for context, words in keys:
        known = old.get(words, context)
        new.add(
            words,
            known.string if known else "",
            flags=known.flags if known else (),
            user_comments=known.user_comments if known else (),
            context=context,
        )
    written = BytesIO()
    write_po(written, new, width=0, no_location=True, omit_header=True, sort_output=True)
    header = HEADER.format(language=old.locale_identifier, plurals=new.num_plurals, rule=new.plural_expr.strip("()"))
    return header + written.getvalue().decode().strip() + "\n"


def placeholders(text: str) -> Counter[str]:
    """What a text leaves open, as %(name)s."""
    return Counter(PLACEHOLDER.findall(text))


def faults_of(message: Message) -> Iterator[str]:
    """What is wrong with one translation."""
    if not message.string:
        yield "is not translated"
    elif message.fuzzy:
        yield "is fuzzy: look at it, then take the mark away"
    elif placeholders(str(message.string)) != placeholders(str(message.id)):
        yield f"has other placeholders: {message.string}"


def faults() -> list[str]:
    """Everything wrong with the catalogues, a line each. Django merges them all into one, so that the same words
    may not be translated differently in two apps: they need a context (pgettext) then."""
    found: list[str] = []
    said: dict[tuple[str, Key], dict[str, str]] = defaultdict(dict)
    for path in all_catalogues():
        catalog, keys = read(path), wanted(path.parents[3])
        name = str(path.relative_to(BASE_DIR))
        present: set[Key] = {(message.context, str(message.id)) for message in catalog if message.id}
        found += [f"{name}: “{words}” is missing" for _context, words in sorted(keys - present, key=str)]
        found += [f"{name}: “{words}” is no longer used" for _context, words in sorted(present - keys, key=str)]
        if present == keys and renewed(catalog, keys) != path.read_text(encoding="utf-8"):
            found.append(f"{name}: is not as script/messages writes it: unsorted, or some words are there twice")
        for message in catalog:
            if message.id:
                found += [f"{name}: “{message.id}” {fault}" for fault in faults_of(message)]
                said[path.parts[-3], (message.context, str(message.id))][name] = str(message.string)
    for (_language, (_context, words)), by_file in said.items():
        if len(set(by_file.values())) > 1:
            found.append(f"“{words}” is translated in two ways: {by_file}")
    return found


def all_catalogues() -> list[Path]:
    """Where every catalogue is or should be: each language of the root's, in each app."""
    languages = sorted({path.parts[-3] for path in catalogues()})
    apps = sorted(path.parent for path in BASE_DIR.glob("*/apps.py"))
    folders = [BASE_DIR, *(app for app in apps if app.name != "govgrid")]  # whose words are the root's
    return [folder / "locale" / code / "LC_MESSAGES" / "django.po" for folder in folders for code in languages]


def renew() -> None:
    """Bring every catalogue to what the code says today, and compile it."""
    for path in all_catalogues():
        text = renewed(read(path), wanted(path.parents[3]))
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    compile_translations()


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/messages", description="Renew the catalogues of translations.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail where something is wrong")
    options = parser.parse_args()
    try:
        if not options.check:
            renew()
        found = faults()
    except CannotExtract as error:
        found = [str(error)]
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
