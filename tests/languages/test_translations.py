"""Whoever reads Chinese meets no English: every word of the code has its translation, and the pages use it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from cases.choices import DeadlineKind, EventKind, Status
from cases.models import Assignment, Case
from cases.workflow import MOVES
from govgrid import translations
from govgrid.local import compile_translations
from grids.choices import Role
from grids.models import Grid, GridChange, User
from notifications.messages import SENTENCES, render
from notifications.models import InboxItem
from notifications.services import dispatch_events
from tests.stories import Stories

OWN_APPS = [
    app
    for app in apps.get_app_configs()
    if Path(app.path).parent == translations.BASE_DIR and app.name != "govgrid"  # whose words are the project's
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def as_delivered(settings: Any) -> None:
    """The site's own default language instead of the tests'."""
    settings.LANGUAGE_CODE = "zh-hans"


def test_every_word_is_translated_once_with_its_placeholders_and_none_is_left_over() -> None:
    assert translations.faults() == []


def test_a_catalogue_is_there_for_the_project_and_for_each_app() -> None:
    folders = {path.parents[3] for path in translations.all_catalogues()}
    assert {app.name for app in OWN_APPS} >= {"grids", "cases", "notifications"}
    assert folders >= {translations.BASE_DIR, *(Path(app.path) for app in OWN_APPS)}


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (Message("urge", ""), "is not translated"),
        (Message("urge", "催办", flags=["fuzzy"]), "is fuzzy"),
        (Message("by %(unit)s", "由 %(name)s"), "has other placeholders"),
        (Message("%d of %d", "%d"), "has other placeholders"),
        (Message("%(a)s, then %(b)s", "先%(b)s，后%(a)s"), ""),
        (Message("more than 94 % solved", "超过 94% 已解决"), ""),
        (Message("100 %% of %(a)s", "%(a)s的 100 %%"), ""),
    ],
)
def test_what_is_wrong_with_a_translation_is_said(message: Message, fault: str) -> None:
    said = list(translations.faults_of(message))
    assert [text.startswith(fault) for text in said] == ([True] if fault else [])


def test_renewing_keeps_translations_adds_what_is_new_and_drops_what_is_gone() -> None:
    old = Catalog(locale="zh_Hans")
    old.add("urge", "催办")
    old.add("merged", "合并", context="grid")
    old.add("gone", "没了")
    text = translations.renewed(old, {(None, "urge"), ("grid", "merged"), (None, "new")})
    assert 'msgid "urge"\nmsgstr "催办"' in text
    assert 'msgctxt "grid"\nmsgid "merged"\nmsgstr "合并"' in text
    assert 'msgid "new"\nmsgstr ""' in text
    assert "gone" not in text
    assert "Date" not in text and "#:" not in text


def test_words_are_found_in_python_in_f_strings_and_in_templates(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(translations, "BASE_DIR", tmp_path)
    code, page = tmp_path / "code.py", tmp_path / "page.html"
    code.write_text("""x = f"{_('a')} {other('b')}"; y = _("c " "d"); z = pgettext_lazy("place", 'e')""")
    page.write_text(
        """{% translate "it's" %} _('no') {% blocktranslate with n=user.name %}as {{ n }}{% endblocktranslate %}"""
        """{% translate "open" context "door" %}"""
    )
    assert set(translations.keys_of(code)) == {(None, "a"), (None, "c d"), ("place", "e")}
    assert set(translations.keys_of(page)) == {(None, "it's"), (None, "as %(n)s"), ("door", "open")}


@pytest.mark.parametrize("call", ["_(name)", "_(f'{name}')", "ngettext('one', 'many', n)", "pgettext('alone')"])
def test_a_call_that_cannot_be_extracted_is_refused(call: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(translations, "BASE_DIR", tmp_path)
    (tmp_path / "code.py").write_text(f"\n{call}\n")
    with pytest.raises(translations.CannotExtract, match=r"code\.py:2"):
        list(translations.keys_of(tmp_path / "code.py"))


def test_a_translation_that_changed_or_went_back_or_is_gone_is_noticed(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("govgrid.local.BASE_DIR", tmp_path)
    folder = tmp_path / "app" / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source, compiled = folder / "django.po", folder / "django.mo"
    catalog = Catalog(locale="zh_Hans")
    catalog.add("urge", "催办")
    source.write_text(translations.renewed(catalog, {(None, "urge")}))
    compile_translations()
    first = compiled.read_bytes()
    assert "催办".encode() in first
    made_at = source.stat()

    source.write_text(source.read_text().replace("催办", "督办"))
    compile_translations()
    assert "督办".encode() in compiled.read_bytes()

    source.write_text(source.read_text().replace("督办", "催办"))
    os.utime(source, ns=(made_at.st_atime_ns, made_at.st_mtime_ns))
    compile_translations()
    assert "催办".encode() in compiled.read_bytes()

    source.unlink()
    compile_translations()
    assert not compiled.exists()


def test_models_fields_with_a_name_and_lists_read_as_chinese() -> None:
    with translation.override("zh-hans"):
        for model in (model for app in OWN_APPS for model in app.get_models()):
            for field in model._meta.get_fields():
                for value, label in getattr(field, "flatchoices", None) or []:
                    if value not in ("wgs84", "gcj02", "bd09", "en", "working", "calendar"):
                        assert CHINESE.search(str(label)), (model, field.name, value)


def test_the_same_word_means_another_thing_in_another_place() -> None:
    with translation.override("zh-hans"):
        assert (str(User._meta.get_field("name").verbose_name), str(Grid._meta.get_field("name").verbose_name)) == (
            "姓名",
            "名称",
        )
        assert (GridChange.Kind.MERGED.label, Status.MERGED.label) == ("合并", "已并案")


def test_every_status_action_role_and_step_has_its_word() -> None:
    with translation.override("zh-hans"):
        assert [str(status.label) for status in Status] == [
            "待受理",
            "已受理，待派单",
            "已派单，待签收",
            "办理中",
            "挂账",
            "待审核",
            "待评价",
            "已结案",
            "不予受理",
            "已并案",
            "已撤回",
        ]
        labels = [move.label for move in MOVES] + [e.label for kind in (EventKind, DeadlineKind, Role) for e in kind]
        labels += [entry.label for move in MOVES for entry in move.inputs] + [*Assignment.Part.labels]
        assert [str(label) for label in labels if re.search("[A-Za-z]", str(label))] == []
        assert [str(text) for text in SENTENCES.values() if not CHINESE.search(str(text))] == []


def ask(user: User, **headers: str) -> dict[str, Any]:
    client = Client()
    client.force_login(user)
    answer = client.get("/api/v1/cases/", {"status": "nowhere"}, headers=headers)
    assert answer.status_code == 400
    return answer.json()


@pytest.mark.usefixtures("as_delivered")
def test_the_api_answers_in_chinese_unless_asked_for_english(stories: Stories) -> None:
    user = stories.cast.town_dispatcher
    assert ask(user)["detail"] == "有些内容填得不对，请看每一项的提示。"
    assert CHINESE.search(ask(user)["errors"][0]["message"])
    answer = ask(user, **{"accept-language": "en"})
    assert answer["detail"] == "Some fields are not right; see the errors."
    assert not CHINESE.search(answer["errors"][0]["message"])


@pytest.mark.usefixtures("as_delivered")
def test_a_move_that_is_not_possible_is_explained_in_the_readers_language(stories: Stories) -> None:
    case = stories.submit()
    client = Client()
    client.force_login(stories.cast.village_head)
    path = f"/api/v1/cases/{case.number}/actions/sign/"
    said = client.post(path, {}, content_type="application/json").json()["detail"]
    assert said == "现在是“待受理”，不能“签收”；以下状态才可以：已派单，待签收"
    english = client.post(path, {}, content_type="application/json", headers={"accept-language": "en"}).json()["detail"]
    assert english.startswith("“sign” is not possible while the case is “submitted, to be accepted”")


def test_a_notice_is_written_in_the_language_of_who_reads_it(stories: Stories) -> None:
    stories.submit()
    dispatch_events()
    item = InboxItem.objects.select_related("event__case").get(user=stories.cast.village_head)
    notice = render(item, "zh-hans")
    assert notice.what.endswith("有一件新的说事")
    assert notice.until.startswith("截止时间：")
    assert notice.why == "为什么通知您：轮到您的单位办理。"
    assert render(item, "en").why == "You are told because it is your unit's turn."


@pytest.mark.django_db
def test_commands_speak_the_sites_language(settings: Any) -> None:
    assert not Case.objects.exists()
    for language, words in (("zh-hans", "没有编号为 1310-x 的工单"), ("en", "no case has the number 1310-x")):
        settings.LANGUAGE_CODE = language
        with pytest.raises(CommandError, match=words):
            call_command("verify_history", number=["1310-x"], verbosity=0)
