"""The chat completions API as bytes: server-sent events, bodies, refusals. Pure; `completions` does the sending.

PlatformError          one model did not answer; raised as such where the cause says why: not reached, timed out
├── BrokenOff              it began, and the connection ended in the middle
├── NoAnswer               what came is no answer
└── Refused                it said no, with a status or an error body: the rules of `app.errors` read which error that is
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

MAX_ANSWER_CHARS = 8_000  # at most 24 KiB of UTF-8: several must fit into one job's checkpoint

_DONE = "[DONE]"


class PlatformError(Exception):
    """The text is for the operator; it holds nothing the platform wrote in free text, since platforms repeat keys in there."""


class BrokenOff(PlatformError):
    """The connection ended in the middle of the answer."""


class NoAnswer(PlatformError):
    """Empty, too large, or not of the chat completions API."""


class Refused(PlatformError):
    """`status_code` and `body` are what the platform answered; the body is never printed."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        code = _readable_code(body)
        super().__init__((f"status {status}" if status != 200 else "error in the answer") + (f", {code}" if code else ""))
        self.status_code = status
        self.body = body


class Streamed:
    """An answer that arrives as server-sent events. `text` is what came so far, `done` whether the rest can be left unread."""

    def __init__(self) -> None:
        self.text = ""
        self.done = False
        self._finished = False
        self._rest = b""
        self._data: list[str] = []

    def feed(self, part: bytes) -> Iterator[str]:
        """Take bytes, however they were cut; the text so far, once for each event with words. Raises `PlatformError`."""
        # Split on line feeds alone: JSON may hold the other line ends of Unicode as they are.
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            for data in self._event(line.decode("utf-8", "replace").removesuffix("\r")):
                if not self.done and self._take(data):
                    yield self.text

    def whole(self) -> str:
        """The text at the end of the stream; raises `PlatformError` if it ended too early."""
        for _ in self.feed(b"\n\n"):  # an event needs a blank line behind it; some platforms leave out the last
            pass
        # Some leave out [DONE] too; without even a finish_reason it is half an answer.
        if not (self.done or self._finished):
            raise BrokenOff("the stream ended in the middle of the answer")
        return self.text

    def _event(self, line: str) -> Iterator[str]:
        if line.startswith("data:"):
            self._data.append(line[5:].removeprefix(" "))
        elif not line and self._data:
            data, self._data = "\n".join(self._data), []
            yield data

    def _take(self, data: str) -> bool:
        if data == _DONE:
            self.done = True
            return False
        body = _object(data.encode())
        words = _words(body, "delta")
        self.text = (self.text + words)[:MAX_ANSWER_CHARS]
        self.done = len(self.text) == MAX_ANSWER_CHARS
        self._finished = self._finished or _finishes(body)
        return bool(words)


def answer_in(body: bytes) -> str:
    """The text of an answer that came in one piece; raises `PlatformError`."""
    return _words(_object(body), "message")[:MAX_ANSWER_CHARS]


def failure(status: int, body: bytes) -> Refused:
    """The error of an answer whose status is not 200."""
    return Refused(status, _object(body))


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # nested a thousand deep: not an answer either
        return {}
    return value if isinstance(value, dict) else {}


def _words(body: dict[str, Any], part: str) -> str:
    """The words in `choices[0].message` or `.delta`; "" for a chunk that tells the role, the end or the usage."""
    match body.get("choices"):
        case [{"delta": {"content": str(words)}}, *_] if part == "delta":
            return words
        case [{"message": {"content": str(words)}}, *_] if part == "message":
            return words
        case [] | [{}, *_]:
            return ""
    raise _not_understood(body)


def _finishes(body: dict[str, Any]) -> bool:
    match body.get("choices"):
        case [{"finish_reason": str()}, *_]:
            return True
    return False


def _not_understood(body: dict[str, Any]) -> PlatformError:
    """For a success that is no answer; several platforms report errors this way."""
    return Refused(200, body) if "error" in body else NoAnswer("the answer is not of the chat completions API")


def _readable_code(body: Mapping[str, Any]) -> str:
    """The code of an error body if it looks like one, for the log."""
    error = body.get("error")
    code = (error.get("code") or error.get("type") or "") if isinstance(error, dict) else ""
    return code if isinstance(code, str) and len(code) <= 40 and code.replace("_", "").isalpha() else ""
