"""What the peer asks of a way to a client."""

from collections.abc import Callable
from typing import Protocol, cast


class TransportClosed(Exception):
    """The other end is gone."""


class Transport(Protocol):
    """A way to a client. `send` and `receive` raise `TransportClosed` when it is gone."""

    async def send(self, message: bytes) -> None:
        """Send one message; returns when the transport can take more."""
        ...

    async def receive(self) -> str | bytes: ...

    async def close(self, code: int) -> None: ...

    def abort(self) -> None:
        """Drop the connection now, with what it has not sent."""
        ...


class Gate(Protocol):
    @property
    def open(self) -> bool: ...


class GuardedTransport(Protocol):
    """An optional power of a transport: to drop a reader that takes nothing."""

    @property
    def stalled(self) -> bool:
        """Whether that is how it ended."""
        ...


class DirectTransport(Protocol):
    """An optional power of a transport: to write without a task having to wait for it."""

    @property
    def ready(self) -> bool:
        """Whether a message would be taken now."""
        ...

    @property
    def writable(self) -> Gate:
        """Shut while what was written has not left: a part of `ready`."""
        ...

    def framed(self, message: bytes) -> bytes:
        """The message as it goes over the wire: the same for all transports of a kind."""
        ...

    def write(self, framed: bytes) -> None:
        """Write what may be several messages, framed; only while `writable`. What is written to who has left is lost."""
        ...


class PushingTransport(Protocol):
    """An optional power of a transport: to say when something has come, so that no task has to wait for it."""

    def heard_by(self, come: Callable[[], None]) -> None:
        """Call `come` from now on whenever there may be something to take."""
        ...

    def take(self) -> str | bytes | None:
        """The oldest message that has come and was not taken; None if there is none. Raises `TransportClosed`."""
        ...


# Asked of each connection: `isinstance` of a Protocol with all its members costs twenty times as much as one of its names.


def guarded(transport: Transport) -> GuardedTransport | None:
    return cast(GuardedTransport, transport) if hasattr(transport, "stalled") else None


def direct(transport: Transport) -> DirectTransport | None:
    return cast(DirectTransport, transport) if hasattr(transport, "framed") else None


def pushing(transport: Transport) -> PushingTransport | None:
    return cast(PushingTransport, transport) if hasattr(transport, "heard_by") else None
