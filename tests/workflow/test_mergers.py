"""Two grids become one: their cases, shares and clocks follow, and the history keeps the old name."""

from __future__ import annotations

from cases.choices import Status
from cases.models import Case
from cases.services.history import verify
from grids.services import merge_grids, move_grid
from tests.stories import Stories


def test_open_cases_follow_a_merger_with_their_desk_and_their_clock(stories: Stories) -> None:
    cast = stories.cast
    case = stories.submit()
    merge_grids(cast.village, cast.other_village)
    case.refresh_from_db()
    cast.other_village.refresh_from_db()
    assert case.grid_path.startswith(cast.other_village.path)
    assert case.duty_unit_id == cast.other_village_authority.pk
    assert case.deadlines.get(state="running").unit_id == cast.other_village_authority.pk
    assert cast.village.name in case.events.get(kind="submitted").payload["place"]
    assert case.events.get(kind="relocated").payload["was"]["name"] == cast.village.name
    assert list(verify(Case.objects.all())) == []


def test_a_share_of_a_dissolved_authority_passes_to_its_heir(stories: Stories) -> None:
    cast = stories.cast
    case = stories.do(stories.bring(Status.ACCEPTED), "dispatch", lead=cast.village_authority)
    merge_grids(cast.village, cast.other_village)
    case.refresh_from_db()
    assert case.lead_unit_id == cast.other_village_authority.pk
    assert case.assignments.running().get().unit_id == cast.other_village_authority.pk
    assert cast.other_village_authority.pk in case.unit_ids


def test_closed_cases_move_with_the_grid_and_their_history_stays_as_it_was(stories: Stories) -> None:
    case = stories.bring(Status.CLOSED)
    lines = case.events.count()
    merge_grids(stories.cast.village, stories.cast.other_village)
    assert case.events.count() == lines


def test_cases_follow_a_grid_that_moves_to_another_parent(stories: Stories) -> None:
    cast = stories.cast
    case = stories.submit()
    move_grid(cast.village, cast.other_town)
    case.refresh_from_db()
    cast.cell.refresh_from_db()
    assert case.grid_path == cast.cell.path and case.grid_path.startswith(cast.other_town.path)
