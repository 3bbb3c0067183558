"""One HTTP answer as a transport: what the peer says is gathered, up to a budget of bytes."""

from collections.abc import Awaitable, Callable

import orjson

from .transport import TransportClosed

ANSWER_BYTES = 256 * 1024


class Answer:
    """Takes messages until the next would go beyond `budget`; then the connection counts as closed, and `hello` says `more`.

    What is left out follows at the next poll: order holds within a job, so any beginning of what is due leaves the client at
    a true cursor. One message is always taken, so that every poll moves on. `gone` returns when the client has left.
    """

    def __init__(self, gone: Callable[[], Awaitable[None]], budget: int = ANSWER_BYTES) -> None:
        self._gone = gone
        self._budget = budget
        self._hello = b""
        self._messages: list[bytes] = []
        self._size = 0
        self._more = False

    async def send(self, message: bytes) -> None:
        if not self._hello:
            self._hello = message
            return
        if self._messages and self._size + len(message) > self._budget:
            self._more = True
            raise TransportClosed
        self._messages.append(message)
        self._size += len(message) + 1

    async def receive(self) -> str | bytes:
        await self._gone()
        raise TransportClosed

    async def close(self, code: int) -> None:
        """The answer is whole; the code is in `bye`, where there is one."""

    def abort(self) -> None:
        """Nothing waits for the client while the answer is gathered."""

    @property
    def text(self) -> bytes:
        """The JSON array: `hello`, then the frames."""
        hello = orjson.dumps({**orjson.loads(self._hello), "more": True}) if self._more else self._hello
        # A message is a frame, or an array of frames.
        inner = [message[1:-1] if message.startswith(b"[") else message for message in self._messages]
        return b"[" + b",".join([hello, *inner]) + b"]"
