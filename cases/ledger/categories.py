"""The category that a ledger means: by its code, by its name, or by names from the top down."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cases import categories
from cases.categories import CategoryRow
from cases.errors import BadInput
from cases.models import Category

BETWEEN = re.compile(r"\s*[/>＞／、|\\]\s*|\s*-{1,2}>?\s*|\s*—+\s*")
STEP: int = Category.steplen


@dataclass(slots=True)
class CategoryFinder:
    """The tree by code and by names; read once for an import."""

    _by_code: dict[str, CategoryRow] = field(init=False)
    _by_names: dict[tuple[str, ...], list[CategoryRow]] = field(init=False)

    def __post_init__(self) -> None:
        book = categories.book()
        self._by_code = {code: row for code, row in book.by_code.items() if row.active}
        self._by_names = {}
        by_path = {row.path: row.name for row in book.by_id.values()}
        for row in self._by_code.values():
            ends = range(STEP, len(row.path) + 1, STEP)
            names = tuple(by_path[row.path[:end]] for end in ends)
            for start in range(len(names)):
                self._by_names.setdefault(names[start:], []).append(row)

    def find(self, said: str) -> int | None:
        """The category's id; None where nothing was said. Raises BadInput for what is unknown or could be several."""
        if not said:
            return None
        if row := self._by_code.get(said):
            return row.id
        fitting = self._by_names.get((said,)) or self._by_names.get(tuple(BETWEEN.split(said))) or []
        if len(fitting) == 1:
            return fitting[0].id
        if fitting:
            codes = ", ".join(row.code for row in fitting[:5])
            several = _("“%(said)s” could be %(codes)s: name the code, or more of the names above it")
            raise BadInput(category=several % {"said": said, "codes": codes})
        raise BadInput(category=self._unknown(said))

    def _unknown(self, said: str) -> str:
        last = BETWEEN.split(said)[-1]
        names = {row.name: row.code for row in self._by_code.values()}
        near = [f"{name} ({names[name]})" for name in difflib.get_close_matches(last, names, 2, 0.5)]
        hint = _(": %(near)s?") % {"near": ", ".join(near)} if near else ""
        return _("“%(said)s” is no category in use%(hint)s Say in [values.category] what it means") % {
            "said": said,
            "hint": hint,
        }
