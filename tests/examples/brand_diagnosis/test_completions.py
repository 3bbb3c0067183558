"""The client against real platforms that answer and fail: what arrives, and which friendly code a failure has."""

import socket
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import pairwise

import httpx
import pytest
from examples.brand_diagnosis.app import app
from examples.brand_diagnosis.completions import Endpoint, Secret, ask, client, share_heard
from examples.brand_diagnosis.wire import PlatformError, Streamed, failure
from hypothesis import given
from hypothesis import strategies as st

ASKED = "Which web frameworks for asyncio do you recommend?"
KEY = "sk-a-very-secret-key"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client(httpx.Timeout(5.0)) as http:
        yield http


def endpoint(base_url: str, model: str = "local-bm25", key: str = "") -> Endpoint:
    return Endpoint(base_url, model, Secret(key))


def nobody(text: str) -> None:
    """Listens to nothing."""


async def failed(http: httpx.AsyncClient, asked: Endpoint) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        await ask(http, asked, ASKED, nobody)
    return caught.value


def code_of(fault: PlatformError) -> str:
    """The friendly code, as the server's rules and the application's give it."""
    return str(app.errors.body(fault)["code"])


async def test_a_streamed_answer_is_heard_as_it_arrives(start_platform, http) -> None:
    heard: list[str] = []
    answer = await ask(http, endpoint(start_platform().base_url), ASKED, heard.append)
    assert answer.model == "local-bm25"
    assert answer.text.startswith("2 of the 3 packages")
    assert answer.took_ms >= 0
    assert len(heard) == len(answer.text.split())
    assert heard[-1] == answer.text
    assert all(later.startswith(earlier) for earlier, later in pairwise(heard))


async def test_an_answer_in_one_piece_is_taken_too(start_platform, http) -> None:
    heard: list[str] = []
    streamed = await ask(http, endpoint(start_platform().base_url), ASKED, nobody)
    answer = await ask(http, endpoint(start_platform(streams=False).base_url), ASKED, heard.append)
    assert answer.text == streamed.text
    assert heard == [answer.text]


async def test_the_key_is_sent_and_shown_nowhere(start_platform, http) -> None:
    url = start_platform(api_key=KEY).base_url
    right = endpoint(url, key=KEY)
    assert (await ask(http, right, ASKED, nobody)).text
    assert KEY not in repr(right)
    fault = await failed(http, endpoint(url, key=KEY + "-wrong"))
    assert code_of(fault) == "AI_KEY_REJECTED"
    assert "401" in str(fault)
    assert KEY not in str(fault) + repr(fault)


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (500, "server_error", "AI_PLATFORM_ERROR"),
        (503, "overloaded", "AI_PLATFORM_ERROR"),
        (429, "rate_limit_exceeded", "AI_RATE_LIMITED"),
        (429, "insufficient_quota", "AI_QUOTA_EXHAUSTED"),
        (402, "payment_required", "AI_QUOTA_EXHAUSTED"),
    ],
)
async def test_refusals(start_platform, http, status: int, code: str, meaning: str) -> None:
    fault = await failed(http, endpoint(start_platform(fail_status=status, fail_code=code).base_url))
    assert code_of(fault) == meaning
    assert str(fault) == f"status {status}, {code}"


async def test_an_unknown_model(start_platform, http) -> None:
    fault = await failed(http, endpoint(start_platform().base_url, model="gpt"))
    assert (code_of(fault), str(fault)) == ("AI_MODEL_MISSING", "status 404, model_not_found")


async def test_a_hang_up_in_the_middle(start_platform, http) -> None:
    assert code_of(await failed(http, endpoint(start_platform(hang_up_after=3).base_url))) == "NETWORK_ERROR"


async def test_silence_in_the_middle(start_platform) -> None:
    async with client(httpx.Timeout(5.0, read=0.1)) as http:
        fault = await failed(http, endpoint(start_platform(silent_after=3).base_url))
    assert (code_of(fault), str(fault)) == ("AI_PLATFORM_TIMEOUT", "ReadTimeout")


async def test_nobody_listens(http) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as closed_soon:
        port = closed_soon.getsockname()[1]
    assert code_of(await failed(http, endpoint(f"http://127.0.0.1:{port}/v1"))) == "NETWORK_ERROR"


def answering(content: bytes, kind: str = "text/event-stream", status: int = 200) -> httpx.AsyncClient:
    """A platform that says exactly this, without a network: for answers that no running platform gives."""
    reply = httpx.Response(status, headers={"content-type": kind}, content=content)
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda request: reply))


@pytest.mark.parametrize(
    ("content", "kind", "meaning"),
    [
        (b"not json", "application/json", "AI_BAD_ANSWER"),
        (b"<html>", "text/html", "AI_BAD_ANSWER"),
        (b'{"choices":[{"message":{"content":null}}]}', "application/json", "AI_BAD_ANSWER"),
        (b'{"choices":[]}', "application/json", "AI_BAD_ANSWER"),
        (b'{"error":{"code":"insufficient_quota"}}', "application/json", "AI_QUOTA_EXHAUSTED"),
        (b'{"error":"your balance is too low"}', "application/json", "AI_QUOTA_EXHAUSTED"),
        (b"data: nothing\n\n", "text/event-stream", "AI_BAD_ANSWER"),
        (b'data: {"error":{"message":"overloaded"}}\n\n', "text/event-stream", "AI_PLATFORM_ERROR"),
        (b'data: {"choices":[{"delta":{"content":"half"}}]}\n\n', "text/event-stream", "NETWORK_ERROR"),
        (b"data: [DONE]\n\n", "text/event-stream", "AI_BAD_ANSWER"),
        (b": nothing but comments" + b" " * 5 * 1024 * 1024, "text/event-stream", "AI_BAD_ANSWER"),
    ],
)
async def test_answers_that_are_none(content: bytes, kind: str, meaning: str) -> None:
    async with answering(content, kind) as http:
        assert code_of(await failed(http, endpoint("http://platform.example/v1"))) == meaning


@pytest.mark.parametrize(
    "content",
    [
        b'data: {"choices":[{"delta":{"content":"a "}}]}\r\n\r\n'
        b'data: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}\r\n\r\n',
        b': hello\n\nevent: x\ndata:{"choices":[{"delta":{"role":"assistant","content":null}}]}\n\n'
        b'data: {"choices":\ndata: [{"delta":{"content":"a b"}}]}\n\ndata: {"choices":[],"usage":{}}\n\ndata: [DONE]\n\n',
        b'data: {"choices":[{"delta":{"content":"a b"},"finish_reason":"stop"}]}',
    ],
)
async def test_streams_as_platforms_write_them(content: bytes) -> None:
    async with answering(content) as http:
        assert (await ask(http, endpoint("http://platform.example/v1"), ASKED, nobody)).text == "a b"


async def test_line_ends_of_unicode_within_an_answer_are_text() -> None:
    async with answering('data: {"choices":[{"delta":{"content":"a\u2028b"},"finish_reason":"stop"}]}\n\n'.encode()) as http:
        assert (await ask(http, endpoint("http://platform.example/v1"), ASKED, nobody)).text == "a\u2028b"


async def test_a_key_that_is_sent_back_is_blotted_out() -> None:
    content = f'{{"choices":[{{"message":{{"content":"your key is {KEY}"}}}}]}}'.encode()
    async with answering(content, "application/json") as http:
        answer = await ask(http, endpoint("http://platform.example/v1", key=KEY), ASKED, nobody)
    assert answer.text == "your key is ***"


def test_free_text_of_a_refusal_is_not_repeated() -> None:
    fault = failure(401, f'{{"error":{{"message":"Incorrect key {KEY}","code":"{KEY}"}}}}'.encode())
    assert KEY not in str(fault)


@given(st.lists(st.sampled_from(["word ", "\n", "\n\n", "名", "1. **X** "]), max_size=80))
def test_the_share_heard_only_rises_and_stays_below_one(pieces: list[str]) -> None:
    text, before = "", 0.0
    for piece in pieces:
        text += piece
        _, share = share_heard(text)
        assert before <= share < 1
        before = share


@given(st.lists(st.integers(1, 40), min_size=1))
def test_a_stream_is_read_the_same_however_it_is_cut(sizes: list[int]) -> None:
    stream = "".join(
        f'data: {{"choices":[{{"delta":{{"content":"{word}"}}}}]}}\r\n\r\n' for word in ("ein ", "名 ", "  ", "b")
    ).encode()
    stream += b"data: [DONE]\n\n"
    streamed, at = Streamed(), 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        list(streamed.feed(stream[at : at + size]))
        at += size
    assert streamed.done
    assert streamed.whole() == "ein 名   b"
