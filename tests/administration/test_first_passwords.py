"""Accounts that came without a password get links: shown once, good once, and not for long."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from grids.models import ChangeRecord, Post, User
from grids.services.first_passwords import invite
from tests.administration.conftest import signed_in, staff
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LIST = "/admin/grids/user/"
GOOD = "lantern-north-village-42"


@pytest.fixture
def newcomer(cast: Cast) -> User:
    """As the import of posts makes one; the name is nothing that a spreadsheet should run."""
    user = User(username="newcomer", name="=新人", email="newcomer@example.org")
    user.set_unusable_password()
    user.save()
    Post.objects.create(user=user, unit=cast.housing, role="officer", starts_on=timezone.localdate())
    return user


def ask(client: Client, *users: User) -> Any:
    chosen = {"action": "hand_out_links", "_selected_action": [user.pk for user in users]}
    return client.post(LIST, chosen)


def lines_of(answer: Any) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200, answer
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    return list(sheet.iter_rows(min_row=2, values_only=True))


def path_of(link: str) -> str:
    found = re.fullmatch(r"https?://[^/]+(/password/.+)", link)
    assert found, link
    return found[1]


def set_password(link: str, password: str) -> Any:
    """As a browser does that opens the link and sends the form."""
    client = Client()
    form = client.get(path_of(link), follow=True)
    if not form.redirect_chain:
        return form
    where = form.redirect_chain[-1][0]
    assert link.rsplit("/", 2)[1] not in where  # what stays in the address bar is no secret
    return client.post(where, {"new_password1": password, "new_password2": password})


def test_a_link_sets_the_first_password_once_and_nobody_is_told_it(
    county_admin: Client, newcomer: User, cast: Cast
) -> None:
    answer = ask(county_admin, newcomer, cast.county_officer)
    assert "no-store" in answer["Cache-Control"]
    ((account, name, units, link, ends),) = lines_of(answer)  # the officer has a password
    assert (account, name, units) == ("newcomer", "=新人", cast.housing.name)
    assert ends == timezone.localtime(timezone.now() + timedelta(hours=72)).strftime("%Y-%m-%d %H:%M")
    weak = set_password(link, "newcomer")
    assert weak.status_code == 200 and "error" in weak.content.decode()
    done = set_password(link, GOOD)
    assert (done.status_code, done["Location"]) == (302, "/sign-in/?welcome")
    assert "Your password is set" in Client().get(done["Location"]).content.decode()
    again = set_password(link, "another-long-password")
    assert "does not work any more" in again.content.decode()
    said = {"username": "newcomer", "password": GOOD}
    assert Client().post("/sign-in/", said)["Location"] == "/cases/"
    records = ChangeRecord.objects.filter(model="grids.user", object_id=newcomer.pk, kind="changed")
    assert [(r.by_name, r.way) for r in records.order_by("pk")][:2] == [
        (cast.county_leader.username, "admin"),
        ("newcomer", "password link"),
    ]
    token = link.rsplit("/", 2)[1]
    assert token not in "".join(f"{r.before}{r.after}" for r in records)


def test_another_list_ends_the_links_of_the_one_before(newcomer: User) -> None:
    users = User.objects.filter(pk=newcomer.pk)
    (first,), (second,) = invite(users), invite(users)
    assert "does not work any more" in set_password(first.link, GOOD).content.decode()
    assert set_password(second.link, GOOD).status_code == 302


def test_a_link_ends_by_itself(newcomer: User, settings: LazySettings) -> None:
    (one,) = invite(User.objects.filter(pk=newcomer.pk))
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "does not work any more" in set_password(one.link, GOOD).content.decode()


def test_nobody_gives_links_beyond_their_territory_or_powers(county_admin: Client, newcomer: User, cast: Cast) -> None:
    chief = User.objects.create_superuser(username="chief", password=None, name="总", email="chief@example.org")
    Post.objects.create(user=chief, unit=cast.housing, role="officer", starts_on=timezone.localdate())
    beyond = signed_in(staff(cast.stranger))
    assert ask(beyond, newcomer).status_code == 302
    assert ask(county_admin, chief).status_code == 302
    idle = signed_in(cast.county_leader)
    cast.county_leader.user_permissions.clear()
    assert ask(idle, newcomer).status_code == 403
    newcomer.refresh_from_db()
    assert newcomer.password == User.objects.get(pk=newcomer.pk).password
    User.objects.filter(pk=newcomer.pk).update(is_active=False)
    assert ask(signed_in(staff(cast.county_leader)), newcomer).status_code == 302  # out of use
