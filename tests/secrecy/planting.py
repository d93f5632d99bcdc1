"""Secrets that are nowhere else, planted in every place where the platform keeps such, and how they are looked for."""

from __future__ import annotations

import io
import secrets
import zipfile
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from PIL.TiffImagePlugin import IFDRational

from cases.actors import RESIDENT, Actor
from cases.choices import Status
from cases.models import Case
from cases.reporter import Reporter
from cases.services.attachments import attach
from notifications.models import ChannelAccount, Contact
from notifications.services.accounts import save_account
from notifications.services.contacts import add_contact
from tests.files.samples import exif, photo, upload
from tests.stories import Stories


def word() -> str:
    return f"zz{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True)
class Planted:
    """Three cases, all accepted by the county's dispatcher: an open one, one whose reporter asks for secrecy, one that
    is closed; and what must not be found, by name. `sealed` by nobody, anywhere; `words` of who asks for secrecy, and
    `place` of a photo, by nobody who does not look at the very case."""

    cases: list[Case]
    reporters: list[Reporter]
    sealed: dict[str, str]
    words: dict[str, str]
    place: dict[str, str]
    officers: dict[str, str]

    @property
    def secret_case(self) -> Case:
        return self.cases[1]


def plant(stories: Stories) -> Planted:
    """In the cast's cell, with photos of the resident and of a colleague."""
    reporters = [Reporter(f"赵{word()}", number) for number in _phones(4)]
    words = {name: f"{name}-{word()}" for name in ("text", "address", "title")}
    opened = stories.bring(Status.HANDLING, reporter=reporters[0])
    hidden = stories.bring(Status.HANDLING, reporter=reporters[1], secret=True, **words)
    over = stories.bring(Status.CLOSED, reporter=reporters[2])
    places = [round(116.4 + number + secrets.randbelow(10**4) / 10**5, 5) for number in (1, 2)]
    for case, lon in zip((opened, hidden), places, strict=True):
        attach(case, RESIDENT, upload(photo(exif=_at(lon))))
        attach(case, Actor.person(stories.cast.village_head), upload(photo(exif=exif(gps=False))))
    officer = stories.cast.county_officer
    officer.phone = reporters.pop().phone
    officer.save()
    cases = [Case.objects.get(pk=case.pk) for case in (opened, hidden, over)]
    sealed = _sealed(cases, reporters) | {"place of who asks for secrecy": str(places[1])} | _plant_ways(stories)
    national = officer.phone.removeprefix("+86")
    return Planted(cases, reporters, sealed, words, {"place": str(places[0])}, {"the officer's phone": national})


def _plant_ways(stories: Stories) -> dict[str, str]:
    """Ways of the worker's own, one of them proven and used, and a city's account: by what nobody may find again."""
    address, token, account = (word() for _number in range(3))
    worker = stories.cast.worker
    mailed = add_contact(worker, channel="email", address=f"{address}@example.org", by=worker)
    Contact.objects.filter(pk=mailed.pk).update(verified_at=timezone.now())
    add_contact(worker, channel="apprise", address=f"ntfys://ntfy.example.org/{token}", by=worker)
    kept = ChannelAccount(city=stories.cast.city, channel="sms", provider="webhook", active=False)
    save_account(kept, credentials={"secret": account}, options={"url": "https://sms.example.org/"})
    return {"address of a way": address, "token of a robot": token, "credentials of an account": account}


def _phones(count: int) -> list[str]:
    """Such that no two look alike when masked."""
    tails = secrets.SystemRandom().sample(range(10**4), count)
    return [f"+86138{secrets.randbelow(10**4):04d}{tail:04d}" for tail in tails]


def _sealed(cases: list[Case], reporters: list[Reporter]) -> dict[str, str]:
    found = {"EXIF": "HIDDEN-IN-THE-FILE", "masked, of who asks for secrecy": reporters[1].masked.phone}
    for case, reporter in zip(cases, reporters, strict=True):
        found[f"name of {case.number}"] = reporter.name[1:]
        found[f"phone of {case.number}"] = reporter.phone.removeprefix("+86")
        found[f"code of {case.number}"] = case.lookup_code
    return found


def _at(lon: float) -> Any:
    said = exif(gps=False)
    said[0x8825] = {1: "N", 2: (IFDRational(39), 0, 0), 3: "E", 4: (IFDRational(round(lon * 10**5), 10**5), 0, 0)}
    return said


def found_in(text: str, looked_for: dict[str, str]) -> list[str]:
    """What of the secrets is in a text, by name."""
    return [name for name, secret in looked_for.items() if secret in text]


def text_of(response: Any) -> str:
    """Everything that an answer says, with its headers; what is packed is unpacked."""
    streamed = getattr(response, "streaming_content", None)
    content = b"".join(streamed) if streamed is not None else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return f"{headers}\n{unpacked(content)}"


def unpacked(content: bytes) -> str:
    if not content.startswith(b"PK\x03\x04"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:  # a table of Excel is a zip of XML
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
