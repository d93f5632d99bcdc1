"""Administrators edit the territory in Django admin, within their reach; codes on the wall lead to the form."""

import io

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from PIL import Image

from grids.models import CalendarDay, Grid, GridChange, Post, Unit, User, WorkingCalendar
from grids.phones import normalise_phone
from grids.qr import form_url, qr_png, qr_svg

pytestmark = pytest.mark.django_db
MODELS = ["grid", "gridchange", "unit", "post", "user", "intakepoint", "workingcalendar", "calendarday"]


@pytest.fixture
def admin(client, cast):
    client.force_login(cast.administrator)
    return client


@pytest.fixture
def county_admin(client, cast):
    """A member of staff of the county: all permissions, but only the county's territory."""
    User.objects.filter(pk=cast.county_leader.pk).update(is_staff=True)
    cast.county_leader.user_permissions.set(Permission.objects.all())
    client.force_login(User.objects.get(pk=cast.county_leader.pk))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_every_list_opens(admin, cast, model):
    calendar = WorkingCalendar.objects.create(grid=cast.city)
    CalendarDay.objects.create(calendar=calendar, date="2025-10-01", kind="holiday", name="国庆节")
    assert admin.get(f"/admin/grids/{model}/").status_code == 200
    assert admin.get(f"/admin/grids/{model}/?q=131022").status_code == 200


@pytest.mark.parametrize("model", [m for m in MODELS if m != "gridchange"])
def test_every_form_opens(admin, model):
    assert admin.get(f"/admin/grids/{model}/add/").status_code == 200


ROWS = {"grid": "village", "unit": "housing", "user": "worker", "intakepoint": "intake_point"}


@pytest.mark.parametrize(("model", "row"), ROWS.items())
def test_a_row_opens(admin, cast, model, row):
    assert admin.get(f"/admin/grids/{model}/{getattr(cast, row).pk}/change/").status_code == 200


def grid_form(grid: Grid, **changes) -> dict:
    parent = Grid.objects.get_parent(grid)
    return {"parent": parent.pk if parent else "", "name": grid.name, "boundary": "null"} | changes


def test_a_new_grid_hangs_under_its_parent(admin, cast):
    data = grid_form(cast.town, parent=cast.county.pk, code="131022102000", name="牛驼镇", level="town")
    assert admin.post("/admin/grids/grid/add/", data).status_code == 302
    assert Grid.objects.get_parent(Grid.objects.get(code="131022102000")) == cast.county


def test_a_wrong_parent_is_said_in_the_form(admin, cast):
    data = grid_form(cast.town, parent=cast.village.pk, code="131022102000", name="牛驼镇", level="town")
    answer = admin.post("/admin/grids/grid/add/", data)
    assert "parent" in answer.context["adminform"].form.errors


def test_a_broken_outline_is_said_in_the_form(admin, cast):
    answer = admin.post(f"/admin/grids/grid/{cast.town.pk}/change/", grid_form(cast.town, boundary='{"type": "Point"}'))
    assert "boundary" in answer.context["adminform"].form.errors


def test_renaming_and_moving_in_the_admin_write_history(admin, cast):
    data = grid_form(cast.village, name="北关社区", parent=cast.other_town.pk)
    assert admin.post(f"/admin/grids/grid/{cast.village.pk}/change/", data).status_code == 302
    village = Grid.objects.get(pk=cast.village.pk)
    assert (village.name, Grid.objects.get_parent(village)) == ("北关社区", cast.other_town)
    assert set(GridChange.objects.values_list("kind", "by")) == {
        ("moved", cast.administrator.pk),
        ("renamed", cast.administrator.pk),
    }
    assert Grid.objects.find_problems() == ([], [], [], [], [])


def test_staff_of_a_county_see_and_choose_only_their_county(county_admin, cast):
    tree = county_admin.get("/admin/grids/grid/").content.decode()
    assert cast.county.code in tree
    assert cast.other_county.code not in tree
    assert cast.city.code not in tree
    assert county_admin.get(f"/admin/grids/unit/{cast.city_housing.pk}/change/").status_code == 302
    data = {"grid": cast.other_county.pk, "kind": "police", "name": "公安局", "active": "on"}
    answer = county_admin.post("/admin/grids/unit/add/", data)
    assert "grid" in answer.context["adminform"].form.errors
    assert not Unit.objects.filter(kind="police").exists()


def test_staff_cannot_give_themselves_powers(county_admin, cast):
    page = county_admin.get(f"/admin/grids/user/{cast.county_leader.pk}/change/")
    assert "is_superuser" not in page.context["adminform"].form.fields
    Post.objects.create(user=cast.administrator, unit=cast.county_authority, role="administrator")
    url = f"/admin/grids/user/{cast.administrator.pk}/change/"
    county_admin.post(url, {"username": "taken", "name": "x"})
    assert User.objects.get(pk=cast.administrator.pk).username == "administrator"


def test_the_code_leads_to_the_form_of_its_place(cast, settings):
    settings.SITE_URL = "https://example.org/"
    assert form_url(cast.intake_point) == f"https://example.org/s/{cast.intake_point.token}"
    assert qr_svg(cast.intake_point).startswith(b"<?xml")
    image = Image.open(io.BytesIO(qr_png(cast.intake_point, scale=5)))
    assert image.format == "PNG"
    assert image.width == image.height > 100


@pytest.mark.parametrize("typed", ["13812345678", "138 1234 5678", "+86 138-1234-5678", "0086 13812345678"])
def test_a_phone_is_kept_in_one_form(typed):
    assert normalise_phone(typed) == "+8613812345678"


@pytest.mark.parametrize("typed", ["", "1381234", "abc", "+861381234567890"])
def test_what_is_no_phone_is_refused(typed):
    with pytest.raises(ValidationError):
        normalise_phone(typed)


def test_a_user_is_given_a_phone_that_is_one(cast):
    cast.worker.phone = "0316-2345678"
    cast.worker.clean()
    assert cast.worker.phone == "+863162345678"
