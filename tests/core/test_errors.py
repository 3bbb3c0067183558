"""From an exception to a friendly error, and never a word of the exception itself."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.errors import Errors, JobError, JobTimeout, causes

REFUSED = httpx.HTTPStatusError("500", request=httpx.Request("GET", "http://a"), response=httpx.Response(500))
TEXTS = {"title": {"zh": "没钱了", "en": "Out of money"}, "message": {"zh": "充值", "en": "Top up"}}


def raised(raise_it: Callable[[], Any]) -> BaseException:
    """The exception as it is caught, with the chain that raising gave it."""
    try:
        raise_it()
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError("nothing was raised")


def code(error: BaseException, errors: Errors | None = None) -> str:
    return (errors or Errors()).classify(error)[0].code


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionError("refused"), "NETWORK_ERROR"),
        (ConnectionResetError(), "NETWORK_ERROR"),
        (BrokenPipeError(), "NETWORK_ERROR"),
        (TimeoutError(), "NETWORK_ERROR"),
        (socket.gaierror(-2, "Name or service not known"), "DNS_ERROR"),
        (ssl.SSLCertVerificationError("bad"), "TLS_ERROR"),
        (ssl.SSLEOFError("gone"), "NETWORK_ERROR"),
        (httpx.ConnectError("no"), "NETWORK_ERROR"),
        (httpx.ReadTimeout("slow"), "AI_PLATFORM_TIMEOUT"),
        (httpx.ConnectTimeout("slow"), "NETWORK_ERROR"),
        (REFUSED, "AI_PLATFORM_ERROR"),
        (JobTimeout("30 s"), "JOB_TIMEOUT"),
        (JobError("AI_QUOTA_EXHAUSTED"), "AI_QUOTA_EXHAUSTED"),
        (JobError("NO_SUCH_CODE"), "INTERNAL_ERROR"),
        (ValueError("x"), "INTERNAL_ERROR"),
        (OSError(28, "No space left"), "STORAGE_FULL"),
        (ConnectionRefusedError(), "CONNECTION_REFUSED"),
        (OSError(113, "No route to host"), "NETWORK_ERROR"),
        (OSError(2, "No such file"), "INTERNAL_ERROR"),
        (KeyboardInterrupt(), "INTERNAL_ERROR"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, BaseException) else one,
)  # fmt: skip
def test_an_exception_is_classified_by_its_type(error: BaseException, expected: str) -> None:
    assert code(error) == expected


def test_the_nearest_class_wins_over_its_bases_whatever_the_order_of_rules() -> None:
    class Refused(ConnectionError): ...

    class RefusedForMoney(Refused): ...

    errors = Errors()
    errors.map(RefusedForMoney, "AI_QUOTA_EXHAUSTED")
    errors.map(Refused, "AI_PLATFORM_ERROR")
    errors.map(OSError, "DIAGNOSIS_FAILED")
    assert code(RefusedForMoney(), errors) == "AI_QUOTA_EXHAUSTED"
    assert code(Refused(), errors) == "AI_PLATFORM_ERROR"
    assert code(ConnectionError(), errors) == "NETWORK_ERROR"
    assert code(PermissionError(), errors) == "DIAGNOSIS_FAILED"


def test_a_cause_speaks_where_the_exception_itself_has_no_rule() -> None:
    def fail() -> None:
        try:
            raise ConnectionResetError("peer")  # noqa: TRY301 - the chain is the matter
        except ConnectionResetError as error:
            raise RuntimeError("wrapped") from error

    assert code(raised(fail)) == "NETWORK_ERROR"


def test_what_was_being_handled_speaks_too_unless_it_was_suppressed() -> None:
    def handling(*, suppressed: bool) -> None:
        try:
            raise JobError("AI_QUOTA_EXHAUSTED", retry_after=7)  # noqa: TRY301 - the chain is the matter
        except JobError:
            if suppressed:
                raise KeyError("cleanup") from None
            raise KeyError("cleanup")  # noqa: B904 - the context is the matter

    assert Errors().classify(raised(lambda: handling(suppressed=False)))[1] == 7
    assert code(raised(lambda: handling(suppressed=False))) == "AI_QUOTA_EXHAUSTED"
    assert code(raised(lambda: handling(suppressed=True))) == "INTERNAL_ERROR"


def test_the_outermost_link_with_a_rule_wins() -> None:
    outer = JobError("DIAGNOSIS_FAILED")
    outer.__cause__ = ConnectionError()
    assert code(outer) == "DIAGNOSIS_FAILED"


def test_members_of_a_group_are_looked_at_in_order() -> None:
    group = ExceptionGroup("many", [ValueError("x"), ExceptionGroup("inner", [JobTimeout()]), ConnectionError()])
    assert code(group) == "NETWORK_ERROR"
    assert code(ExceptionGroup("many", [ValueError("x"), ExceptionGroup("inner", [JobTimeout()])])) == "JOB_TIMEOUT"


async def test_the_group_of_a_task_group_is_seen_through() -> None:
    async def refused() -> None:
        raise ConnectionRefusedError

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(refused())
    assert code(caught.value) == "CONNECTION_REFUSED"


def test_a_ring_of_causes_ends() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert list(causes(one)) == [one, other]
    assert code(one) == "INTERNAL_ERROR"


def test_a_delay_given_by_the_raiser_makes_the_error_retryable_and_is_told() -> None:
    plain = Errors().body(JobError("AI_QUOTA_EXHAUSTED"))
    assert (plain["retryable"], plain["retry_after"]) == (False, None)
    later = Errors().body(JobError("AI_QUOTA_EXHAUSTED", retry_after=90))
    assert (later["retryable"], later["retry_after"]) == (True, 90)


def test_an_application_adds_types_and_rules_of_its_own() -> None:
    class Broke(Exception): ...

    errors = Errors()
    errors.add("OUT_OF_MONEY", **TEXTS, action="contact_support", retryable=True, retry_after=60)
    errors.map(Broke, "OUT_OF_MONEY")
    assert "OUT_OF_MONEY" in errors
    assert "OUT_OF_MONEY" not in Errors()
    body = errors.body(Broke("balance -3"), id="e7")
    assert body == {
        "code": "OUT_OF_MONEY",
        **TEXTS,
        "action": "contact_support",
        "action_text": {"zh": "联系支持", "en": "Contact support"},
        "retryable": True,
        "retry_after": 60,
        "id": "e7",
    }


def test_a_type_that_lacks_a_language_or_has_no_known_action_is_refused() -> None:
    for given_texts in ({**TEXTS, "title": {"zh": "没"}}, {**TEXTS, "message": {"en": "x"}}, {**TEXTS, "action": "explode"}):
        with pytest.raises(ValueError):
            Errors().add("X", **given_texts)  # type: ignore[arg-type]


def test_a_rule_for_an_unknown_code_is_refused() -> None:
    with pytest.raises(KeyError):
        Errors().map(ValueError, "NO_SUCH_CODE")


def test_the_code_a_time_limit_ends_with_can_be_an_applications_own() -> None:
    errors = Errors()
    errors.map(JobTimeout, "DIAGNOSIS_TIMEOUT")
    assert code(JobTimeout(), errors) == "DIAGNOSIS_TIMEOUT"


CANARY = st.text(alphabet="0123456789abcdef", min_size=12, max_size=24).map(lambda text: f"canary-{text}")


@given(CANARY, st.sampled_from([ValueError, ConnectionError, JobTimeout, lambda text: JobError("NETWORK_ERROR", text)]))
def test_the_body_holds_nothing_of_the_exceptions_own_text(canary: str, make: Callable[[str], BaseException]) -> None:
    error = make(canary)
    error.__cause__ = make(canary)
    error.add_note(canary)
    assert b"canary" not in orjson.dumps(Errors().body(error, id="e1"))


def test_the_text_of_a_job_error_is_for_the_operators_log() -> None:
    assert str(JobError("NETWORK_ERROR", "10.0.0.7 refused")) == "NETWORK_ERROR: 10.0.0.7 refused"
    assert str(JobError("NETWORK_ERROR")) == "NETWORK_ERROR"


def test_rules_of_an_application_are_asked_first_and_in_order() -> None:
    errors = Errors()
    asked: list[str] = []

    @errors.rule
    def first(error: BaseException) -> str | None:
        asked.append("first")
        return "AI_QUOTA_EXHAUSTED" if "used up" in str(error) else None

    errors.rule(lambda error: 1 / 0)  # type: ignore[arg-type, return-value]
    errors.rule(lambda error: "DIAGNOSIS_FAILED" if isinstance(error, ConnectionError) else None)
    assert callable(first)
    assert code(ConnectionError("used up"), errors) == "AI_QUOTA_EXHAUSTED"
    assert code(ConnectionError("gone"), errors) == "DIAGNOSIS_FAILED"
    assert code(TimeoutError(), errors) == "NETWORK_ERROR"
    assert len(asked) == 4  # the last also for what might be behind a broken network
    assert code(JobError("JOB_TIMEOUT", "used up"), errors) == "JOB_TIMEOUT"


def test_a_rule_that_names_no_known_code_is_an_internal_error() -> None:
    errors = Errors()
    errors.rule(lambda error: "NO_SUCH_CODE")
    assert code(ConnectionError(), errors) == "INTERNAL_ERROR"


def test_rules_are_taken_over_with_an_included_application() -> None:
    other, errors = Errors(), Errors()
    other.rule(lambda error: "DIAGNOSIS_FAILED")
    errors.rule(lambda error: "AI_QUOTA_EXHAUSTED" if isinstance(error, ValueError) else None)
    errors.take(other)
    errors.take(other)
    assert len(errors._functions) == 2
    assert code(ValueError(), errors) == "AI_QUOTA_EXHAUSTED"
    assert code(KeyError(), errors) == "DIAGNOSIS_FAILED"


def test_a_type_rule_of_an_application_wins_over_the_answer() -> None:
    errors = Errors()
    errors.map(httpx.HTTPStatusError, "DIAGNOSIS_FAILED")
    assert code(REFUSED, errors) == "DIAGNOSIS_FAILED"
    vague = Errors()
    vague.map(Exception, "DIAGNOSIS_FAILED")
    assert code(REFUSED, vague) == "AI_PLATFORM_ERROR"
    assert code(ValueError(), vague) == "DIAGNOSIS_FAILED"


def test_a_broken_network_is_told_as_what_broke_it_where_that_is_known() -> None:
    def hidden(cause: Exception) -> None:
        try:
            try:
                raise cause
            except OSError as error:
                raise httpx.ConnectError("all attempts failed") from error
        except httpx.ConnectError as error:
            raise error from None

    assert code(raised(lambda: hidden(ConnectionRefusedError()))) == "CONNECTION_REFUSED"
    assert code(raised(lambda: hidden(socket.gaierror()))) == "DNS_ERROR"
    assert code(raised(lambda: hidden(ssl.SSLError()))) == "TLS_ERROR"
    assert code(raised(lambda: hidden(OSError(101, "Network is unreachable")))) == "NETWORK_ERROR"
