"""Requests made from the description of the API, good ones and bad ones, by every role: nothing breaks, and nothing is
answered that the description does not say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from knox.models import AuthToken
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from govgrid.wsgi import application
from tests.stories import Stories

ASKS_EVERYWHERE = "county_dispatcher"
OTHERS = (
    "worker", "village_head", "county_officer", "county_leader", "supervisor",
    "administrator", "stranger",
)  # fmt: skip
"""One of the cast for each role, and one from elsewhere; who sees most, and nobody, ask everywhere."""
CHECKS: list[Any] = [not_a_server_error, response_schema_conformance, content_type_conformance]
EXAMPLES = {GenerationMode.POSITIVE: 1, GenerationMode.NEGATIVE: 1}
"""So many requests of each kind to each address, sent by three each time."""
QUICK = settings(
    deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def operations() -> list[Any]:
    described = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(described)
    schema.app = application
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(autouse=True)
def _one_transaction() -> Iterator[None]:
    """What closes connections around a request would close the test's own, in the middle of its transaction."""
    around = (request_started, request_finished)
    for signal in around:
        signal.disconnect(close_old_connections)
    yield
    for signal in around:
        signal.connect(close_old_connections)


@pytest.fixture
def numbers(stories: Stories) -> dict[str, str]:
    """What stands in addresses, so that they lead somewhere."""
    case = stories.bring("handling")
    return {"number": case.number, "code": stories.cast.county.code, "id": str(stories.cast.county_authority.pk)}


def headers_of(stories: Stories, role: str | None) -> dict[str, str]:
    if role is None:
        return {}
    return {"Authorization": f"Token {AuthToken.objects.create(getattr(stories.cast, role))[1]}"}


def failures_of(operation: Any, people: dict[str | None, Any], numbers: dict[str, str]) -> Iterator[str]:
    """What goes wrong at this address."""
    found: list[str] = []

    def ask(case: Any) -> None:
        case.path_parameters.update({k: v for k, v in numbers.items() if k in case.path_parameters})
        for role, headers in people.items():
            try:
                case.call_and_validate(checks=CHECKS, headers=headers, base_url="http://localhost")
            except FailureGroup as group:
                found.extend(f"{operation.label} as {role}: {failure}" for failure in group.exceptions)

    for mode, examples in EXAMPLES.items():
        strategy = operation.as_strategy(generation_mode=mode)
        with suppress(Unsatisfiable):  # where nothing can be said, nothing can be said wrongly
            settings(QUICK, max_examples=examples)(given(case=strategy)(ask))()
    yield from found


@pytest.mark.django_db
def test_no_request_from_the_description_breaks_anything_or_is_answered_otherwise_than_it_says(
    stories: Stories, operations: list[Any], numbers: dict[str, str]
) -> None:
    assert len(operations) > 60
    headers = {role: headers_of(stories, role) for role in (None, ASKS_EVERYWHERE, *OTHERS)}
    found = []
    for place, operation in enumerate(operations):
        asking = (None, ASKS_EVERYWHERE, OTHERS[place % len(OTHERS)])
        found += failures_of(operation, {role: headers[role] for role in asking}, numbers)
    assert not found, "\n\n".join(found[:20])
