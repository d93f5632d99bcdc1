"""The API as its clients meet it: over HTTP, signed in or not."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from cases.models import Category
from tests.stories import Stories

ROOT = "/api/v1"


class Caller:
    """Requests of one person, or of nobody, below /api/v1/."""

    def __init__(self, user: Any = None) -> None:
        self.client = APIClient()
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str, query: Any = None, **headers: str) -> Any:
        return self.client.get(f"{ROOT}{path}", query or {}, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(f"{ROOT}{path}", body or {}, format="json", headers=headers)

    def upload(self, path: str, content: Any, **headers: str) -> Any:
        return self.client.post(f"{ROOT}{path}", {"file": content}, format="multipart", headers=headers)


@pytest.fixture
def calls() -> Callable[..., Caller]:
    """`calls(user).get("/cases/")`; without a user: nobody."""
    return Caller


@pytest.fixture
def nobody() -> Caller:
    return Caller()


@pytest.fixture
def dispatcher(stories: Stories) -> Caller:
    """The county's dispatcher."""
    return Caller(stories.cast.county_dispatcher)


LIGHTS = {"code": "010301", "name": "路灯不亮", "name_en": "Street lights out", "unit_kind": "urban_management"}


@pytest.fixture
def lights(db: None) -> Category:
    """A leaf of the category tree, two levels below its root."""
    root = Category.objects.add_root({"code": "01", "name": "城市管理"})
    group = Category.objects.add_child(root, {"code": "0103", "name": "市政设施"})
    leaf: Category = Category.objects.add_child(group, LIGHTS)
    return leaf


def fields_of(response: Any) -> set[str]:
    """The fields that a refusal names."""
    return {error["field"] for error in response.json()["errors"]}
