"""What somebody has typed into the form of the resident's door so far, and what the intake makes of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from cases.api.intake import PUBLIC_REPORT
from cases.errors import BadInput
from cases.services import Report
from cases.services.idempotency import fingerprint_of
from grids.models import IntakePoint

from .places import town_of

TEXTS = ("text", "address", "name", "phone", "lon", "lat", "grid")
FLAGS = ("anonymous", "secret")


@dataclass(slots=True)
class Draft:
    """What was typed. `lon` and `lat` are degrees in WGS-84, `grid` the code of a town that was picked; `key` makes a
    second sending of the same form harmless."""

    text: str = ""
    address: str = ""
    name: str = ""
    phone: str = ""
    lon: str = ""
    lat: str = ""
    grid: str = ""
    anonymous: bool = False
    secret: bool = False
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def read(cls, said: QueryDict) -> Draft:
        texts: dict[str, Any] = {name: said.get(name, "") for name in TEXTS}
        draft = cls(**texts, anonymous="anonymous" in said, secret="secret" in said)
        with suppress(ValueError):  # a form that came without a key has the draft's new one
            draft.key = str(uuid.UUID(said.get("key", "")))
        return draft

    def report(self, point: IntakePoint | None) -> Report:
        """The same as the API takes it. Raises ValidationError and BadInput by field."""
        said: dict[str, Any] = {
            "text": self.text,
            "address": self.address,
            "anonymous": self.anonymous,
            "secret": self.secret,
            "reporter": {"name": self.name, "phone": self.phone},
        }
        if point is not None:
            said["intake_point"] = point.token
        if self.lon or self.lat:
            said |= {"lon": self.lon or None, "lat": self.lat or None, "coordinate_source": "wgs84"}
        report = PUBLIC_REPORT.read(said)
        if point is not None or report.lon is not None:
            return report
        town = town_of(self.grid)
        if town is None:
            raise BadInput(lon=_("say where it is: by your position, on the map, or by picking the town"))
        return replace(report, grid_id=town.id)

    def fingerprint(self, files: Iterable[Any]) -> str:
        """What makes two sendings the same one."""
        said = [str(getattr(self, name)).encode() for name in (*TEXTS, *FLAGS)]
        for file in files:
            said.extend(file.chunks())
            file.seek(0)
        return fingerprint_of(said)
