"""Every refusal of the API is a problem in the sense of RFC 9457 and says what would be right."""

import psycopg
import pytest
from django.core.exceptions import ValidationError as ModelError
from django.db import OperationalError, connection, transaction
from django.http import Http404
from rest_framework import exceptions, serializers

from cases.errors import BadInput, CaseError, IllegalMove, NotPermitted, Stale
from govgrid.problems import MEDIA_TYPE, problem_details


class Place(serializers.Serializer):
    longitude = serializers.FloatField(max_value=180)


class Report(serializers.Serializer):
    title = serializers.CharField(max_length=5)
    places = Place(many=True)


def test_fields_are_named_even_where_they_are_nested() -> None:
    report = Report(data={"title": "far too long", "places": [{"longitude": 1}, {"longitude": 181}]})
    assert not report.is_valid()
    answer = problem_details(exceptions.ValidationError(report.errors), {})
    assert answer is not None
    assert (answer.status_code, answer.content_type) == (400, MEDIA_TYPE)
    found = {(error["field"], error["code"]) for error in answer.data["errors"]}
    assert found == {("title", "max_length"), ("places.1.longitude", "max_value")}


@pytest.mark.parametrize(
    ("error", "status"),
    [(IllegalMove("It is closed."), 409), (NotPermitted("Not yours."), 403), (Stale("It changed."), 412)],
)
def test_refusals_of_the_domain_keep_their_status_and_words(error: CaseError, status: int) -> None:
    answer = problem_details(error, {})
    assert answer is not None
    assert answer.status_code == answer.data["status"] == status
    assert answer.data["detail"] == error.detail
    assert answer.data["type"].endswith(error.code)


def test_bad_input_names_the_field_and_what_would_be_right() -> None:
    answer = problem_details(BadInput(until="a moment in the future"), {})
    assert answer is not None
    assert answer.data["errors"] == [{"field": "until", "message": "a moment in the future", "code": "bad_input"}]


def test_a_models_validation_error_is_bad_input_too() -> None:
    answer = problem_details(ModelError({"name": "Say a name."}), {})
    assert answer is not None
    assert (answer.status_code, answer.data["errors"][0]["field"]) == (400, "name")


def test_what_is_not_found_is_a_problem_too() -> None:
    answer = problem_details(Http404("secret"), {})
    assert answer is not None
    assert answer.status_code == 404
    assert "secret" not in str(answer.data)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_else_holds_is_a_conflict_to_try_again() -> None:
    now = connection.settings_dict
    host = now["HOST"] or now["OPTIONS"].get("host")
    with psycopg.connect(host=host, user=now["USER"], password=now["PASSWORD"], dbname=now["NAME"]) as other:
        other.execute("LOCK TABLE django_session")
        with pytest.raises(OperationalError) as raised, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20ms'")
            cursor.execute("SELECT 1 FROM django_session")
    answer = problem_details(raised.value, {})
    assert answer is not None
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")


def test_a_fault_is_no_refusal() -> None:
    assert problem_details(ZeroDivisionError(), {}) is None
