"""What a new installation starts with."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from cases.models import Allowance, Category, Policy
from grids.models import CalendarDay
from tests.cast import Cast


def run(name: str, *args: str, **options: Any) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command(name, *args, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_the_defaults_load_and_loading_them_again_changes_nothing(cast: Cast) -> None:
    run("load_defaults")
    counted = Category.objects.count(), Policy.objects.count(), CalendarDay.objects.count()
    assert all(counted) and Policy.objects.get().published_at
    assert "in force already" in run("load_defaults")
    assert (Category.objects.count(), Policy.objects.count(), CalendarDay.objects.count()) == counted


@pytest.mark.django_db
def test_the_defaults_load_before_there_is_a_city() -> None:
    assert "no city yet" in run("load_defaults")


def test_a_policy_for_one_grid_and_a_changed_one_become_new_versions(cast: Cast, tmp_path: Path) -> None:
    assert "for 固安县" in run("load_policy", grid="131022")
    assert Policy.objects.get().grid == cast.county
    path = tmp_path / "policy.toml"
    own = Path("cases/data/policy.toml")
    text = (Path(__file__).resolve().parents[2] / own).read_text(encoding="utf-8")
    path.write_text(text.replace("max_returns = 2", "max_returns = 1"), encoding="utf-8")
    run("load_policy", str(path), grid="131022")
    assert list(Policy.objects.order_by("version").values_list("version", "max_returns")) == [(1, 2), (2, 1)]


@pytest.mark.django_db
def test_a_demos_policy_counts_calendar_minutes_so_many_times_as_fast(settings: Any) -> None:
    settings.DEMO_SPEED = 60
    run("load_policy")
    assert set(Allowance.objects.values_list("counting", flat=True)) == {"calendar"}
    assert Allowance.objects.get(kind="accept", urgency="", channel="").minutes == 2
    run("load_policy", speed=0)
    assert Allowance.objects.get(policy__version=2, kind="accept", urgency="", channel="").minutes == 120


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[ladders]", r"needs \[ladders\] and \[\[allowances\]\]"),
        ("x =", "not TOML"),
        ('[ladders]\na = [{do="x", at="soon"}]\n[[allowances]]\nkind="accept"', r"ladders\.a\[1\]: at"),
    ],
)
def test_a_wrong_policy_is_refused_with_the_place_and_nothing_is_published(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=complaint):
        run("load_policy", str(path))
    with pytest.raises(CommandError, match="no grid has the code 9"):
        run("load_policy", grid="9")
    assert not Policy.objects.exists()
