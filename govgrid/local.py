"""What a checkout keeps for itself under `.govgrid/`: its secrets and the data of its embedded servers.

Production names everything by environment variables and needs nothing of this."""

import os
import secrets
import sys
from base64 import urlsafe_b64encode
from importlib.util import find_spec
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def data_dir() -> Path:
    """Where this checkout keeps its data: `GOVGRID_DATA`, else `.govgrid/` beside manage.py."""
    return Path(os.environ.get("GOVGRID_DATA") or BASE_DIR / ".govgrid").expanduser().absolute()


def package_dir(name: str) -> Path:
    """Where an installed package lies, found without importing it: some do work when imported.

    Raises ModuleNotFoundError."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{name} is not installed: run script/setup", name=name)
    return Path(next(iter(spec.submodule_search_locations)))


def secrets_file() -> Path:
    """The file of secrets that settings read where the environment does not name them."""
    return data_dir() / "secrets.env"


def program_name() -> str:
    """What runs here, in a word: the command where it is one of manage.py's, else the program."""
    program = Path(sys.argv[0] or "python")
    if program.name == "__main__.py":
        program = program.parent
    named = len(sys.argv) > 1 and program.name in ("manage.py", "django-admin")
    return f"govgrid {sys.argv[1] if named else program.stem}"[:60]


def make_data_dir() -> Path:
    """Create the data directory where it is missing, for its owner alone.

    For root it can be passed through (not listed), because PostgreSQL then runs as another user."""
    folder = data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid == os.geteuid():
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def make_secrets() -> Path:
    """Write random secrets for this checkout, once; never over existing ones.

    They lie with the data that they protect: losing the reporters' key loses the reporters' names."""
    make_data_dir()
    path = secrets_file()
    lines = [
        "# Made for this checkout alone. Keep it with the database: without it reporters cannot be read.",
        f"SECRET_KEY={secrets.token_urlsafe(48)}",
        f"REPORTER_KEYS={urlsafe_b64encode(os.urandom(32)).decode()}",
        f"REPORTER_HASH_KEY={secrets.token_urlsafe(32)}",
    ]
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    try:
        os.link(draft, path)  # fails where another process was first: its secrets stand
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path


def catalogues() -> list[Path]:
    """The translations of the project and of its apps, in no other folder: a virtual environment has thousands."""
    return sorted([*BASE_DIR.glob("locale/*/LC_MESSAGES/*.po"), *BASE_DIR.glob("*/locale/*/LC_MESSAGES/*.po")])


def compile_translations() -> None:
    """Compile the translations that changed, by Babel: not every machine has GNU gettext.

    What is compiled bears its source's time, so that an older source that came back is noticed too."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in catalogues():
        compiled, made_at = source.with_suffix(".mo"), source.stat().st_mtime_ns
        if compiled.exists() and compiled.stat().st_mtime_ns == made_at:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parts[-3])
        draft = compiled.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as file:
            write_mo(file, catalog)
        os.utime(draft, ns=(made_at, made_at))
        draft.replace(compiled)
    _forget_orphans()


def _forget_orphans() -> None:
    """Git leaves behind what was compiled from a source that is gone, and Django would go on reading it."""
    for pattern in ("locale/*/LC_MESSAGES/*.mo", "*/locale/*/LC_MESSAGES/*.mo"):
        for compiled in BASE_DIR.glob(pattern):
            if not compiled.with_suffix(".po").exists():
                compiled.unlink(missing_ok=True)


if __name__ == "__main__":
    make_secrets()
    compile_translations()
