"""The language between a watch, which decides and does no I/O, and the drivers, which do I/O and decide nothing.

A watch has lines, each of which does one thing at a time: `ws`, `stream`, `longpoll`, `look` (a snapshot), `data` (what is too
large for a frame). It asks by commands; the driver tells what is heard on a line, or that nothing was until `wake_at`.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._held import Output
from ._requests import Request, Response, Unreachable
from .errors import JinduError

Line: TypeAlias = Literal["ws", "stream", "longpoll", "look", "data"]
Transport: TypeAlias = Literal["ws", "stream", "longpoll", "poll"]
State: TypeAlias = Literal["connecting", "ws", "stream", "longpoll", "poll", "waiting"]

TRANSPORTS: tuple[Transport, ...] = ("ws", "stream", "longpoll", "poll")


@dataclass(frozen=True, slots=True)
class Dial:
    """Open a WebSocket on line `ws`: `Opened` or `Refused` (at the latest after `timeout` s), texts, `Closed`."""

    timeout: float


@dataclass(frozen=True, slots=True)
class Listen:
    """Open a stream on line `stream`: `Opened`, the data of each event as text, `Closed`; `Answered` where no events come."""

    request: Request


@dataclass(frozen=True, slots=True)
class Ask:
    """One HTTP call on a line: `Answered`, after `timeout` s without a byte with `Unreachable`."""

    line: Line
    request: Request
    timeout: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send texts on line `ws`."""

    texts: list[str]


@dataclass(frozen=True, slots=True)
class Drop:
    """End what goes on on a line, if anything does; nothing more is heard of it."""

    line: Line


@dataclass(frozen=True, slots=True)
class Tell:
    """How the watch is connected, for those who show it."""

    state: State


@dataclass(frozen=True, slots=True)
class Emit:
    """Give this to the caller."""

    output: Output


@dataclass(frozen=True, slots=True)
class Finish:
    """The watch is over; raise `error` if there is one."""

    error: JinduError | None = None


Command: TypeAlias = Dial | Listen | Ask | Send | Drop | Tell | Emit | Finish


# What is heard on a line, beside the message itself (str or bytes).


@dataclass(frozen=True, slots=True)
class Opened:
    """The WebSocket handshake is done, or a stream is answered with 200. `token`: with which credential, if with any."""

    token: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A WebSocket could not be opened. `status` is the HTTP status of the refusal, None if there was no answer."""

    status: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    answer: Response | Unreachable


@dataclass(frozen=True, slots=True)
class Closed:
    """`code` of the close frame; 1006 if there was none, and for the end of a stream."""

    code: int = 1006


Heard: TypeAlias = str | bytes | Opened | Refused | Answered | Closed
