"""Look-backs on pages: a supervisor draws the samples of a quarter and says what was found, and nobody else does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cases.models import Case, LookBack
from tests.portal.reading import text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(stories: Stories) -> dict[str, str]:
    """Two cases closed in a quarter that is over, and what draws its samples."""
    over = timezone.now() - timedelta(days=100)
    for _i in range(2):
        stories.bring("closed", at=over)
    on = timezone.localtime(over).date()
    return {
        "grid": stories.cast.county.code,
        "year": str(on.year),
        "quarter": str((on.month + 2) // 3),
        "percent": "100",
    }


def client_of(stories: Stories, who: str) -> Client:
    client = Client()
    client.force_login(getattr(stories.cast, who))
    return client


def test_a_supervisor_draws_looks_and_what_is_not_as_reported_is_opened_again(
    stories: Stories, quarter: dict[str, str]
) -> None:
    client = client_of(stories, "supervisor")
    for _i in range(2):  # asked twice, drawn once
        assert client.post("/desk/look-backs/draw/", quarter).status_code == 302
    row = LookBack.objects.get()
    assert f"/desk/look-backs/{row.pk}/" in text_of(client.get("/desk/look-backs/"))
    first, second = row.items.order_by("position")
    path = f"/desk/look-backs/{row.pk}/"
    refused = client.post(f"{path}1/", {"finding": "unsound", "note": ""})
    assert refused.status_code == 400 and 'role="alert"' in text_of(refused)
    said = {"finding": "unsound", "note": "路灯仍不亮", "key": "k1"}
    assert [client.post(f"{path}1/", said).status_code for _i in range(2)] == [302, 302]
    assert client.post(f"{path}2/", {"finding": "sound"}).status_code == 302
    assert (
        Case.objects.get(pk=first.case_id).status == "handling"
        and Case.objects.get(pk=second.case_id).status == "closed"
    )
    page = text_of(client.get(path))
    assert "路灯仍不亮" in page and "<form" not in page[page.index("<ol") : page.index("</ol>")]
    again = client.post(f"{path}2/", {"finding": "unsound", "note": "不对"})
    assert again.status_code == 409 and "不对" not in Case.objects.get(pk=second.case_id).reply


def test_nobody_else_draws_or_sees_them(stories: Stories, quarter: dict[str, str]) -> None:
    client_of(stories, "supervisor").post("/desk/look-backs/draw/", quarter)
    row = LookBack.objects.get()
    for who in ("county_officer", "county_dispatcher", "stranger", "worker"):
        client = client_of(stories, who)
        assert client.post("/desk/look-backs/draw/", quarter).status_code == 403, who
        assert str(row.seed) not in text_of(client.get("/desk/look-backs/"))
        assert client.get(f"/desk/look-backs/{row.pk}/").status_code == 404, who
        assert client.post(f"/desk/look-backs/{row.pk}/1/", {"finding": "sound"}).status_code == 404, who


def test_samples_narrow_by_place_and_quarter_and_a_wrong_one_is_named(
    stories: Stories, quarter: dict[str, str]
) -> None:
    client = client_of(stories, "supervisor")
    client.post("/desk/look-backs/draw/", quarter)
    row = LookBack.objects.get()
    shown = {"grid": stories.cast.county.code, "year": quarter["year"], "quarter": quarter["quarter"]}
    assert f"/desk/look-backs/{row.pk}/" in text_of(client.get("/desk/look-backs/", shown))
    nowhere = {"grid": stories.cast.other_county.code}
    assert f"/desk/look-backs/{row.pk}/" not in text_of(client.get("/desk/look-backs/", nowhere))
    for wrong in ({"quarter": "5"}, {"grid": "nonsense"}, {"year": "x"}):
        assert client.get("/desk/look-backs/", wrong).status_code == 400, wrong
    refused = client.post("/desk/look-backs/draw/", quarter | {"percent": "0"})
    assert refused.status_code == 400 and quarter["year"] in text_of(refused)
