"""Signing in with a token, seeing and ending one's tokens, and who one is."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from knox.models import AuthToken
from rest_framework.throttling import SimpleRateThrottle

from tests.api.conftest import Caller, fields_of
from tests.cast import Cast

HEAD = {"username": "village_head", "password": "village_head" * 2}


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}


def test_a_token_opens_the_api_until_it_is_ended(cast: Cast, nobody: Caller) -> None:
    answer = nobody.post("/auth/token/", HEAD)
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    token = answer.json()["token"]
    assert answer.json()["expires_at"] is not None
    assert token not in str(list(AuthToken.objects.values()))
    assert nobody.get("/me/", **bearing(token)).json()["name"] == "张主任"
    assert nobody.post("/auth/logout/", **bearing(token)).status_code == 204
    assert nobody.get("/me/", **bearing(token)).status_code == 401


def test_ones_own_tokens_are_listed_and_revoked_one_by_one(cast: Cast, nobody: Caller) -> None:
    first, second = (nobody.post("/auth/token/", HEAD).json()["token"] for _ in range(2))
    tokens = nobody.get("/auth/tokens/", **bearing(second)).json()
    assert [token["current"] for token in tokens].count(True) == 1
    other = next(token["id"] for token in tokens if not token["current"])
    stranger = Caller(cast.stranger)
    assert stranger.client.delete(f"/api/v1/auth/tokens/{other}/").status_code == 404
    assert nobody.client.delete(f"/api/v1/auth/tokens/{other}/", headers=bearing(second)).status_code == 204
    assert nobody.get("/me/", **bearing(first)).status_code == 401
    assert nobody.get("/me/", **bearing(second)).status_code == 200


def test_one_token_more_than_allowed_ends_the_oldest(cast: Cast, nobody: Caller, settings: LazySettings) -> None:
    settings.REST_KNOX = settings.REST_KNOX | {"TOKEN_LIMIT_PER_USER": 2}
    tokens = [nobody.post("/auth/token/", HEAD).json()["token"] for _ in range(3)]
    assert [nobody.get("/me/", **bearing(token)).status_code for token in tokens] == [401, 200, 200]


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"username": "nobody"}])
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(cast: Cast, nobody: Caller, change: Any) -> None:
    answer = nobody.post("/auth/token/", HEAD | change)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert answer.json()["type"].endswith("authentication_failed")


def test_somebody_who_left_signs_in_no_more(cast: Cast, nobody: Caller) -> None:
    token = nobody.post("/auth/token/", HEAD).json()["token"]
    cast.village_head.is_active = False
    cast.village_head.save()
    assert nobody.post("/auth/token/", HEAD).status_code == 401
    assert nobody.get("/me/", **bearing(token)).status_code == 401


def test_a_sign_in_without_a_password_names_it(cast: Cast, nobody: Caller) -> None:
    answer = nobody.post("/auth/token/", {"username": "village_head"})
    assert (answer.status_code, fields_of(answer)) == (400, {"password"})


def test_guessing_passwords_is_slow(cast: Cast, nobody: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "sign_in", "3/hour")
    codes = [nobody.post("/auth/token/", HEAD | {"password": str(n)}).status_code for n in range(4)]
    assert codes == [401, 401, 401, 429]


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token \xff\xfe", "Token " + "0" * 64, "Token ' OR 1=1"])
def test_a_token_that_is_none_is_refused(cast: Cast, nobody: Caller, header: str) -> None:
    assert nobody.client.get("/api/v1/me/", HTTP_AUTHORIZATION=header).status_code == 401


def test_a_session_must_prove_where_it_comes_from(cast: Cast) -> None:
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.village_head)
    assert client.get("/api/v1/me/").status_code == 200
    assert client.post("/api/v1/auth/logout/").status_code == 403


def test_a_session_ends_with_logout(cast: Cast) -> None:
    caller = Caller(cast.village_head)
    assert caller.post("/auth/logout/").status_code == 204
    assert caller.get("/me/").status_code == 401


def test_me_tells_posts_and_territory(cast: Cast) -> None:
    me = Caller(cast.worker).get("/me/").json()
    assert (me["name"], me["locale"], me["everything"]) == ("王网格", "zh-hans", False)
    assert me["territory"] == [cast.cell.code]
    assert me["posts"] == [
        {
            "role": "grid_worker",
            "unit": {"id": cast.village_authority.pk, "name": "北关村村委会"},
            "grid": {
                "code": cast.cell.code,
                "name": "北关村第一网格",
                "level": "cell",
                "place": "廊坊市 / 固安县 / 固安镇 / 北关村村民委员会 / 北关村第一网格",
            },
        }
    ]
    assert Caller(cast.county_officer).get("/me/").json()["territory"] == []
    assert Caller(cast.administrator).get("/me/").json()["everything"] is True
