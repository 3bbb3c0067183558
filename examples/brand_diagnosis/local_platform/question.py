"""The request of the chat completions API: what is read of it, and what is wrong with a bad one."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class BadRequest(ValueError):
    """The body is not a chat completion request; the text says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """What matters of a request. `text` is the last user message, `tokens` the words of all messages."""

    model: str
    text: str
    tokens: int
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None

    @classmethod
    def of(cls, body: bytes) -> "Question":
        """Read a request body; raises `BadRequest`."""
        try:
            fields = json.loads(body)
        except ValueError as fault:
            raise BadRequest("The body is not JSON.") from fault
        if not isinstance(fields, dict) or not isinstance(fields.get("model"), str):
            raise BadRequest("The body must be an object with a 'model'.")
        texts = _messages(fields.get("messages"))
        limit = fields.get("max_tokens")
        if limit is not None and (type(limit) is not int or limit < 1):
            raise BadRequest("'max_tokens' must be a whole number from 1.")
        if not isinstance(fields.get("stream", False), bool):
            raise BadRequest("'stream' must be true or false.")
        options = fields.get("stream_options")
        return cls(
            model=fields["model"],
            text=[text for role, text in texts if role == "user"][-1],
            tokens=sum(len(pieces(text)) for _, text in texts),
            stream=fields.get("stream", False),
            include_usage=isinstance(options, dict) and options.get("include_usage") is True,
            max_tokens=limit,
        )

    def cut(self, words: Sequence[str]) -> tuple[Sequence[str], str]:
        """The words that `max_tokens` leaves, and the reason why the answer ends there."""
        if self.max_tokens is not None and len(words) > self.max_tokens:
            return words[: self.max_tokens], "length"
        return words, "stop"


def pieces(text: str) -> list[str]:
    """The text as words with the white space before them, which together are the text again: the tokens of this platform."""
    return re.findall(r"\s*\S+|\s+\Z", text)


def _messages(messages: Any) -> list[tuple[str, str]]:
    if not isinstance(messages, list) or not messages:
        raise BadRequest("'messages' must be a list with at least one message.")
    texts: list[tuple[str, str]] = []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise BadRequest("Each message must be an object with a 'role' and a text as 'content'.")
        texts.append((str(message.get("role")), message["content"]))
    if all(role != "user" for role, _ in texts):
        raise BadRequest("'messages' must have a message of role 'user'.")
    return texts
