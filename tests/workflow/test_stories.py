"""What the moves mean: shares, clocks, levels, returns and verdicts, as told in docs/glossary.md."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.actors import RESIDENT, Actor
from cases.choices import Status
from cases.errors import BadInput, IllegalMove, NotPermitted, Stale
from cases.models import Case, Deadline
from cases.services.history import verify
from tests.stories import Stories


def running(case: Case) -> dict[str, Deadline]:
    return {d.kind: d for d in case.deadlines.filter(state="running")}


def test_a_resident_s_case_waits_in_the_village_whose_cell_contains_the_point(stories: Stories) -> None:
    case = stories.submit()
    assert (case.status, case.level, case.found_by) == ("submitted", "village", "point")
    assert case.grid_id == stories.cast.cell.pk
    assert case.duty_unit_id == stories.cast.village_authority.pk
    assert case.number.startswith("1310-") and len(case.lookup_code) == 10
    assert set(running(case)) == {"accept"}


def test_a_worker_who_logs_a_case_in_their_cell_has_accepted_it(stories: Stories) -> None:
    from cases.services import Report, submit

    worker = Actor.person(stories.cast.worker)
    case = submit(Report(title="井盖缺失", text="村口井盖缺失", channel="patrol"), worker)
    assert (case.status, case.found_by, case.accepted_by) == ("accepted", "post", stories.cast.worker)
    assert [e.kind for e in case.events.all()] == ["submitted", "accepted"]


def test_a_worker_who_logs_a_case_next_door_has_not_accepted_it(stories: Stories) -> None:
    from cases.services import Report, submit

    report = Report(title="t", text="x", channel="patrol", grid_id=stories.cast.other_village.pk)
    assert submit(report, Actor.person(stories.cast.worker)).status == "submitted"


def test_a_case_without_any_place_is_refused_and_leaves_nothing_behind(stories: Stories) -> None:
    with pytest.raises(BadInput) as refused:
        stories.submit(lon=None, lat=None)
    assert "lon" in refused.value.fields
    lon, lat = stories.cast.outside
    with pytest.raises(BadInput):
        stories.submit(lon=lon, lat=lat)
    with pytest.raises(BadInput) as refused:
        stories.submit(lat=None)
    assert "lon" in refused.value.fields
    assert not Case.objects.exists()


def test_an_intake_point_stands_in_for_a_point_outside_all_grids(stories: Stories) -> None:
    lon, lat = stories.cast.outside
    case = stories.submit(lon=lon, lat=lat, intake_point=stories.cast.intake_point)
    assert (case.found_by, case.grid_id) == ("intake_point", stories.cast.village.pk)


def test_the_handling_clock_runs_from_dispatch_not_from_signing(stories: Stories) -> None:
    dispatched = stories.bring(Status.DISPATCHED)
    before = running(dispatched)["handle"]
    signed = stories.do(dispatched, "sign")
    after = running(signed)["handle"]
    assert (after.pk, after.starts_at, after.due_at) == (before.pk, before.starts_at, before.due_at)
    assert set(running(signed)) == {"handle"}


def test_an_edit_a_note_and_progress_touch_no_clock(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING)
    before = running(case)["handle"]
    case = stories.do(case, "progress", Actor.person(stories.cast.county_officer))
    case = stories.do(case, "recategorise")
    case = stories.do(case, "note", RESIDENT)
    after = running(case)["handle"]
    assert (after.pk, after.due_at, after.fire_at) == (before.pk, before.due_at, before.fire_at)


def test_a_second_dispatch_to_the_same_lead_starts_no_clock_anew(stories: Stories) -> None:
    case = stories.bring(Status.DISPATCHED)
    before = running(case)
    case = stories.do(case, "dispatch", co_handlers=[stories.cast.housing])
    assert running(case)["handle"].pk == before["handle"].pk
    assert running(case)["sign"].pk == before["sign"].pk
    assert case.co_unit_ids == [stories.cast.housing.pk]


def test_a_dispatch_to_another_lead_ends_the_first_share_and_starts_new_clocks(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING)
    before = running(case)["handle"]
    case = stories.do(case, "dispatch", lead=stories.cast.housing)
    assert (case.status, case.lead_unit_id) == ("dispatched", stories.cast.housing.pk)
    assert running(case)["handle"].pk != before.pk
    shares = {share.unit_id: share.end_reason for share in case.assignments.all()}
    assert shares == {stories.cast.urban_management.pk: "redispatched", stories.cast.housing.pk: ""}
    assert set(case.unit_ids) == set(shares)


def test_a_unit_outside_the_dispatcher_s_territory_is_reached_only_by_escalation(stories: Stories) -> None:
    town = Actor.person(stories.cast.town_dispatcher)
    case = stories.do(stories.submit(), "accept", town)
    with pytest.raises(BadInput) as refused:
        stories.do(case, "dispatch", town)
    assert "lead" in refused.value.fields
    case = stories.do(case, "escalate", town)
    assert case.level == "county"
    assert stories.do(case, "dispatch").status == "dispatched"


def test_an_inactive_unit_and_a_lead_that_is_its_own_co_handler_are_refused(stories: Stories) -> None:
    case = stories.bring(Status.ACCEPTED)
    lead = stories.cast.urban_management
    with pytest.raises(BadInput) as refused:
        stories.do(case, "dispatch", co_handlers=[lead])
    assert "co_handlers" in refused.value.fields
    lead.active = False
    lead.save()
    with pytest.raises(BadInput) as refused:
        stories.do(case, "dispatch", lead=lead)
    assert "lead" in refused.value.fields


def test_a_case_is_returned_twice_at_most_and_then_only_ruled(stories: Stories) -> None:
    case = stories.bring(Status.DISPATCHED)
    officer = Actor.person(stories.cast.county_officer)
    for _time in range(2):
        case = stories.do(case, "return", officer)
        assert (case.status, case.duty_unit_id) == ("accepted", stories.cast.county_authority.pk)
        case = stories.do(case, "dispatch")
    with pytest.raises(IllegalMove):
        stories.do(case, "return", officer)


def test_a_ruling_cannot_be_returned(stories: Stories) -> None:
    case = stories.bring(Status.ACCEPTED)
    case = stories.do(case, "rule", Actor.person(stories.cast.city_dispatcher))
    assert case.binding
    with pytest.raises(IllegalMove):
        stories.do(case, "return", Actor.person(stories.cast.county_officer))


def test_escalation_gives_the_level_above_the_lead_and_keeps_the_lower_unit_as_co_handler(
    stories: Stories,
) -> None:
    case = stories.bring(Status.HANDLING)
    before = running(case)["handle"]
    case = stories.do(case, "escalate", Actor.person(stories.cast.county_officer))
    assert (case.status, case.level) == ("dispatched", "city")
    assert case.lead_unit_id == stories.cast.city_authority.pk
    assert case.co_unit_ids == [stories.cast.urban_management.pk]
    assert running(case)["handle"].pk != before.pk
    assert running(case)["handle"].minutes == 6300


def test_at_the_city_an_escalation_lists_the_case_for_supervision(stories: Stories) -> None:
    case = stories.bring(Status.SUBMITTED)
    for level in ("town", "county", "city"):
        case = stories.do(case, "escalate", Actor.person(stories.cast.city_dispatcher))
        assert case.level == level
    assert case.listed_at is None
    case = stories.do(case, "escalate", Actor.person(stories.cast.city_dispatcher))
    assert case.listed_at is not None and case.level == "city" and case.escalations == 3


def test_a_send_back_runs_the_old_clock_on_and_the_check_costs_no_time(stories: Stories) -> None:
    start = timezone.now()
    case = stories.bring(Status.HANDLING, at=start)
    before = running(case)["handle"]
    case = stories.do(case, "finish", at=start + timedelta(days=2))
    case = stories.do(case, "send_back", at=start + timedelta(days=3))
    after = running(case)["handle"]
    assert (case.status, case.redos, after.pk, after.starts_at) == (
        "handling",
        1,
        before.pk,
        before.starts_at,
    )
    assert after.due_at >= before.due_at
    assert after.adjustments.get().reason == "checked"


def test_an_unsatisfied_resident_reopens_at_the_same_unit_and_the_second_time_one_level_up(
    stories: Stories,
) -> None:
    case = stories.bring(Status.FEEDBACK)
    verdict = {"solved": False, "satisfaction": "unsatisfied", "comment": "还是不亮"}
    case = stories.do(case, "rate", **verdict)
    assert (case.status, case.lead_unit_id, case.reopens) == ("handling", stories.cast.urban_management.pk, 1)
    for action in ("finish", "approve"):
        case = stories.do(case, action)
    case = stories.do(case, "rate", **verdict)
    assert (case.status, case.level, case.lead_unit_id) == (
        "dispatched",
        "city",
        stories.cast.city_authority.pk,
    )
    assert case.ratings.count() == 2


def test_a_closed_case_is_reopened_by_the_resident_only_within_the_window(stories: Stories) -> None:
    case = stories.bring(Status.CLOSED)
    with pytest.raises(IllegalMove):
        stories.do(case, "reopen", RESIDENT, at=case.closed_at + timedelta(days=31))
    case = stories.do(case, "reopen", Actor.person(stories.cast.supervisor), at=case.closed_at + timedelta(days=31))
    assert case.status == "handling" and case.closed_at is None


def test_a_merger_is_told_to_both_and_undone_with_the_clock_intact(stories: Stories) -> None:
    case, other = stories.submit(), stories.submit()
    before = running(case)["accept"]
    merged = stories.do(case, "merge", into=other)
    assert (merged.status, merged.merged_into_id) == ("merged", other.pk)
    assert [e.kind for e in other.events.all()] == ["submitted", "voice_joined"]
    assert not running(merged)
    back = stories.do(merged, "unmerge", Actor.person(stories.cast.county_dispatcher))
    assert (back.status, back.merged_into_id) == ("submitted", None)
    after = running(back)["accept"]
    assert (after.pk, after.starts_at) == (before.pk, before.starts_at) and after.due_at >= before.due_at


def test_a_case_merges_neither_into_itself_nor_into_a_closed_one(stories: Stories) -> None:
    case, closed = stories.submit(), stories.bring(Status.CLOSED)
    with pytest.raises(BadInput):
        stories.do(case, "merge", into=case)
    with pytest.raises(IllegalMove):
        stories.do(case, "merge", into=closed)
    assert Case.objects.get(pk=case.pk).status == "submitted"


def test_on_the_spot_needs_a_photo_where_the_category_asks_for_one(stories: Stories) -> None:
    from cases.models import Category

    category = Category.objects.add_root(instance=Category(code="01", name="井盖", photo_required=True))
    case = stories.submit(category_id=category.pk)
    with pytest.raises(BadInput):
        stories.do(case, "solve_on_spot", Actor.person(stories.cast.worker))
    category.photo_required = False
    category.save()
    case = stories.do(case, "solve_on_spot", Actor.person(stories.cast.worker))
    assert (case.status, case.outcome) == ("feedback", "solved")


def test_a_change_against_a_version_that_is_no_longer_current_is_refused(stories: Stories) -> None:
    case = stories.submit()
    stories.do(case, "note", RESIDENT)
    with pytest.raises(Stale):
        stories.do(case, "accept", version=case.version)


def test_who_asked_for_secrecy_is_shown_only_to_whoever_accepted_the_case(stories: Stories) -> None:
    case = stories.submit(secret=True)
    head = Actor.person(stories.cast.village_head)
    case = stories.do(case, "accept", head)
    with pytest.raises(NotPermitted):
        stories.do(case, "reveal_reporter", Actor.person(stories.cast.county_dispatcher))
    reporter = stories.do(case, "reveal_reporter", head)
    assert (reporter.name, reporter.phone) == ("何大年", "+8613812345678")
    assert [e.kind for e in case.events.all()] == ["submitted", "accepted", "revealed"]


def test_from_report_to_closure_at_every_level(stories: Stories) -> None:
    cast = stories.cast
    stops = [
        (cast.village_head, cast.village_authority, cast.village_head),
        (cast.town_dispatcher, cast.town_authority, cast.town_dispatcher),
        (cast.county_dispatcher, cast.urban_management, cast.county_officer),
        (cast.city_dispatcher, cast.city_authority, cast.city_dispatcher),
    ]
    for climbs, (dispatcher, unit, handler) in enumerate(stops):
        case = stories.submit()
        for _level in range(climbs):
            case = stories.do(case, "escalate") if case.level != "city" else case
        desk, lead = Actor.person(dispatcher), Actor.person(handler)
        case = stories.do(case, "accept", desk)
        case = stories.do(case, "dispatch", desk, lead=unit)
        for action in ("sign", "progress", "finish"):
            case = stories.do(case, action, lead)
        case = stories.do(case, "approve", desk)
        case = stories.do(case, "rate", RESIDENT)
        assert (case.status, case.lead_unit_id) == ("closed", unit.pk)
        assert case.due_at is None and not running(case)
        assert not case.assignments.running().exists()
    assert list(verify(Case.objects.all())) == []
