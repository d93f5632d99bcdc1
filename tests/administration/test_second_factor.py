"""With a second factor required nothing opens before it; without, whoever enrolled is asked all the same."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP, totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from grids.models import ChangeRecord
from tests.administration.conftest import signed_in
from tests.cast import Cast

pytestmark = pytest.mark.django_db
HOME, OWN, ASK = "/admin/", "/admin/second-factor/", "/admin/second-factor/ask/"


@pytest.fixture
def required(settings: Any) -> None:
    settings.ADMIN_SECOND_FACTOR = True


def shown_code(client: Client) -> str:
    """What a telephone shows that has photographed the picture."""
    secret = client.session["second_factor_key"]
    return f"{totp(bytes.fromhex(secret)):06d}"


def enrol(client: Client) -> list[str]:
    """Enrols a telephone; the codes on paper."""
    assert "data:image/svg+xml" in client.get(OWN).content.decode()
    text = client.post(OWN, {"code": shown_code(client)}).content.decode()
    return re.findall(r"<li><code>(\w+)</code>", text)


def test_without_the_setting_the_password_is_enough(admin: Client) -> None:
    assert admin.get(HOME).status_code == 200


@pytest.mark.usefixtures("required")
def test_nothing_opens_before_a_telephone_is_enrolled(admin: Client) -> None:
    for path in (HOME, "/admin/grids/unit/", "/admin/cases/case/", "/admin/autocomplete/", "/admin/grids/post/import/"):
        assert admin.get(path)["Location"] == OWN
        assert admin.post(path)["Location"] == OWN
    assert admin.post(OWN, {"code": "000000"}).status_code == 200
    assert admin.get(HOME)["Location"] == OWN
    assert not TOTPDevice.objects.exists()


@pytest.mark.usefixtures("required")
def test_a_telephone_that_shows_the_right_code_is_enrolled_and_recorded(admin: Client, cast: Cast) -> None:
    codes = enrol(admin)
    assert len(codes) == len(set(codes)) == 10
    assert admin.get(HOME).status_code == 200
    assert not [code for code in codes if code in admin.get(OWN).content.decode()]
    record = ChangeRecord.objects.filter(model="grids.user", object_id=cast.administrator.pk)[0]
    assert (record.after, record.by_name) == ({"second factor": "telephone"}, "administrator")
    device = TOTPDevice.objects.get()
    said = str(list(ChangeRecord.objects.values()))
    assert device.key not in said and not [code for code in codes if code in said]


def test_whoever_enrolled_is_asked_at_each_signing_in(cast: Cast, admin: Client) -> None:
    codes = enrol(admin)
    again = signed_in(cast.administrator)
    assert again.get("/admin/grids/unit/")["Location"].startswith(ASK)
    assert "does not open" in again.post(ASK, {"code": "000000"}).content.decode()
    assert again.get(HOME).status_code == 302
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    StaticToken.objects.get(token=codes[0]).device.throttle_reset()
    answer = again.post(f"{ASK}?next=/admin/grids/unit/", {"code": codes[0].upper()})
    assert answer["Location"] == "/admin/grids/unit/"
    assert again.get("/admin/grids/unit/").status_code == 200
    third = signed_in(cast.administrator)
    third.post(ASK, {"code": codes[0]})
    assert third.get(HOME).status_code == 302


def test_a_code_of_the_telephone_opens_once(cast: Cast, admin: Client) -> None:
    enrol(admin)
    device = TOTPDevice.objects.get()
    used = TOTP(device.bin_key)
    used.time = device.last_t * used.step  # not now: half a minute may have ended since
    again = signed_in(cast.administrator)
    again.post(ASK, {"code": f"{used.token():06d}"})
    assert again.get(HOME).status_code == 302, "it was used when the telephone was enrolled"
    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0, throttling_failure_timestamp=None)
    again.post(ASK, {"code": f"{totp(device.bin_key):06d}"})
    assert again.get(HOME).status_code == 200


def test_asking_leads_nowhere_else(cast: Cast, admin: Client) -> None:
    codes = enrol(admin)
    again = signed_in(cast.administrator)
    answer = again.post(f"{ASK}?next=https://example.org/", {"code": codes[1]})
    assert answer["Location"] == reverse("admin:index")


@pytest.mark.usefixtures("required")
def test_with_one_key_one_may_leave_and_nothing_else(admin: Client) -> None:
    assert admin.post("/admin/logout/").status_code == 200
    assert admin.get(HOME)["Location"].startswith("/admin/login/")


def test_only_who_administers_all_cities_lets_somebody_enrol_anew(
    cast: Cast, admin: Client, county_admin: Client
) -> None:
    enrol(county_admin)
    said = {"action": "forget_second_factor", "_selected_action": [cast.county_leader.pk]}
    county_admin.post("/admin/grids/user/", said)
    assert TOTPDevice.objects.count() == 1
    admin.post("/admin/grids/user/", said)
    assert not TOTPDevice.objects.exists() and not StaticToken.objects.exists()


def test_one_does_without_where_it_is_not_required(admin: Client, settings: Any) -> None:
    enrol(admin)
    settings.ADMIN_SECOND_FACTOR = True
    admin.post(OWN, {"remove": "1"})
    assert TOTPDevice.objects.exists()
    settings.ADMIN_SECOND_FACTOR = False
    admin.post(OWN, {"remove": "1"})
    assert not TOTPDevice.objects.exists()


def test_whoever_has_the_server_lets_the_last_superuser_enrol_anew(admin: Client, cast: Cast) -> None:
    enrol(admin)
    call_command("forget_second_factor", cast.administrator.username, stdout=StringIO())
    assert not TOTPDevice.objects.exists() and not StaticToken.objects.exists()
    with pytest.raises(CommandError, match="no account is called 'nobody'"):
        call_command("forget_second_factor", "nobody")
