"""The API describes itself, completely and without a warning."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from cases.api.inputs import SERIALIZERS, example_of, json_schema
from cases.workflow import MOVES, Move


@pytest.fixture(scope="module")
def schema() -> Any:
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_description_has_no_warning(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.action)
def test_each_action_is_described_with_an_example(schema: Any, move: Move) -> None:
    operation = schema["paths"][f"/api/v1/cases/{{number}}/actions/{move.action}/"]["post"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert {"number", "If-Match"} <= names
    assert ("Idempotency-Key" in names) == (move.action != "reveal_reporter")
    if move.inputs:
        content = operation["requestBody"]["content"]["application/json"]
        assert next(iter(content["examples"].values()))["value"] == example_of(move)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.action)
def test_the_schema_for_forms_names_what_the_serializer_takes(move: Move) -> None:
    serializer = SERIALIZERS[move.action]()
    assert json_schema(move)["properties"].keys() == serializer.fields.keys()
    required = {name for name, field in serializer.fields.items() if field.required}
    assert set(json_schema(move)["required"]) == required


def test_every_operation_may_be_refused(schema: Any) -> None:
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert "default" in operation["responses"], path


@pytest.mark.django_db
def test_the_description_and_its_pages_need_no_account_and_no_internet() -> None:
    client = Client()
    said = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert said.status_code == 200
    assert said.json()["openapi"] == "3.1.0"
    page = client.get("/api/v1/docs/").content.decode()
    assert "drf_spectacular_sidecar" in page
    assert "cdn" not in page
