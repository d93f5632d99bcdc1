"""阿里云 short messages: SendSms of Dysmsapi 2017-05-25, signed after ACS3-HMAC-SHA256.

Source: https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature, whose example with
fixed parameters is a test."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from . import web
from .base import Outgoing, Refused, TryLater, Unreachable
from .filling import filled

ENDPOINT = "https://dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
ALGORITHM = "ACS3-HMAC-SHA256"
BAD_NUMBERS = frozenset({"isv.MOBILE_NUMBER_ILLEGAL"})
TOO_MUCH = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "Throttling", "Throttling.User", "Throttling.Api"})
AWAY = frozenset(
    {
        "isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "ServiceUnavailable", "InternalError",
        "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH", "isv.ACCOUNT_ABNORMAL", "isv.ACCOUNT_NOT_EXISTS",
        "isp.RAM_PERMISSION_DENY", "InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive",
        "SignatureDoesNotMatch", "Forbidden.RAM",
    }
)  # fmt: skip
"""What concerns the account or the service, and so every message: nothing goes there until it is mended."""


def send(session: web.Web, credentials: dict[str, str], options: dict[str, Any], outgoing: Outgoing) -> str:
    """The BizId. As `Sender.send`. `OutId` carries the key of the message: the receipts show a repetition by it."""
    template, variables = filled(options, outgoing)
    query = {
        "PhoneNumbers": outgoing.address.removeprefix("+86").removeprefix("+"),
        "SignName": options["sign_name"],
        "TemplateCode": template,
        "TemplateParam": json.dumps(dict(variables), ensure_ascii=False),
        "OutId": outgoing.message.key,
    }
    endpoint = options.get("endpoint") or ENDPOINT
    host = urlsplit(endpoint).netloc
    headers, canonical = signed(credentials, host, "SendSms", VERSION, query)
    try:
        response = session.post(f"{endpoint}/?{canonical}", headers=headers)
    except Exception as error:
        raise web.trouble(error) from error
    return _read(response)


def _read(response: Any) -> str:
    try:
        said = response.json()
    except ValueError:
        web.judge(response)
        raise TryLater("an answer that is no JSON") from None
    code = str(said.get("Code", ""))
    if code == "OK":
        return str(said.get("BizId", ""))
    if code in AWAY:
        raise Unreachable(code)
    if code in TOO_MUCH:
        raise TryLater(code)
    if code:
        raise Refused(code, dead=code in BAD_NUMBERS)
    web.judge(response)
    raise TryLater("an answer without a code")


def signed(
    credentials: dict[str, str], host: str, action: str, version: str, query: dict[str, str],
    *, at: datetime | None = None, nonce: str = "",
) -> tuple[dict[str, str], str]:  # fmt: skip
    """The headers of a POST without a body, and its query in canonical form. `at` None means now; `nonce` makes one
    request like no other."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce or secrets.token_hex(16),
        "x-acs-version": version,
    }
    canonical = "&".join(f"{_encoded(name)}={_encoded(query[name])}" for name in sorted(query))
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n{canonical}\n{lines}\n{names}\n{empty}"
    said = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(credentials["key_secret"].encode(), said.encode(), hashlib.sha256).hexdigest()
    authorization = f"{ALGORITHM} Credential={credentials['key_id']},SignedHeaders={names},Signature={signature}"
    return headers | {"Authorization": authorization}, canonical


def _encoded(text: str) -> str:
    """RFC 3986."""
    return quote(text, safe="-_.~")
