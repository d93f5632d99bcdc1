"""The maps that come along, over the real files that they were written for; their texts never enter the project."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from cases.choices import Status
from cases.ledger import EntryReader, find_map, open_table, read_map
from cases.ledger.entries import Entry
from cases.ledger.places import PlaceFinder, grid_of
from cases.models import Case, CaseEvent, Deadline
from grids.snapshots import current_round
from tests.stories import Stories

SAMPLE = 60


def entries(path: Path, name: str) -> list[Entry]:
    """Every row of a real file, understood; a row that cannot be is an error here."""
    ledger = read_map(find_map(name).read_text(encoding="utf-8"))
    with open_table(path, ledger.needed) as table:
        reader = EntryReader(ledger, table.header, timezone.now(), PlaceFinder(grid_of("1310")))
        return [reader.read(row.values) for row in table.rows]


def sample(path: Path, folder: Path) -> Path:
    """Some rows from all over a real file, both ways of writing dates among them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    dashed = [row for row in rows if "-" in row[3]][:5]
    with (folder / path.name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *dashed, *rows[:: len(rows) // (SAMPLE - 10)][:SAMPLE]])
    return folder / path.name


@pytest.fixture
def quick_snapshots(stories: Stories, settings: Any) -> None:
    """As in an installation: whether reference data changed is asked once a second, not at each look. Asked now for
    the first time, so that nothing of an earlier test is taken for this one's."""
    current_round()
    settings.SNAPSHOT_CHECK_SECONDS = 1


@pytest.mark.usefixtures("quick_snapshots")
def test_each_row_of_both_real_files_is_understood(shared_data: Path) -> None:
    asked = entries(shared_data / "messages.csv", "online_board")
    answered = entries(shared_data / "answered_messages.csv", "online_board_answered")
    assert (len(asked), len(answered)) == (4326, 1408)
    assert not any(entry.answer for entry in asked)
    days = sorted((e.answer.replied_at - e.submitted_at).days for e in answered if e.answer)
    assert len(days) == 1408 and days[0] >= 0 and days[-1] > 800
    years = Counter(entry.submitted_at.year for entry in asked)
    assert set(years) == {2017, 2018, 2019, 2020}


@pytest.mark.usefixtures("quick_snapshots")
def test_a_sample_of_the_real_rows_comes_in_and_verifies(shared_data: Path, tmp_path: Path) -> None:
    for name, map_name in (("messages.csv", "online_board"), ("answered_messages.csv", "online_board_answered")):
        file = sample(shared_data / name, tmp_path)
        call_command("import_ledger", str(file), map=map_name, city="1310", verbosity=0, stdout=StringIO())
    states = Counter(Case.objects.values_list("status", flat=True))
    assert states[Status.SUBMITTED] >= SAMPLE - 10 and states[Status.CLOSED] >= SAMPLE - 10
    assert not Deadline.objects.filter(case__status="closed", ended_at__isnull=True).exists()
    assert not Deadline.objects.filter(case__status="submitted", starts_at__year__lt=2020).exists()
    late = Deadline.objects.filter(state="missed").count()
    assert 0 < late == CaseEvent.objects.filter(kind="flagged", quiet=True).count()
    assert CaseEvent.objects.count() == 2 * states[Status.SUBMITTED] + 7 * states[Status.CLOSED] + late
    call_command("verify_history", verbosity=0, stdout=StringIO())
