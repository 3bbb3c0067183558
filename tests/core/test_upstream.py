"""The answers of platforms, as their clients and their documents have them, and what each means."""

from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.catalogue import CATALOGUE
from jindu.core.errors import Errors
from jindu.core.upstream import LONGEST_DELAY, meaning

QUOTA, RATE, KEY, MODEL = "AI_QUOTA_EXHAUSTED", "AI_RATE_LIMITED", "AI_KEY_REJECTED", "AI_MODEL_MISSING"
CONTENT, LENGTH, TIMEOUT, PLATFORM = "AI_CONTENT_REFUSED", "AI_INPUT_TOO_LONG", "AI_PLATFORM_TIMEOUT", "AI_PLATFORM_ERROR"


def refused(status: int, body: Any = b"", **headers: str) -> httpx.HTTPStatusError:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = httpx.Request("POST", "https://platform.example/v1")
    return httpx.HTTPStatusError("refused", request=request, response=httpx.Response(status, content=content, headers=named))


class Shaped(Exception):
    """An exception with these attributes: as client libraries have them that are not installed here."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__("shaped")
        self.__dict__.update(attributes)


def code(error: BaseException) -> str:
    return Errors().classify(error)[0].code


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, PLATFORM), (401, KEY), (402, QUOTA), (403, KEY), (404, PLATFORM), (408, TIMEOUT), (409, PLATFORM), (413, LENGTH),
        (429, RATE), (500, PLATFORM), (502, PLATFORM), (503, PLATFORM), (504, TIMEOUT), (529, PLATFORM), (302, PLATFORM),
    ],
)  # fmt: skip
def test_a_status_alone(status: int, expected: str) -> None:
    assert code(refused(status)) == expected
    assert code(refused(status, b"<html>nothing to read</html>")) == expected


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        # OpenAI, and who answers as it does
        (429, {"error": {"message": "…", "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}, QUOTA),
        (429, {"error": {"message": "Rate limit … see billing", "type": "tokens", "code": "rate_limit_exceeded"}}, RATE),
        (400, {"error": {"message": "…", "type": "invalid_request_error", "code": "context_length_exceeded"}}, LENGTH),
        (400, {"error": {"message": "violates our content policy", "type": "invalid_request_error", "code": None}}, CONTENT),
        (400, {"error": {"message": "…", "code": "content_filter", "innererror": {"code": "x"}}}, CONTENT),
        (404, {"error": {"message": "The model 'x' does not exist", "type": "invalid_request_error"}}, MODEL),
        (401, {"error": {"message": "Incorrect API key provided: sk-…", "code": "invalid_api_key"}}, KEY),
        (402, {"error": {"message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error"}}, QUOTA),
        (429, {"error": {"message": "…", "type": "exceeded_current_quota_error"}}, QUOTA),
        (429, {"error": {"message": "…", "type": "rate_limit_reached_error"}}, RATE),
        (429, {"error": {"message": "…", "type": "engine_overloaded_error"}}, PLATFORM),
        (402, {"error": {"message": "…", "type": "server_error"}}, QUOTA),
        (429, b"insufficient_quota", QUOTA),
        (429, {"detail": "insufficient_quota"}, QUOTA),
        (429, {"error": "your account balance is too low"}, QUOTA),
        # Anthropic, Gemini
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, PLATFORM),
        (429, {"type": "error", "error": {"type": "rate_limit_error", "message": "…"}}, RATE),
        (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "credit balance is too low"}}, QUOTA),
        (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: x"}}, MODEL),
        (429, {"error": {"code": 429, "message": "exceeded your current quota", "status": "RESOURCE_EXHAUSTED"}}, QUOTA),
        (403, {"error": {"code": 403, "message": "…", "status": "PERMISSION_DENIED"}}, KEY),
        # DashScope, SiliconFlow, Volcengine Ark, Zhipu, Qianfan, MiniMax, Spark, Hunyuan
        (400, {"code": "Arrearage", "message": "Access denied", "request_id": "r"}, QUOTA),
        (400, {"code": "DataInspectionFailed", "message": "…"}, CONTENT),
        (401, {"code": "InvalidApiKey", "message": "Invalid API-key provided."}, KEY),
        (429, {"code": "Throttling.AllocationQuota", "message": "Allocated quota exceeded"}, RATE),
        (403, {"code": "AllocationQuota.FreeTierOnly", "message": "…"}, QUOTA),
        (404, {"code": "ModelNotFound", "message": "…"}, MODEL),
        (500, {"code": "InternalError.Algo", "message": "…"}, PLATFORM),
        (403, {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}, QUOTA),
        (429, {"error": {"code": "RateLimitExceeded.EndpointRPMExceeded", "message": "…", "type": "TooManyRequests"}}, RATE),
        (403, {"error": {"code": "AccountOverdueError", "message": "…", "type": "Forbidden"}}, QUOTA),
        (404, {"error": {"code": "InvalidEndpointOrModel.NotFound", "message": "…", "type": "NotFound"}}, MODEL),
        (429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试"}}, QUOTA),
        (429, {"error": {"code": "1302", "message": "…"}}, RATE),
        (400, {"error": {"code": "1301", "message": "…"}}, CONTENT),
        (400, {"error": {"code": "1211", "message": "模型不存在"}}, MODEL),
        (400, {"error": {"message": "输入内容包含敏感信息"}}, CONTENT),
        (401, {"error": {"code": "1002", "message": "…"}}, KEY),
        (500, {"error_code": 18, "error_msg": "Open api qps request limit reached"}, RATE),
        (500, {"error_code": 17, "error_msg": "Open api daily request limit reached"}, QUOTA),
        (500, {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, QUOTA),
        (500, {"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, RATE),
        (500, {"header": {"code": 10013, "message": "…", "sid": "s", "status": 2}}, CONTENT),
        (500, {"Response": {"Error": {"Code": "LimitExceeded", "Message": "…"}, "RequestId": "r"}}, RATE),
        (500, {"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound", "Message": "…"}}}, KEY),
    ],
)  # fmt: skip
def test_bodies_as_platforms_write_them(status: int, body: Any, expected: str) -> None:
    assert code(refused(status, body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"code": "insufficient_quota", "message": "…"}}, QUOTA),
        ({"error": {"message": "something"}}, PLATFORM),
        ({"base_resp": {"status_code": 1027, "status_msg": "output new_sensitive"}}, CONTENT),
        ({"error": {"code": 429, "message": "slow down"}}, RATE),
        ({"code": "rate_limit_exceeded", "type": "requests", "message": "…"}, RATE),
        ({"code": None, "type": "server_error", "message": "…"}, PLATFORM),
    ],
)
def test_an_error_in_an_answer_that_came_with_200(body: Any, expected: str) -> None:
    """As clients of streams tell it: no status, and the body or the inner object as `body`."""
    assert code(Shaped(body=body)) == expected


@pytest.mark.parametrize(
    "error",
    [
        Shaped(status_code=429),  # openai
        Shaped(status=429, headers={"Retry-After": "1"}),  # aiohttp
        Shaped(code=429, status=429, headers={}),  # urllib
        Shaped(response=SimpleNamespace(status_code=429)),  # requests
        Shaped(response=SimpleNamespace(status=429)),
        Shaped(response=SimpleNamespace(status_code=429, content=b"x", _content_consumed=True)),
    ],
)
def test_the_shapes_of_exceptions(error: Exception) -> None:
    assert code(error) == RATE


class Unread:
    """As of requests: to look at the body would wait for the network."""

    status_code = 429
    _content_consumed = False

    @property
    def content(self) -> bytes:
        raise AssertionError("nobody may look")

    text = content


class Thorny(Exception):
    """Whatever is looked at raises."""

    @property
    def response(self) -> object:
        raise RuntimeError("no")

    body = status_code = status = headers = response


def test_what_is_not_there_is_not_looked_at_and_what_raises_does_not_hide_the_error() -> None:
    assert code(Shaped(response=Unread())) == RATE
    streamed = refused(429)
    streamed.response = httpx.Response(429, stream=httpx.ByteStream(b"never read"))
    assert code(streamed) == RATE
    assert code(Thorny()) == "INTERNAL_ERROR"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("429"),
        Shaped(status_code=200),
        Shaped(status_code="429"),
        Shaped(status_code=True),
        Shaped(status=7, code="insufficient_quota"),
        Shaped(body={"message": "fine"}),
        Shaped(body="{"),
        Shaped(body={"header": {"code": 0}}),
        Shaped(body={"base_resp": {"status_code": 0}}),
    ],
)
def test_what_is_no_answer(error: Exception) -> None:
    assert meaning(error) is None


@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "1e9"}, LONGEST_DELAY),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_the_delay_a_platform_asks_for(headers: dict[str, str], delay: float | None) -> None:
    response = httpx.Response(429, headers=headers)
    error = httpx.HTTPStatusError("", request=httpx.Request("GET", "http://a"), response=response)
    assert Errors().classify(error)[1] == delay
    assert Errors().classify(Shaped(status=429, headers=headers))[1] == delay


def test_a_type_that_is_not_retryable_does_not_become_so_by_a_header() -> None:
    error = refused(429, {"error": {"code": "insufficient_quota"}}, retry_after="5")
    body = Errors().body(error)
    assert (body["retryable"], body["retry_after"]) == (False, None)


NAMES = st.sampled_from(
    ["error", "code", "type", "message", "base_resp", "header", "Response", "Error", "status_code", "error_code"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.integers(0, 700), JSON)
def test_any_answer_has_a_known_meaning_or_none(status: int, body: Any) -> None:
    for error in (
        Shaped(status_code=status, body=body),
        Shaped(response=SimpleNamespace(status_code=status, content=orjson.dumps(body))),
    ):
        found = meaning(error)
        assert found is None or found[0] in CATALOGUE
