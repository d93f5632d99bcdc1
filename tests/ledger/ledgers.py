"""Small ledgers of our own, and the command that brings them in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from tests.stories import Stories

COLUMNS = ("编号", "标题", "内容", "时间", "来电人", "电话", "答复", "答复时间")
MAP = """
source = "test-board"
channel = "online_board"

[columns]
number = "编号"
title = "标题"
text = "内容"
submitted_at = "时间"
reporter_name = "来电人"
reporter_phone = "电话"
reply = "答复"
replied_at = "答复时间"
"""
ASKED = ("1", "路灯不亮", "东街路灯三天不亮", "2024/3/5 10:06:36", "何大年", "13812345678", "", "")
ANSWERED = ("2", "井盖破损", "西街井盖破了", "2024-03-05 10:06:36", "", "", "已更换", "2024/3/12 8:59:29")


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Writes ledgers and maps into a folder, and imports them for the cast's city."""

    folder: Path

    def csv(self, *rows: Sequence[str], columns: Sequence[str] = COLUMNS, encoding: str = "utf-8") -> Path:
        path = self.folder / "ledger.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return path

    def map(self, text: str) -> str:
        path = self.folder / "map.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def bring_in(self, file: Path, map_text: str = MAP, **options: Any) -> str:
        """What the command prints on both streams; a refusal's last words are in it too."""
        out = StringIO()
        said = {"map": self.map(map_text), "city": "1310", "verbosity": 0} | options
        try:
            with translation.override("en"):
                call_command("import_ledger", str(file), stdout=out, stderr=out, **said)
        except CommandError as error:
            out.write(f"{error}\n")
        return out.getvalue()


@pytest.fixture
def ledgers(stories: Stories, tmp_path: Path) -> Ledgers:
    """Over the cast, with the default promises published."""
    return Ledgers(tmp_path)
