"""JSON from people who mean no good, in bodies and in frames: refused kindly, others unharmed."""

import json
import math
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.rawsocket import TEXT, RawSocket, frame, said
from support.server import ServerProcess
from wire.asking import serves

pytestmark = [pytest.mark.timeout(120), pytest.mark.promise("bad_json")]

DEEP = 100_000
CORPUS = {
    "nothing": b"",
    "blanks": b" \n\t",
    "cut off": b'{"type":"greet","params":{',
    "two values": b"{}{}",
    "trailing comma": b'{"type":"greet",}',
    "single quotes": b"{'type':'greet'}",
    "comment": b'{"type":"greet"/* */}',
    "NaN": b'{"type":"greet","params":{"name":NaN}}',
    "infinity": b'{"type":"greet","params":{"name":-Infinity}}',
    "1e400": b'{"type":"greet","params":{"name":1e400}}',
    "huge integer": b'{"type":"greet","params":{"name":' + b"9" * 5_000 + b"}}",
    "lone surrogate": b'{"type":"greet","params":{"name":"\\ud800"}}',
    "lone low surrogate": b'{"type":"greet","params":{"\\udc00":1}}',
    "raw surrogate": b'{"type":"greet","params":{"name":"\xed\xa0\x80"}}',
    "overlong": b'{"type":"\xc0\xaf"}',
    "UTF-16": '{"type":"greet"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"type":"greet"}',
    "raw newline in a text": b'{"type":"gre\net"}',
    "nul": b'{"type":"greet\x00"}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"type":' * 20_000 + b"1" + b"}" * 20_000,
    "40 levels": b'{"type":"greet","params":{"name":' + b"[" * 38 + b"]" * 38 + b"}}",
    "never closed": b"[" * DEEP,
    "number": b"5",
    "text": b'"greet"',
    "null": b"null",
    "list": b"[]",
    "wrong types": b'{"type":["greet"],"params":"x"}',
    "prototype": b'{"__proto__":{"type":"greet"},"constructor":1}',
    "nul escaped": b'{"type":"\\u0000"}',
    "many keys": b"{" + b",".join(b'"k%d":0' % number for number in range(5_000)) + b"}",
    "same key": b'{"type":"greet","type":5}',
    "larger than a body may be": b'{"type":"greet","params":{"name":"' + b"x" * 400_000 + b'"}}',
}  # fmt: skip
PATHS = ("/v1/jobs", "/v1/batches", "/v1/poll", "/v1/stream")
# Of these some may be read as a job, an object without meaning, or a list of nothing.
MAY_PASS = {"same key", "list", "nul escaped"}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from(
        ["subscribe", "unsubscribe", "auth", "pong", "jobs", "job:x", "greet", "type", "\ud800", "\x00", "9" * 400]
    )
)
keys = st.text(max_size=8) | st.sampled_from(
    ["type", "channels", "epoch", "pace", "tokens", "params", "jobs", "key", "owner", "tags", "priority", "delay", "wait", "id"]
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5), max_leaves=12
)


def text(value: Any) -> bytes:
    """As Python's json writes it: NaN, lone surrogates and integers of any size included."""
    return json.dumps(value).encode()


@pytest.fixture(scope="module")
def http(wired: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=wired.url, timeout=30, headers={"content-type": "application/json"}) as client:
        yield client


def refused_kindly(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert set(problem["text"]) == {"zh", "en"}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", [name for name in CORPUS if name not in MAY_PASS])
def test_a_body_of_the_corpus_is_refused_kindly(wired: ServerProcess, http: httpx.Client, name: str, path: str) -> None:
    refused_kindly(http.post(path, content=CORPUS[name]))
    assert http.get("/readyz").status_code == 200


@pytest.mark.parametrize("name", CORPUS)
def test_a_frame_of_the_corpus_is_told_or_closed(wired: ServerProcess, name: str) -> None:
    with RawSocket(wired.port) as good, RawSocket(wired.port) as bad:
        bad.send(frame(TEXT, CORPUS[name]) + said({"type": "subscribe", "channels": {"weather": 0}}))
        told, code = bad.ending(or_at="subscribed")
        kinds = [frame["type"] for frame in told]
        assert kinds[0] == "hello"
        # It stays, and what followed was served; or it was closed, with the reason before.
        assert (code is None and "subscribed" in kinds) or code == 1007 or (code in (4000, 4013) and kinds[-1] == "bye")
        good.send(said({"type": "subscribe", "channels": {}}))
        assert good.until("subscribed")


@given(value=values)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_as_a_body(wired: ServerProcess, http: httpx.Client, value: Any) -> None:
    for path in ("/v1/jobs", "/v1/batches"):
        answer = http.post(path, content=text(value))
        assert answer.status_code < 500, (text(value), answer.text)
        if answer.status_code >= 400:
            refused_kindly(answer)


@given(value=values)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_as_parameters(wired: ServerProcess, http: httpx.Client, value: Any) -> None:
    answer = http.post("/v1/jobs", content=text({"type": "greet", "params": {"name": value}}))
    assert answer.status_code in (202, 400, 422), answer.text
    if answer.status_code == 202:
        assert not isinstance(value, float) or math.isfinite(value)
    else:
        refused_kindly(answer)


@given(sent=st.lists(values, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_values_as_frames(wired: ServerProcess, sent: list[Any]) -> None:
    with RawSocket(wired.port) as socket:
        socket.send(b"".join(frame(TEXT, text(value)) for value in sent) + said({"type": "subscribe", "channels": {}}))
        told, code = socket.ending(or_at="subscribed")
    assert code is None or (told[-1]["type"] == "bye" and told[-1]["code"] == code and 4000 <= code < 4200)
    assert code != 4103


def test_the_server_is_as_it_was(wired: ServerProcess) -> None:
    assert serves(wired)
    assert "Traceback" not in wired.said()
    assert orjson.loads(httpx.get(f"{wired.url}/readyz").content) is not None
