"""Whether files can be kept, read and served where the settings say: asked by an operator, before a resident does."""

from __future__ import annotations

import urllib.request
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

SECONDS = 20


class Command(BaseCommand):
    help = "Put a file into the storage, read it, follow its address where it has one, and take it away again."

    def handle(self, *args: Any, **options: Any) -> None:
        name, content = f"attachments/check/{uuid4().hex}.txt", uuid4().hex.encode()
        try:
            self._step(_("kept"), lambda: default_storage.save(name, ContentFile(content)))
            self._step(_("read"), lambda: _expect(default_storage.open(name).read(), content))
            if not settings.FILES_THROUGH_SITE:
                self._step(_("reached by its address from here"), lambda: _expect(_fetched(name), content))
        finally:
            self._step(_("deleted"), lambda: default_storage.delete(name))

    def _step(self, word: str, act: Any) -> None:
        try:
            act()
        except Exception as error:
            said = {"step": word, "error": f"{type(error).__name__}: {error}"}
            raise CommandError(_("a file could not be %(step)s: %(error)s") % said) from error
        self.stdout.write(f"✓ {word}")


def _expect(found: bytes, content: bytes) -> None:
    if found != content:
        raise ValueError(_("what came back is not what was put there"))


def _fetched(name: str) -> bytes:
    storage: Any = default_storage
    address = str(storage.url(name, expire=60))
    with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - the bucket that settings name
        content: bytes = answer.read()
    return content
