"""What leaves over one connection: packed into messages, counted, and no more of it than its client can be seen to take."""

from collections.abc import Callable, Iterable, Sequence

from ..core import frames
from ..core.clock import Clock
from ..core.window import Window
from .transport import DirectTransport, Transport, direct, guarded

JOINED = 4 * 1024  # bytes from which on messages that leave together do not wait for more


class Outlet:
    """`ask` gives the frame by which the client is asked for a sign of life, and counts it; `endless`: it could not answer."""

    __slots__ = ("_ask", "_clock", "_held_since", "_joined", "_transport", "_writing_since", "direct", "free", "said", "window")

    def __init__(self, transport: Transport, clock: Clock, ask: Callable[[], bytes], *, endless: bool) -> None:
        self._transport = transport
        self.direct: DirectTransport | None = direct(transport)
        """The way to write without waiting, if there is one."""
        self._clock = clock
        self._ask = ask
        self._writing_since: float | None = None
        self._held_since: float | None = None  # when a tick first saw the window closed
        self._joined: list[bytes] | None = None  # what leaves together, while it comes together
        self.window = Window(endless=endless)
        self.free = False
        """Whether the newest state of what is watched may be handed over from outside: nothing else is due, or under way."""
        self.said = False
        """Whether anything has left; who wants to know from when on sets it back."""

    @property
    def ready(self) -> bool:
        """Whether a message would be taken now."""
        return self.direct is not None and self.direct.ready

    @property
    def stalled(self) -> bool:
        """Whether the transport dropped a client that took nothing."""
        guard = guarded(self._transport)
        return guard is not None and guard.stalled

    def write_now(self, message: bytes) -> None:
        """Write; only while `ready`."""
        assert self.direct is not None
        self.said = True
        framed = self.direct.framed(message)
        if self.window.sent(len(message)):
            framed += self._asking()
        self.direct.write(framed)

    def write_crossing(self, framed: bytes) -> None:
        """Write what was counted already and has brought the window to a mark: with the question, if it is time for it."""
        assert self.direct is not None
        self.direct.write(framed + self._asking() if self.window.cross() else framed)
        self.free = self.window.open

    async def send(self, encoded: Sequence[bytes]) -> None:
        """Write these frames, in few messages; returns when more would be taken. Raises `TransportClosed`."""
        await self.send_packed(frames.pack(encoded))

    async def send_packed(self, messages: Iterable[bytes]) -> None:
        """The same of messages."""
        for message in messages:
            await self._send(message)
            if self.window.sent(len(message)):
                ping = self._ask()
                await self._send(ping)
                self.window.sent(len(ping))

    def lag(self, now: float) -> float:
        """Seconds that the write under way has taken; 0 if none is."""
        return 0.0 if self._writing_since is None else now - self._writing_since

    def stuck(self, now: float, limit: float) -> bool:
        """Whether a write, or all that went out since the client was last heard, waits for it longer than `limit` seconds."""
        if self.window.open:
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        writing, held = self._writing_since, self._held_since
        return (writing is not None and now - writing > limit) or (held is not None and now - held > limit)

    def heard(self) -> bool:
        """The client said something; whether more had been held back until it did."""
        self._held_since = None
        return self.window.heard()

    def join(self) -> None:
        """From now on until `part` messages leave together, as few as can be."""
        self._joined = []

    async def part(self) -> None:
        """Write what has come together; returns when more would be taken. Raises `TransportClosed`."""
        await self._write_joined()
        self._joined = None

    async def _send(self, message: bytes) -> None:
        self.said = True
        if self._joined is None:
            await self._write(message)
            return
        self._joined.append(message)
        if sum(map(len, self._joined)) >= JOINED:
            await self._write_joined()

    async def _write_joined(self) -> None:
        joined, self._joined = self._joined or [], []
        if len(joined) > 1 and self.direct is not None and self.direct.ready:
            self.direct.write(b"".join(map(self.direct.framed, joined)))
            return
        for message in joined:
            await self._write(message)

    async def _write(self, message: bytes) -> None:
        self._writing_since = self._clock.monotonic()
        await self._transport.send(message)
        self._writing_since = None

    def _asking(self) -> bytes:
        """The question for a sign of life, framed and counted."""
        assert self.direct is not None
        ping = self._ask()
        self.window.sent(len(ping))
        return self.direct.framed(ping)
