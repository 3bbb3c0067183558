"""What leaves over one connection: packed into messages, counted, and no more of it than its client can be seen to take."""

from collections.abc import Callable, Sequence

from ..core import frames
from ..core.clock import Clock
from ..core.window import Window
from .traffic import Sent
from .transport import Transport, direct, guarded


class Outlet:
    """`ask` is called when the client is to be asked for a sign of life; `endless`: it could not answer."""

    __slots__ = ("_ask", "_clock", "_direct", "_held_since", "_transport", "_writing_since", "said", "sent", "window")

    def __init__(self, transport: Transport, clock: Clock, ask: Callable[[], None], *, endless: bool) -> None:
        self._transport = transport
        self._direct = direct(transport)
        self._clock = clock
        self._ask = ask
        self._writing_since: float | None = None
        self._held_since: float | None = None  # when a tick first saw the window closed
        self.window = Window(endless=endless)
        self.sent = Sent()
        self.said = False
        """Whether anything has left; who wants to know from when on sets it back."""

    @property
    def immediate(self) -> bool:
        """Whether there is a way to write without waiting."""
        return self._direct is not None

    @property
    def ready(self) -> bool:
        """Whether a message would be taken now."""
        return self._direct is not None and self._direct.ready

    @property
    def stalled(self) -> bool:
        """Whether the transport dropped a client that took nothing."""
        guard = guarded(self._transport)
        return guard is not None and guard.stalled

    def write_now(self, message: bytes) -> None:
        """Write; only while `ready`."""
        assert self._direct is not None
        self._direct.write_now(message)
        # `_count` written out: this is done for each delivery.
        self.said = True
        size, sent = len(message), self.sent
        sent.messages += 1
        sent.bytes += size
        if self.window.sent(size):
            self._ask()

    async def send(self, encoded: Sequence[bytes]) -> None:
        """Write these frames, in few messages; returns when more would be taken. Raises `TransportClosed`."""
        for message in frames.pack(encoded):
            self._writing_since = self._clock.monotonic()
            await self._transport.send(message)
            self._writing_since = None
            self._count(len(message))

    def lag(self, now: float) -> float:
        """Seconds that the write under way has taken; 0 if none is."""
        return 0.0 if self._writing_since is None else now - self._writing_since

    def stuck(self, now: float, limit: float) -> bool:
        """Whether a write, or all that went out since the client was last heard, waits for it longer than `limit` seconds."""
        if self.window.open:
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        waits = (self._writing_since, self._held_since)
        return any(since is not None and now - since > limit for since in waits)

    def heard(self) -> bool:
        """The client said something; whether more had been held back until it did."""
        self._held_since = None
        return self.window.heard()

    def _count(self, size: int) -> None:
        self.said = True
        self.sent.count(size)
        if self.window.sent(size):
            self._ask()
