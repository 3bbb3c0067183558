"""JSON in and out: what is not JSON is refused, never changed in silence (RELIABILITY trap 16)."""

import contextlib
import datetime
import tracemalloc
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.codec import DEPTH_LIMIT, NotJson, decode, encode, encode_strict
from jindu.core.errors import JobError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def nested(levels: int, leaf: Any = 1) -> Any:
    for _ in range(levels):
        leaf = [leaf]
    return leaf


@given(JSON)
def test_what_is_json_comes_back_as_it_was(value: Any) -> None:
    assert decode(encode_strict(value)) == value
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"), float("inf"), float("-inf"), {"a": [None, float("nan")]}, (1.0, float("inf")), "\ud800", {"\udfff": 1},
        {1: "a"}, {None: 1}, {(1,): 1}, datetime.datetime.now(datetime.UTC), datetime.date(2026, 1, 1), b"bytes", {1, 2},
        2**64, -(2**63) - 1, object(), ValueError("x"), nested(33), nested(10_000), {"a": nested(32)}, (nested(32),),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(NotJson):
        encode_strict(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotJson):
        encode_strict(loop)


def test_null_beside_finite_numbers_is_json() -> None:
    assert encode_strict({"a": None, "b": [1.5, None]}) == b'{"a":null,"b":[1.5,null]}'


def test_the_deepest_value_that_may_be_kept_can_be_read_again() -> None:
    assert decode(encode_strict(nested(DEPTH_LIMIT))) == nested(DEPTH_LIMIT)


def test_a_job_error_inside_is_kept_as_its_code_and_nothing_more() -> None:
    text = encode_strict({"a": 1, "b": JobError("NETWORK_ERROR", "10.0.0.7 refused")})
    assert orjson.loads(text) == {"a": 1, "b": {"error": "NETWORK_ERROR"}}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "nul", "NaN", "[Infinity]", "-Infinity", "1e400", '"\\ud800"', '"\ud800"', "[1,]", "{'a':1}", "01", b"\xff",
        b'"\xed\xa0\x80"', "[" * 33 + "1" + "]" * 33, "[" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000, "// 1", "\ufeff1",
    ],
    ids=lambda text: ascii(text)[:12],
)  # fmt: skip
def test_text_that_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(NotJson):
        decode(text)


@given(st.text() | st.binary())
def test_no_text_does_anything_but_parse_or_be_refused(text: str | bytes) -> None:
    with contextlib.suppress(NotJson):
        decode(text)


@pytest.mark.parametrize("made", [encode, encode_strict], ids=["our own", "an author's"])
def test_a_text_takes_as_much_memory_as_it_is_long(made: Callable[[Any], bytes]) -> None:
    value = {"message": "x" * 300}
    tracemalloc.start()
    try:
        text = made(value)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < len(text) + 200
