"""What an exception tells of another service's answer: status, error body, delay; and which friendly error that is.

Pure, and without any client library: exceptions of httpx, requests, aiohttp, urllib, openai, anthropic and others are known by
their shape. Nothing is read from the network, only what was read already.

The shapes of bodies, from the public documents of the platforms:
    {"error": {"code", "type", "status", "message"}}    OpenAI, Azure, Anthropic, Gemini, DeepSeek, Moonshot, Ark, Zhipu
    {"code", "message"}                                 DashScope (Qwen), SiliconFlow
    {"error_code", "error_msg"}                         Baidu Qianfan
    {"base_resp": {"status_code", "status_msg"}}        MiniMax, also with status 200
    {"header": {"code", "message"}}                     iFlytek Spark
    {"Response": {"Error": {"Code", "Message"}}}        Tencent Hunyuan, also with status 200
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from .foreign import asked, part

BODY_BYTES = 64 * 1024  # an error body above this is not looked at
LONGEST_DELAY = 86_400.0  # seconds; a platform that asks for more is asked again after this

QUOTA, RATE, KEY, MODEL = "AI_QUOTA_EXHAUSTED", "AI_RATE_LIMITED", "AI_KEY_REJECTED", "AI_MODEL_MISSING"
CONTENT, LENGTH, TIMEOUT, PLATFORM = "AI_CONTENT_REFUSED", "AI_INPUT_TOO_LONG", "AI_PLATFORM_TIMEOUT", "AI_PLATFORM_ERROR"

# Codes and types by which platforms name an error; compared without case and underscores.
_NAMES: Mapping[str, str] = {
    QUOTA: """
        insufficient_quota insufficient_user_quota quota_exceeded exceeded_current_quota_error insufficient_balance
        insufficient_credits billing_error billing_hard_limit_reached billing_not_active Arrearage AllocationQuota
        PrepaidBillOverdue PostpaidBillOverdue CommodityNotPurchased AccountOverdueError SetLimitExceeded
    """,
    RATE: """
        rate_limit_exceeded rate_limit_error rate_limit_reached_error requests tokens Throttling limit_requests limit_burst_rate
        LimitExceeded RequestLimitExceeded ModelAccountRpmRateLimitExceeded ModelAccountTpmRateLimitExceeded
    """,
    KEY: """
        invalid_api_key authentication_error invalid_authentication_error auth_error AuthFailure unauthenticated AccessDenied
        permission_error permission_denied permission_denied_error account_deactivated invalid_iam_token
    """,
    MODEL: """
        model_not_found model_not_supported unsupported_model not_found_error resource_not_found_error ModelNotOpen
        InvalidEndpointOrModel DeploymentNotFound
    """,
    CONTENT: """
        content_filter content_policy content_policy_violation ResponsibleAIPolicyViolation DataInspectionFailed
        SensitiveContentDetected InputTextSensitiveContentDetected OutputTextSensitiveContentDetected moderation_blocked
    """,
    LENGTH: "context_length_exceeded string_above_max_length request_too_large tokens_too_long",
    TIMEOUT: "timeout timeout_error request_timeout ResponseTimeout deadline_exceeded",
    PLATFORM: """
        server_error api_error internal_error internal_server_error overloaded_error engine_overloaded_error unavailable
        InternalServiceError ServiceUnavailable ModelUnavailable ModelServingError
    """,
}


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


_NAMED: Mapping[str, str] = {_plain(name): code for code, names in _NAMES.items() for name in names.split()}

# Numbers mean something else on each platform, so there is a table for each shape.
_ZHIPU = {
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004, 1110, 1111, 1112, 1220), KEY), 1113: QUOTA, 1211: MODEL, 1234: PLATFORM,
    1261: LENGTH, 1301: CONTENT, **dict.fromkeys((1302, 1303, 1304, 1305), RATE),
}  # fmt: skip
_QIANFAN = {
    **dict.fromkeys((13, 14, 15, 100, 110, 111), KEY), 17: QUOTA, 19: QUOTA, 336007: LENGTH, 336103: LENGTH, 336104: CONTENT,
    **dict.fromkeys((4, 18, 336501, 336502, 336505), RATE), **dict.fromkeys((1, 2, 336000, 336100), PLATFORM),
}  # fmt: skip
_MINIMAX = {
    **dict.fromkeys((1000, 1013, 1024, 1033), PLATFORM), 1001: TIMEOUT, 1004: KEY, 2049: KEY, 1008: QUOTA, 2056: QUOTA,
    1026: CONTENT, 1027: CONTENT, **dict.fromkeys((1002, 1039, 1041), RATE),
}  # fmt: skip
_SPARK = {
    **dict.fromkeys((10008, 10010, 10110), PLATFORM), 11200: KEY, 11201: QUOTA, 10907: LENGTH, 10910: LENGTH,
    **dict.fromkeys((10013, 10014, 10019), CONTENT), **dict.fromkeys((10007, 11202, 11203), RATE),
}  # fmt: skip

# What the wording says where neither code nor status says it well enough; looked for in lower case.
_QUOTA_WORDS = ("insufficient_quota", "quota", "balance", "billing", "credit", "arrears", "余额", "欠费", "额度")
_POLICY_WORDS = (
    "content policy",
    "content_policy",
    "content filter",
    "content management policy",
    "content_filter",
    "safety",
    "敏感",
)
_LENGTH_WORDS = ("context length", "maximum context", "too many tokens", "input length", "prompt is too long")
_MODEL_WORDS = ("model", "模型", "deployment")


@dataclass(frozen=True, slots=True)
class Told:
    """What an error body says: its codes, the table for numbers, and all its wording (lower case): searched, never shown."""

    names: tuple[str, ...] = ()
    numbers: Mapping[int, str] = field(default_factory=dict)
    wording: str = ""


def meaning(error: BaseException) -> tuple[str, float | None] | None:
    """The friendly code of the answer that an exception carries, and the delay the answer asks for (seconds).

    None if it carries none: no HTTP status of an error, and no body in which a platform reports one.
    """
    response = part(error, "response")
    status = _status(error, response)
    told = _told(error, response)
    if told is None and status is None:
        return None
    told = told or Told(wording=_text(response).lower())
    status = status or _status_in(told)
    code = _by_name(told)
    # "server_error" says less than a status that means one thing only.
    if code is None or (code == PLATFORM and status in (401, 402, 403, 404)):
        code = _by_status(status, told)
    return code, _delay(error, response)


def _status(error: BaseException, response: Any) -> int | None:
    for holder in (response, error):
        for name in ("status_code", "status"):
            value = part(holder, name)
            if isinstance(value, int) and not isinstance(value, bool) and 300 <= value < 600:
                return int(value)
    return None


def _status_in(told: Told) -> int:
    """The status that some give as the code of an answer that came with 200; 0 if it is none."""
    return next((int(name) for name in told.names if name.isdigit() and 400 <= int(name) < 600), 0)


def _by_status(status: int, told: Told) -> str:
    if status == 402 or (status in (403, 429) and _has(told, _QUOTA_WORDS)):
        return QUOTA
    if status == 404 and _has(told, _MODEL_WORDS):
        return MODEL
    if status in (0, 400) and (found := _by_wording(told)):
        return found
    return {401: KEY, 403: KEY, 408: TIMEOUT, 413: LENGTH, 429: RATE, 504: TIMEOUT}.get(status, PLATFORM)


def _by_wording(told: Told) -> str | None:
    for words, code in ((_POLICY_WORDS, CONTENT), (_LENGTH_WORDS, LENGTH), (_QUOTA_WORDS, QUOTA)):
        if _has(told, words):
            return code
    return None


def _has(told: Told, words: tuple[str, ...]) -> bool:
    return any(word in told.wording for word in words)


def _by_name(told: Told) -> str | None:
    for name in told.names:
        number = int(name) if name.isdigit() and len(name) < 10 else -1
        # What stands behind a full stop is a finer name: "Throttling.AllocationQuota" is a limit of rate.
        if found := told.numbers.get(number) or _NAMED.get(_plain(name)) or _NAMED.get(_plain(name.partition(".")[0])):
            return QUOTA if found == RATE and "insufficient_quota" in told.wording else found
    return None


def _told(error: BaseException, response: Any) -> Told | None:
    """The error in the body: of the response, or as a client library has parsed it (`body` of openai and anthropic)."""
    for body in (_parsed(part(error, "body")), _parsed(_held(response))):
        if isinstance(body, Mapping):
            for found in _shapes(body):
                return found
    return None


def _held(response: Any) -> Any:
    """The body of a response if it is in memory already: asking requests for one that is not would block."""
    if part(response, "_content_consumed") is False:
        return None
    content = part(response, "content")
    if isinstance(content, bytes | str):
        return content
    text = part(response, "text")
    return text if isinstance(text, str) else None


def _text(response: Any) -> str:
    """The body as text, of whatever shape."""
    held = _held(response)
    text = held.decode(errors="replace") if isinstance(held, bytes) else held or ""
    return str(text) if len(text) <= BODY_BYTES else ""


def _parsed(body: Any) -> Any:
    if isinstance(body, bytes | str):
        return asked(orjson.loads, body) if len(body) <= BODY_BYTES else None
    return body


def _shapes(body: Mapping[str, Any]) -> Iterator[Told]:
    """The body read as each shape it has."""
    error = body.get("error")
    if isinstance(error, Mapping):
        yield _object(error, ("code", "type", "status"), ("message",), _ZHIPU)
    elif isinstance(error, str) and error:
        yield Told((error,), {}, f"{error} {body.get('message') or ''}".lower())
    if isinstance(base := body.get("base_resp"), Mapping) and base.get("status_code"):
        yield _object(base, ("status_code",), ("status_msg",), _MINIMAX)
    if isinstance(header := body.get("header"), Mapping) and header.get("code"):
        yield _object(header, ("code",), ("message",), _SPARK)
    if isinstance(outer := body.get("Response"), Mapping) and isinstance(inner := outer.get("Error"), Mapping):
        yield _object(inner, ("Code",), ("Message",), {})
    if body.get("error_code"):
        yield _object(body, ("error_code",), ("error_msg",), _QIANFAN)
    if (body.get("code") or body.get("type")) and isinstance(body.get("message"), str):  # also the inner object of the first
        yield _object(body, ("code", "type"), ("message",), _ZHIPU)


def _object(error: Mapping[str, Any], names: tuple[str, ...], texts: tuple[str, ...], numbers: Mapping[int, str]) -> Told:
    named = tuple(str(error[name]) for name in names if isinstance(error.get(name), str | int) and error.get(name))
    wording = " ".join([*named, *(str(error.get(text) or "") for text in texts)])
    return Told(named, numbers, wording.lower())


def _delay(error: BaseException, response: Any) -> float | None:
    """Seconds of `Retry-After`, as a number or a date (RFC 9110), or of openai's `retry-after-ms`."""
    for holder in (response, error):
        headers = part(holder, "headers")
        if headers is None:
            continue
        if (ms := _number(_header(headers, "retry-after-ms"))) is not None:
            return _bounded(ms / 1000)
        text = _header(headers, "retry-after")
        if text is not None:
            seconds = _number(text)
            return _bounded(_until(text, _header(headers, "date")) if seconds is None else seconds)
    return None


def _header(headers: Any, name: str) -> str | None:
    """Of a mapping that knows no case, or of a plain one."""
    for written in (name, name.title(), name.upper()):
        value = asked(lambda: headers.get(written))  # noqa: B023 - called at once
        if isinstance(value, str | int | float):
            return str(value)
    return None


def _number(text: str | None) -> float | None:
    value = None if text is None else asked(float, text)
    return value if value is not None and math.isfinite(value) else None


def _until(text: str, date: str | None) -> float | None:
    """From the answer's own date to the one it names: both by the clock of the platform."""
    at, now = (asked(parsedate_to_datetime, one) if one else None for one in (text, date))
    if not isinstance(at, datetime) or not isinstance(now, datetime):
        return None
    span = asked(lambda: (at - now).total_seconds())
    return span if isinstance(span, float) else None


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_DELAY)
