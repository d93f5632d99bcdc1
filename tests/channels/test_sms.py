"""Short messages: signed as the providers' published examples are, by approved templates, with answers understood."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bench.receivers import Answer, Sink
from notifications.channels import aliyun, gateway, tencent
from notifications.channels.base import Refused, TryLater, Unreachable
from notifications.channels.filling import filled, read_parameters
from notifications.channels.sms import SmsSender
from tests.channels.conftest import outgoing

PHONE = "+8613812345678"
KEYS = {"key_id": "id", "key_secret": "secret"}


def test_alibabas_published_example_comes_out_the_same() -> None:
    headers, canonical = aliyun.signed(
        {"key_id": "YourAccessKeyId", "key_secret": "YourAccessKeySecret"},
        "ecs.cn-shanghai.aliyuncs.com",
        "RunInstances",
        "2014-05-26",
        {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert canonical == "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencents_published_example_comes_out_the_same() -> None:
    body = '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    keys = {"key_id": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "key_secret": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"}
    assert tencent.authorization(keys, "cvm", "cvm.tencentcloudapi.com", body, 1551113065) == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def sent(provider: str, options: dict[str, Any], *, code: str = "") -> str:
    sender = SmsSender("sms:1", provider, KEYS | {"secret": "s"}, options)
    try:
        return sender.send(outgoing(PHONE, code=code))
    finally:
        sender.close()


def aliyun_options(sink: Sink) -> dict[str, str]:
    return {"endpoint": sink.url, "sign_name": "固安", "template": "SMS_1", "code_template": "SMS_2"}


def tencent_options(sink: Sink) -> dict[str, str]:
    options = {"endpoint": sink.url, "sign_name": "固安", "template": "11", "code_template": "22", "app_id": "1400"}
    return options | {"parameters": "a=subject, link=url"}


def test_alibaba_is_asked_as_its_documentation_says(sink: Sink) -> None:
    sink.script("/", Answer(200, {"Code": "OK", "BizId": "9006^0"}))
    assert sent("aliyun", aliyun_options(sink)) == "9006^0"
    (request,) = sink.received
    asked = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
    assert asked == {
        "PhoneNumbers": "13812345678", "SignName": "固安", "TemplateCode": "SMS_1", "OutId": "k" * 32,
        "TemplateParam": json.dumps(
            {"content": "路灯不亮，还剩 3 小时", "link": "https://x.org/cases/1"}, ensure_ascii=False
        ),
    }  # fmt: skip
    headers = request.headers
    assert (headers["x-acs-action"], headers["x-acs-version"]) == ("SendSms", "2017-05-25")


def test_tencent_is_asked_as_its_documentation_says(sink: Sink) -> None:
    sink.script("/", Answer(200, {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "5000:1"}]}}))
    assert sent("tencent", tencent_options(sink)) == "5000:1"
    (request,) = sink.received
    assert request.json() == {
        "PhoneNumberSet": [PHONE], "SmsSdkAppId": "1400", "SignName": "固安", "TemplateId": "11",
        "TemplateParamSet": ["超期", "https://x.org/cases/1"], "SessionContext": "k" * 32,
    }  # fmt: skip
    assert (request.headers["X-TC-Action"], request.headers["X-TC-Version"]) == ("SendSms", "2021-01-11")
    right = tencent.authorization(
        KEYS, "sms", f"127.0.0.1:{sink.port}", request.body.decode(), int(request.headers["X-TC-Timestamp"])
    )
    assert request.headers["Authorization"] == right


def test_a_gateway_of_ones_own_gets_a_signed_document(sink: Sink) -> None:
    sink.script("/sms", Answer(202, {"id": "g7"}))
    assert sent("webhook", {"url": f"{sink.url}/sms"}) == "g7"
    (request,) = sink.received
    assert request.json() == {
        "to": PHONE, "text": "路灯不亮，还剩 3 小时", "url": "https://x.org/cases/1", "key": "k" * 32,
    }  # fmt: skip
    assert request.headers["Idempotency-Key"] == "k" * 32
    assert request.headers["X-Signature"] == gateway.signature("s", request.headers["X-Timestamp"], request.body)


def test_a_code_goes_by_its_own_template(sink: Sink) -> None:
    sink.script("/", Answer(200, {"Code": "OK"}))
    sent("aliyun", aliyun_options(sink), code="123456")
    asked = parse_qs(urlsplit(sink.received[0].path).query)
    assert (asked["TemplateCode"], asked["TemplateParam"]) == (["SMS_2"], ['{"code": "123456"}'])


def tencent_says(code: str) -> Any:
    return {"Response": {"SendStatusSet": [{"Code": code}]}}


@pytest.mark.parametrize(
    ("provider", "answer", "meaning"),
    [
        ("aliyun", Answer(200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}), TryLater),
        ("aliyun", Answer(400, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}), Refused),
        ("aliyun", Answer(403, {"Code": "SignatureDoesNotMatch"}), Unreachable),
        ("aliyun", Answer(200, {"Code": "isv.AMOUNT_NOT_ENOUGH"}), Unreachable),
        ("aliyun", Answer(503), Unreachable),
        ("aliyun", Answer(hangs_up=True), Unreachable),
        ("tencent", Answer(200, tencent_says("LimitExceeded.PhoneNumberDailyLimit")), TryLater),
        ("tencent", Answer(200, tencent_says("InvalidParameterValue.IncorrectPhoneNumber")), Refused),
        ("tencent", Answer(200, {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure"}}}), Unreachable),
        ("tencent", Answer(502), Unreachable),
        ("webhook", Answer(429, headers={"Retry-After": "5"}), TryLater),
        ("webhook", Answer(410), Refused),
        ("webhook", Answer(400), Refused),
        ("webhook", Answer(504), Unreachable),
    ],
)
def test_what_providers_answer_is_understood(
    sink: Sink, provider: str, answer: Answer, meaning: type[Exception]
) -> None:
    options = {"aliyun": aliyun_options(sink), "tencent": tencent_options(sink), "webhook": {"url": f"{sink.url}/"}}
    sink.script("/", answer)
    with pytest.raises(meaning) as caught:
        sent(provider, options[provider])
    assert PHONE[3:] not in str(caught.value)
    if isinstance(caught.value, Refused):
        assert caught.value.dead == (answer.body is not None or answer.status == 410)


def test_words_are_cut_to_what_a_short_message_holds_and_links_are_not() -> None:
    long = outgoing(PHONE)
    object.__setattr__(long.message, "text", "长" * 500)
    _template, variables = filled({"template": "1", "parameters": "a=text,b=url"}, long)
    assert [len(value) for _name, value in variables] == [70, len(long.message.url)]
    with pytest.raises(ValueError):
        read_parameters("a=phone")
