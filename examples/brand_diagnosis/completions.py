"""Asking one model through an OpenAI-compatible chat completions API."""

import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import httpx

from .wire import NoAnswer, PlatformError, Streamed, answer_in, failure

ITEMS = 10  # brands asked for in one answer; with lines counted, this tells how far a stream has come
MAX_RESPONSE_BYTES = 4 * 1024 * 1024  # of one response with all its framing: a platform cannot fill our memory
TIMEOUTS = httpx.Timeout(60.0, connect=5.0)  # seconds; 60 between two reads, for slow first words

INSTRUCTIONS = (
    f"Answer with a numbered list of at most {ITEMS} brands or products, the most recommended first. One line each: the "
    "name in bold, one sentence why, and the URL of a source. Answer in the language of the question."
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one model is asked. The key is kept out of `repr`, and so out of logs and tracebacks."""

    base_url: str
    model: str
    api_key: "Secret"


class Secret:
    """A text that never prints itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)" if self._text else "Secret()"

    def reveal(self) -> str:
        return self._text

    def removed_from(self, text: str) -> str:
        """`text` with the secret blotted out, should a platform send it back."""
        return text.replace(self._text, "***") if len(self._text) >= 8 else text


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said; `took_ms` from the request to the last word."""

    model: str
    text: str
    took_ms: int

    def dump(self) -> dict[str, Any]:
        return asdict(self)


def client(timeouts: httpx.Timeout = TIMEOUTS) -> httpx.AsyncClient:
    """A client for any number of platforms; to be closed. Loopback is never reached through a proxy."""
    direct: dict[str, None] = {"all://127.0.0.1": None, "all://localhost": None}
    return httpx.AsyncClient(timeout=timeouts, verify=_trust(), mounts=direct, limits=httpx.Limits(max_connections=20))


async def ask(
    http: httpx.AsyncClient,
    endpoint: Endpoint,
    question: str,
    heard: Callable[[str], None],
    instructions: str = INSTRUCTIONS,
) -> Answer:
    """The model's whole answer, cut at `MAX_ANSWER_CHARS`. `heard` is called with the text so far as it arrives.

    Raises `PlatformError`. May be cancelled at any time; the connection is closed then.
    """
    began = time.monotonic()
    request = http.build_request(
        "POST",
        f"{endpoint.base_url}/chat/completions",
        headers={"Authorization": f"Bearer {endpoint.api_key.reveal()}"} if endpoint.api_key.reveal() else {},
        json={
            "model": endpoint.model,
            "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": question}],
            "stream": True,
        },
    )
    try:
        response = await http.send(request, stream=True)
        try:
            text = await _read(response, heard)
        finally:
            await response.aclose()
    except httpx.HTTPError as fault:
        raise PlatformError(type(fault).__name__) from fault
    text = endpoint.api_key.removed_from(text.strip())
    if not text:
        raise NoAnswer("the answer was empty")
    return Answer(endpoint.model, text, round(1000 * (time.monotonic() - began)))


def share_heard(text: str) -> tuple[int, float]:
    """How many lines have begun, and which part (0 to 1, below 1) of an answer of `ITEMS` lines the text is.

    Within a line it approaches the next without reaching it, so that it rises with each word and never falls.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return 0, 0.0
    done, current = len(lines) - 1, len(lines[-1])
    return len(lines), min(0.99, (done + current / (current + 80)) / (ITEMS + 1))


async def _read(response: httpx.Response, heard: Callable[[str], None]) -> str:
    if response.status_code != 200:
        raise failure(response.status_code, await _all(response))
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        text = answer_in(await _all(response))
        heard(text)
        return text
    streamed = Streamed()
    async with aclosing(_bounded(response)) as parts:
        async for part in parts:
            for text in streamed.feed(part):
                heard(text)
            if streamed.done:
                break
    return streamed.whole()


async def _all(response: httpx.Response) -> bytes:
    return b"".join([part async for part in _bounded(response)])


async def _bounded(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_RESPONSE_BYTES:
            raise NoAnswer("the response is larger than any answer")
        yield part


@cache
def _trust() -> ssl.SSLContext:
    # Reading the certificates takes tens of milliseconds: once, not for each diagnosis.
    return httpx.create_ssl_context()
