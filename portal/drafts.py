"""What somebody has typed into a form so far, and what the intake makes of it: the resident's door here, the desk's
calls in `console/calls.py`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from django.http import QueryDict
from django.utils.translation import gettext as _

from cases.api.intake import PUBLIC_REPORT
from cases.errors import BadInput
from cases.services import Report
from cases.services.idempotency import fingerprint_of
from grids.models import IntakePoint

from .places import town_of

FLAGS = ("anonymous", "secret")


@dataclass(slots=True)
class Typed:
    """A report as a form has it. `lon` and `lat` are degrees in WGS-84, `grid` is a code; `key` makes a second sending
    of the same form harmless."""

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
    def read(cls, said: QueryDict) -> Self:
        """What was sent. A form that came without a key has a new one."""
        sent: dict[str, Any] = {name: said.get(name, "").strip() for name in cls.texts()}
        typed = cls(**sent | {name: name in said for name in FLAGS})
        with suppress(ValueError):
            typed.key = str(uuid.UUID(said.get("key", "")))
        return typed

    @classmethod
    def texts(cls) -> tuple[str, ...]:
        """The fields that are typed or picked."""
        return tuple(one.name for one in fields(cls) if one.name not in (*FLAGS, "key"))

    def voice(self) -> dict[str, Any]:
        """What the intake takes of every form: the words, and who says them."""
        return {
            "text": self.text,
            "address": self.address,
            "anonymous": self.anonymous,
            "secret": self.secret,
            "reporter": {"name": self.name, "phone": self.phone},
        }

    def fingerprint(self, files: Iterable[Any] = ()) -> str:
        """What makes two sendings the same one."""
        said = [str(getattr(self, name)).encode() for name in (*self.texts(), *FLAGS)]
        for file in files:
            said.extend(file.chunks())
            file.seek(0)
        return fingerprint_of(said)


@dataclass(slots=True)
class Draft(Typed):
    """What a resident typed; `grid` is that of a town that was picked."""

    def report(self, point: IntakePoint | None) -> Report:
        """The same as the API takes it. Raises ValidationError and BadInput by field."""
        said = self.voice()
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
