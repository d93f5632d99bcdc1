"""Administrators' own texts: checked at saving, shown on a real case, published, and nearest to the city."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.errors import BadInput, IllegalMove
from grids.models import ChangeRecord
from grids.services import create_grid
from notifications.composing import compose
from notifications.models import MessageTemplate
from notifications.services.templates import draft_from_template, preview_of, publish_template, save_draft
from tests.administration.conftest import signed_in, staff
from tests.stories import Stories
from tests.words.conftest import Planned

pytestmark = pytest.mark.django_db
SAID = {
    "reader": "user",
    "kind": "submitted",
    "locale": "zh-hans",
    "subject": "新件 {number}",
    "body": "{title}\n{link}",
}
ADD = "admin:notifications_messagetemplate_add"


def draft(by: Any = None, **said: Any) -> MessageTemplate:
    return save_draft(MessageTemplate(**(SAID | said)), by=by)


def test_a_published_text_is_said_instead_of_the_built_in_one(stories: Stories, planned: Planned) -> None:
    case = stories.submit(title="井盖{link}丢了")
    delivery, template = planned(stories.cast.worker, case), draft()
    assert "新件" not in compose([delivery]).subject
    publish_template(template)
    said = compose([delivery])
    assert said.subject == f"新件 {case.number}"
    assert said.text == f"井盖{{link}}丢了\n{said.url}", "what a value says is not looked into again"
    assert "新件" not in compose([planned(stories.cast.worker, stories.submit(), kind="submitted"), delivery]).text


def test_the_citys_own_text_comes_before_that_of_all_cities_and_another_citys_never(
    stories: Stories, planned: Planned
) -> None:
    other = create_grid(code="130600000000", name="保定市", level="city", parent=None, boundary=None)
    delivery = planned(stories.cast.worker, stories.submit())
    publish_template(draft(city=other, subject="保定"))
    assert compose([delivery]).subject != "保定"
    publish_template(draft(subject="各市"))
    assert compose([delivery]).subject == "各市"
    own = draft(city=stories.cast.city, subject="廊坊一")
    assert compose([delivery]).subject == "各市"
    publish_template(own)
    publish_template(draft(city=stories.cast.city, subject="廊坊二"))
    assert compose([delivery]).subject == "廊坊二"


def test_an_empty_body_keeps_the_built_in_text(stories: Stories, planned: Planned) -> None:
    delivery = planned(stories.cast.worker, stories.submit())
    before = compose([delivery]).text
    publish_template(draft(body="", subject="换了"))
    assert (compose([delivery]).text, compose([delivery]).subject) == (before, "换了")


def test_a_resident_reads_the_citys_text(stories: Stories, noticed: Planned, settings: Any) -> None:
    settings.LANGUAGE_CODE = "zh-hans"
    publish_template(draft(reader="resident", kind="receipt", subject="收到", body="收到{number}，{office}在办 {link}"))
    case = stories.submit()
    said = compose([noticed(case, "receipt")])
    assert said.text == f"收到{case.number}，北关村村委会在办 {said.url}"
    hidden = compose([noticed(stories.submit(secret=True), "receipt")])
    assert "北关村" not in hidden.text


@pytest.mark.parametrize(
    ("said", "field", "right"),
    [
        ({"subject": "{phone}"}, "subject", "{number}"),
        ({"body": "{case.reporter_sealed}"}, "body", "{link}"),
        ({"body": "{0}{}"}, "body", "{why}"),
        ({"kind": "receipt"}, "kind", "is not told of this"),
        ({"reader": "resident", "kind": "receipt", "body": "{title}"}, "body", "{office}"),
        ({"reader": "resident", "kind": "receipt", "body": "收到"}, "body", "{link}"),
    ],
)
def test_what_a_text_may_not_ask_for_is_said_with_what_it_may(said: dict[str, str], field: str, right: str) -> None:
    with pytest.raises(BadInput) as refused:
        draft(**said)
    assert list(refused.value.fields) == [field] and right in refused.value.fields[field]
    assert not MessageTemplate.objects.exists()


def test_what_is_published_stays_and_is_followed_by_a_new_version(stories: Stories) -> None:
    first = publish_template(draft())
    first.subject = "x"
    for change in (lambda: publish_template(first), lambda: save_draft(first, by=None)):
        with pytest.raises(IllegalMove):
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        MessageTemplate.objects.update(subject="x")
    second = draft_from_template(first, by=stories.cast.administrator)
    assert (second.version, second.published_at, second.created_by) == (2, None, stories.cast.administrator)


def test_a_preview_is_what_would_be_sent_on_a_case_that_one_may_see(stories: Stories) -> None:
    case, admin = stories.submit(title="井盖"), stories.cast.administrator
    assert preview_of(draft(), case.number, admin).text.startswith("井盖\n")
    later = draft(kind="dispatched", subject="{what} {status} {place} {urgency} {office}")
    assert preview_of(later, case.number, admin).subject.count("–") == 1, "nobody leads it yet"
    notice = draft(reader="resident", kind="result", subject="办结", body="{number} {link}")
    assert case.number in preview_of(notice, case.number, admin).text
    for who, number in ((stories.cast.stranger, case.number), (admin, "1"), (admin, "")):
        with pytest.raises(BadInput, match="no case that you may see"):
            preview_of(draft(), number, who)
    assert "井盖" not in preview_of(draft(), stories.submit(title="井盖", secret=True).number, admin).text


def test_the_administration_writes_checks_previews_and_publishes(stories: Stories) -> None:
    client, case = signed_in(stories.cast.administrator), stories.submit(title="井盖")
    refused = client.post(reverse(ADD), SAID | {"body": "{phone}"})
    assert refused.status_code == 200 and "there is no variable {phone}" in refused.content.decode()
    assert client.post(reverse(ADD), SAID).status_code == 302
    template = MessageTemplate.objects.get()
    assert (template.version, template.created_by) == (1, stories.cast.administrator)
    page = reverse("admin:notifications_messagetemplate_change", args=[template.pk])
    shown = client.get(page, {"case": case.number}).content.decode()
    assert f"新件 {case.number}" in shown and "{office}" in shown
    assert "no case that you may see" in client.get(page, {"case": "7"}).content.decode()
    listed = reverse("admin:notifications_messagetemplate_changelist")
    client.post(listed, {"action": "publish_drafts", "_selected_action": [template.pk]})
    template.refresh_from_db()
    assert template.published_at is not None
    client.post(page, SAID | {"subject": "x"})
    assert MessageTemplate.objects.get().subject == SAID["subject"]
    client.post(listed, {"action": "draft_new_versions", "_selected_action": [template.pk]})
    assert list(MessageTemplate.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
    changes = ChangeRecord.objects.filter(model="notifications.messagetemplate").order_by("pk")
    assert [change.kind for change in changes] == ["created", "changed", "created"]
    assert (changes[0].by_name, changes[0].after["subject"]) == ("administrator", SAID["subject"])


def test_who_does_not_answer_for_all_cities_writes_for_their_own_alone(stories: Stories) -> None:
    client: Client = signed_in(staff(stories.cast.city_leader))
    publish_template(draft())
    assert "新件" not in client.get(reverse("admin:notifications_messagetemplate_changelist")).content.decode()
    assert client.post(reverse(ADD), SAID).status_code == 200, "for which city?"
    assert client.post(reverse(ADD), SAID | {"city": stories.cast.city.pk}).status_code == 302
    county = signed_in(staff(stories.cast.county_leader))
    assert county.post(reverse(ADD), SAID | {"city": stories.cast.city.pk}).status_code == 200
    assert MessageTemplate.objects.filter(city=stories.cast.city).count() == 1


def test_texts_cost_a_message_nothing(stories: Stories, planned: Planned, settings: Any) -> None:
    publish_template(draft())
    delivery = planned(stories.cast.worker, stories.submit())
    compose([delivery])
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with CaptureQueriesContext(connection) as captured:
        compose([delivery])
    assert len(captured) == 0
