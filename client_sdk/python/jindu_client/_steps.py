"""The language between a watch, which decides and does no I/O, and the drivers, which do I/O and decide nothing.

A watch is a generator: it yields a command, the driver carries it out and sends the answer back in.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from ._requests import Request, Response, Unreachable
from ._session import Output

T = TypeVar("T")
Link: TypeAlias = Literal["connecting", "live", "polling", "waiting"]


@dataclass(frozen=True, slots=True)
class Dial:
    """Start to open a WebSocket and go on at once; `Receive` tells how it went. The driver gives up after `timeout` s."""

    timeout: float


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait for the next thing that happens on the socket, at most `timeout` seconds."""

    timeout: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send texts. If the link is gone, the next `Receive` says so."""

    texts: list[str]


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the socket, or give up opening it. Does nothing if there is none."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One HTTP call; the answer is `Response` or `Unreachable`."""

    request: Request


@dataclass(frozen=True, slots=True)
class Sleep:
    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """How the watch is connected, for those who show it."""

    link: Link


@dataclass(frozen=True, slots=True)
class Emit:
    """Give this to the caller."""

    output: Output


# Answers to Receive, beside the message itself (str or bytes).


@dataclass(frozen=True, slots=True)
class Opened:
    """The WebSocket handshake is done."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It could not be opened. `status` is the HTTP status of the refusal, None if there was no answer."""

    status: int | None


@dataclass(frozen=True, slots=True)
class Closed:
    code: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing within the time."""


Command: TypeAlias = Dial | Receive | Send | HangUp | Fetch | Sleep | Tell | Emit
Steps: TypeAlias = Generator[Command, Any, T]
Heard: TypeAlias = str | bytes | Opened | Refused | Closed | Silence


def receive(timeout: float) -> Steps[Heard]:
    answer: Heard = yield Receive(max(0.0, timeout))
    return answer


def fetch(request: Request) -> Steps[Response | Unreachable]:
    answer: Response | Unreachable = yield Fetch(request)
    return answer
