"""腾讯云 short messages: SendSms 2021-01-11, signed after TC3-HMAC-SHA256.

Sources: https://www.tencentcloud.com/document/product/382/40536 (the call) and
https://www.tencentcloud.com/document/api/382/40504 (the signature), whose worked example is a test."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from . import web
from .base import Outgoing, Refused, TryLater, Unreachable
from .filling import filled

ENDPOINT = "https://sms.tencentcloudapi.com"
VERSION = "2021-01-11"
ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"
BAD_NUMBERS = frozenset({"InvalidParameterValue.IncorrectPhoneNumber"})
TOO_MUCH = ("LimitExceeded", "RequestLimitExceeded")
AWAY = (
    "AuthFailure", "InternalError", "UnauthorizedOperation", "FailedOperation.InsufficientBalanceInSmsPackage",
    "ResourceUnavailable", "ResourceInsufficient", "FailedOperation.NotEnterpriseCertification",
)  # fmt: skip
"""Beginnings of codes that concern the account or the service, and so every message."""


def send(session: web.Web, credentials: dict[str, str], options: dict[str, Any], outgoing: Outgoing) -> str:
    """The SerialNo. As `Sender.send`. `SessionContext` carries the key of the message."""
    template, variables = filled(options, outgoing)
    body = json.dumps(
        {
            "PhoneNumberSet": [outgoing.address],
            "SmsSdkAppId": options["app_id"],
            "SignName": options["sign_name"],
            "TemplateId": template,
            "TemplateParamSet": [value for _name, value in variables],
            "SessionContext": outgoing.message.key,
        },
        ensure_ascii=False,
    )
    endpoint = options.get("endpoint") or ENDPOINT
    at = int(time.time())
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Authorization": authorization(credentials, "sms", urlsplit(endpoint).netloc, body, at),
        "X-TC-Action": "SendSms",
        "X-TC-Version": VERSION,
        "X-TC-Timestamp": str(at),
        "X-TC-Region": options.get("region") or "ap-guangzhou",
    }
    try:
        response = session.post(endpoint, data=body.encode(), headers=headers)
    except Exception as error:
        raise web.trouble(error) from error
    return _read(response)


def _read(response: Any) -> str:
    try:
        said = response.json()["Response"]
    except (ValueError, KeyError, TypeError):
        web.judge(response)
        raise TryLater("an answer that cannot be read") from None
    one = said["SendStatusSet"][0] if said.get("SendStatusSet") else {}
    code = str(said.get("Error", {}).get("Code") or one.get("Code") or "")
    if code == "Ok":
        return str(one.get("SerialNo", ""))
    if code.startswith(AWAY):
        raise Unreachable(code)
    if code.startswith(TOO_MUCH):
        raise TryLater(code)
    if code:
        raise Refused(code, dead=code in BAD_NUMBERS)
    raise TryLater("an answer without a code")


def authorization(credentials: dict[str, str], service: str, host: str, body: str, at: int) -> str:
    """The header that signs a POST to / with a body in JSON. `at` is the moment in seconds since 1970; it must go out
    as X-TC-Timestamp too."""
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    names = "content-type;host"
    request = f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\n{names}\n{_digest(body)}"
    scope = f"{day}/{service}/tc3_request"
    said = f"{ALGORITHM}\n{at}\n{scope}\n{_digest(request)}"
    key = f"TC3{credentials['key_secret']}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={credentials['key_id']}/{scope}, SignedHeaders={names}, Signature={signature}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
