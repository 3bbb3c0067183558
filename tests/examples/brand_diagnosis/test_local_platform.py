"""The local platform over real HTTP: the OpenAI API as clients know it, and real faults."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from examples.brand_diagnosis.local_platform.server import Settings

ASKED = "Which web frameworks for asyncio do you recommend?"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        yield client


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "local-bm25", "messages": [{"role": "user", "content": ASKED}], **fields}


async def events(http: httpx.AsyncClient, url: str, **fields: Any) -> list[dict[str, Any]]:
    """The chunks of a stream that ends as it should."""
    async with http.stream("POST", f"{url}/chat/completions", json=body(stream=True, **fields)) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in response.aiter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


async def test_models_are_listed(start_platform, http) -> None:
    listed = (await http.get(f"{start_platform().base_url}/models")).json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["local-bm25", "local-summary", "local-classifier"]


async def test_a_whole_answer(start_platform, http) -> None:
    answered = (await http.post(f"{start_platform().base_url}/chat/completions", json=body())).json()
    [choice] = answered["choices"]
    assert answered["object"] == "chat.completion"
    assert answered["model"] == "local-bm25"
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"].startswith("2 of the 3 packages I know match best:\n1. **Frame** – A web framework. ")
    assert "The web framework speaks asyncio all the way down. Source: https://frame.example/" in choice["message"]["content"]
    usage = answered["usage"]
    assert usage["prompt_tokens"] == len(ASKED.split())
    assert usage["completion_tokens"] == len(choice["message"]["content"].split())
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_the_stream_says_the_same_word_by_word(start_platform, http) -> None:
    url = start_platform().base_url
    whole = (await http.post(f"{url}/chat/completions", json=body())).json()["choices"][0]["message"]["content"]
    first, *chunks, last, usage = await events(http, url, stream_options={"include_usage": True})
    words = [chunk["choices"][0]["delta"]["content"] for chunk in chunks]
    assert first["choices"][0]["delta"]["role"] == "assistant"
    assert "".join(words) == whole
    assert all(len(word.split()) == 1 for word in words)
    assert last["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == len(words)
    assert len({chunk["id"] for chunk in [first, *chunks, last, usage]}) == 1


async def test_max_tokens_cuts(start_platform, http) -> None:
    url = start_platform().base_url
    [choice] = (await http.post(f"{url}/chat/completions", json=body(max_tokens=3))).json()["choices"]
    assert choice["message"]["content"] == "2 of the"
    assert choice["finish_reason"] == "length"
    assert (await events(http, url, max_tokens=3))[-1]["choices"][0]["finish_reason"] == "length"


async def test_the_last_user_message_is_the_question(start_platform, http) -> None:
    messages = [
        {"role": "system", "content": "framework"},
        {"role": "user", "content": "framework"},
        {"role": "user", "content": "colours"},
        {"role": "assistant", "content": "framework"},
    ]
    answered = (await http.post(f"{start_platform().base_url}/chat/completions", json=body(messages=messages))).json()
    assert "1. **Paint**" in answered["choices"][0]["message"]["content"]
    assert "Frame" not in answered["choices"][0]["message"]["content"]


async def test_words_come_at_the_rate(start_platform, http) -> None:
    loop = asyncio.get_running_loop()
    url = start_platform(tokens_per_second=100.0).base_url
    began = loop.time()
    words = len(await events(http, url, max_tokens=21)) - 2
    assert words == 21
    assert loop.time() - began >= 0.2


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        b"[]",
        b"\xff",
        json.dumps({"messages": [{"role": "user", "content": "x"}]}).encode(),
        json.dumps(body(messages=[])).encode(),
        json.dumps(body(messages=["x"])).encode(),
        json.dumps(body(messages=[{"role": "user", "content": 1}])).encode(),
        json.dumps(body(messages=[{"role": "system", "content": "x"}])).encode(),
        json.dumps(body(max_tokens=0)).encode(),
        json.dumps(body(stream="yes")).encode(),
    ],
)
async def test_a_bad_body_is_400(start_platform, http, sent: bytes) -> None:
    response = await http.post(f"{start_platform().base_url}/chat/completions", content=sent)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert response.json()["error"]["message"]


async def test_an_unknown_model_is_404(start_platform, http) -> None:
    response = await http.post(f"{start_platform().base_url}/chat/completions", json=body(model="gpt"))
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


async def test_a_wrong_key_is_401(start_platform, http) -> None:
    url = start_platform(api_key="right-key").base_url
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": b"Bearer \xe4"}):
        for response in (
            await http.get(f"{url}/models", headers=headers),
            await http.post(f"{url}/chat/completions", json=body(), headers=headers),
        ):
            assert response.status_code == 401
            assert response.json()["error"]["code"] == "invalid_api_key"
    assert (await http.get(f"{url}/models", headers={"Authorization": "Bearer right-key"})).status_code == 200


@pytest.mark.parametrize("status", [402, 429, 500, 503])
async def test_set_to_fail_it_fails(start_platform, http, status: int) -> None:
    url = start_platform(fail_status=status, fail_code="some_code").base_url
    response = await http.post(f"{url}/chat/completions", json=body())
    assert response.status_code == status
    assert response.json()["error"]["code"] == "some_code"


async def test_set_to_hang_up_it_breaks_the_stream(start_platform, http) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await events(http, start_platform(hang_up_after=2).base_url)


async def test_above_its_parallel_limit_it_refuses(start_platform, http) -> None:
    url = start_platform(max_parallel=1, silent_after=1).base_url
    async with http.stream("POST", f"{url}/chat/completions", json=body(stream=True)) as held:
        assert held.status_code == 200  # and silent from here on
        refused = await http.post(f"{url}/chat/completions", json=body())
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"


async def test_one_after_another_stay_within_the_limit(start_platform, http) -> None:
    url = start_platform(max_parallel=1).base_url
    for _ in range(3):
        assert (await http.get(f"{url}/models")).status_code == 200


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_must_be_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Settings(tokens_per_second=rate)


def test_it_stops_at_once_and_twice(start_platform) -> None:
    server = start_platform()
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.base_url}/models", trust_env=False)
