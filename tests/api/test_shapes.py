"""Shapes write what Django REST framework would write from the same fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from knox.models import AuthToken
from rest_framework import serializers

from cases.choices import Status
from grids.api.shapes import Shape
from grids.services.tokens import forget_expired_tokens
from tests.api.conftest import Caller
from tests.api.test_cases import queries_of
from tests.api.test_sessions import bearing
from tests.cast import Cast
from tests.stories import Stories


class _Fields(serializers.Serializer):
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # a name that DRF has too
    minutes = serializers.FloatField()
    done = serializers.BooleanField()
    status = serializers.ChoiceField(choices=Status.choices)
    on = serializers.DateField()
    at = serializers.DateTimeField(source="moment", allow_null=True)
    details = serializers.JSONField()
    names = serializers.ListField(child=serializers.CharField())
    deep = serializers.CharField(source="inner.name", default=None, allow_null=True)
    twice = serializers.SerializerMethodField()

    def get_twice(self, row: Any) -> int:
        return 2 * (row["number"] if isinstance(row, dict) else row.number) * self.context["factor"]


class Plain(_Fields):
    nested = _Fields(source="same", many=True)


class ShapedFields(_Fields, Shape):
    pass


class Shaped(ShapedFields):
    nested = ShapedFields(source="same", many=True)


MOMENTS = [None, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)]


def _row(moment: datetime | None, inner: Any) -> dict[str, Any]:
    said = {"number": 7, "label": gettext_lazy("open"), "minutes": 3, "done": 1, "status": Status.CLOSED}
    day = datetime(2026, 1, 2, tzinfo=UTC).date()
    return said | {"on": day, "moment": moment, "details": {"a": [1]}, "names": ["x", "y"], "inner": inner}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC"])
def test_a_shape_writes_what_a_serializer_writes(moment: datetime | None, zone: str) -> None:
    mapping = _row(moment, {"name": "n"})
    rows: list[Any] = [mapping | {"same": [mapping, mapping]}]
    objects = [SimpleNamespace(**_row(moment, inner)) for inner in (SimpleNamespace(name="n"), None)]
    rows += [SimpleNamespace(**vars(row), same=objects) for row in objects]
    context = {"factor": 3}
    with timezone.override(zone):
        expected = Plain(rows, many=True, context=context).data
        assert Shaped(rows, many=True, context=context).data == expected
        assert [list(row) for row in Shaped(rows, many=True, context=context).data] == [list(row) for row in expected]


def test_with_a_token_a_list_and_a_file_are_two_statements_each(stories: Stories, settings: Any) -> None:
    case = stories.bring("handling")
    _, token = AuthToken.objects.create(stories.cast.county_dispatcher)
    caller = Caller()
    caller.client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    for path in ("/cases/", f"/cases/{case.number}/"):
        caller.get(path)
        settings.SNAPSHOT_CHECK_SECONDS = 3600
        assert len(queries_of(caller, path)) == 2, path


def test_a_token_that_has_expired_opens_nothing_and_is_forgotten(cast: Cast, nobody: Caller) -> None:
    old, token = AuthToken.objects.create(cast.village_head)
    _, other = AuthToken.objects.create(cast.village_head)
    AuthToken.objects.filter(pk=old.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    assert nobody.get("/me/", **bearing(token)).status_code == 401
    assert nobody.get("/me/", **bearing(other)).status_code == 200
    assert forget_expired_tokens() == 1
    assert AuthToken.objects.count() == 1


def test_a_token_sees_as_far_as_its_persons_posts_of_today(cast: Cast, nobody: Caller) -> None:
    _, token = AuthToken.objects.create(cast.village_head)
    assert nobody.get("/me/", **bearing(token)).json()["posts"] == Caller(cast.village_head).get("/me/").json()["posts"]
    cast.village_head.posts.update(ends_on=timezone.localdate() - timedelta(days=1))
    assert nobody.get("/me/", **bearing(token)).json()["posts"] == []
    cast.village_head.is_active = False
    cast.village_head.save()
    assert nobody.get("/me/", **bearing(token)).status_code == 401
