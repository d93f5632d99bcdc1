"""Other people's scripts and styles, served from `node_modules` as they came: a few named files, each pinned by
`package-lock.json`. No bundler, and nothing of theirs is copied into the repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

from govgrid.local import BASE_DIR

PREFIX = "npm"
"""Under which the files stand among the static ones: `npm/leaflet/dist/leaflet.js`."""
FOLDER = BASE_DIR / "node_modules"
FILES = (
    "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap/dist/css/bootstrap.min.css.map",
    "echarts/dist/echarts.common.min.js",
    "htmx.org/dist/htmx.min.js",
    "idb/build/umd.js",
    "leaflet/dist/leaflet.css",
    "leaflet/dist/images/layers.png",
    "leaflet/dist/images/layers-2x.png",
    "leaflet/dist/images/marker-icon.png",
    "leaflet/dist/leaflet.js",
    "leaflet/dist/leaflet.js.map",
)
"""All that pages may load; a map of sources stands here where a file names it, as collecting asks for it."""
MISSING = "node_modules lacks %s: run script/setup, which installs what package-lock.json names."


class NodeFilesFinder(BaseFinder):
    """Finds those files, for collecting and for a server that serves without it."""

    def __init__(self, app_names: Sequence[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=FOLDER)
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]  # how finders name a folder of the collected files

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Whether they are there: a page without its styles is no page."""
        missing = [name for name in FILES if not self.storage.exists(name)]
        return [Error(MISSING % ", ".join(missing), id="govgrid.E010")] if missing else []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Where the file of this static path lies; an empty list where it is none of ours."""
        prefix, _slash, name = path.partition("/")
        if prefix != PREFIX or name not in FILES:
            return []
        found = self.storage.path(name)
        return [found] if find_all or kwargs.get("all") else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        """The names with the storage that opens them."""
        for name in FILES:
            yield name, self.storage
