"""The upper rungs: WebSocket and stream, connections on which frames come by themselves."""

from ._closing import NO_CODE, SILENT
from ._commands import Answered, Closed, Dial, Drop, Heard, Line, Listen, Opened, Refused, Send, Transport
from ._giving import NEVER
from ._link import Link
from ._rungs import Desk, End


class Connected:
    """One connection from its opening to its end. Subclasses say on which line, and how it is opened."""

    name: Transport
    line: Line
    speaks: bool

    def __init__(self, desk: Desk, hello_within: float) -> None:
        self._desk = desk
        self._hello_within = hello_within
        self._link: Link | None = None
        self.end: End | None = None
        self.began = 0.0

    @property
    def live(self) -> bool:
        return self._link is not None and self._link.live and self.end is None

    @property
    def proven(self) -> bool:
        return self.live and self._link is not None and self._link.proven

    @property
    def wake_at(self) -> float:
        if self.end is not None:
            return NEVER
        return self._link.dead_at if self._link is not None and self._link.live else self.began + self._hello_within

    def begin(self, now: float) -> None:
        self.began = now
        self._open()

    def heard(self, what: Heard, now: float) -> None:
        if self.end is not None:
            return
        if isinstance(what, str | bytes):
            self._message(what, now)
        elif isinstance(what, Opened):
            self._link = Link(self._desk.holding, now, token=what.token, pace=self._desk.pace, speaks=self.speaks)
            self._say()
        elif isinstance(what, Closed):
            self._over(what.code, now)
        elif isinstance(what, Refused):
            self._over(NO_CODE, now, status=what.status)
        elif isinstance(what, Answered):
            self.end = self._desk.refused(what)

    def tick(self, now: float) -> None:
        if self.end is None and now >= self.wake_at:
            self._over(SILENT if self.live else NO_CODE, now, silent=self.live)

    def drop(self) -> None:
        self._desk.commands.append(Drop(self.line))

    def _open(self) -> None:
        raise NotImplementedError

    def _message(self, message: str | bytes, now: float) -> None:
        if self._link is None:
            return
        outputs = self._link.received(message, now)
        self._say()
        self._desk.giving.put(outputs)
        if self._link.leaving or self._desk.holding.over:
            self._over(NO_CODE, now)

    def _say(self) -> None:
        if self._link is not None and (texts := self._link.outgoing()):
            self._desk.commands.append(Send(texts))

    def _over(self, code: int, now: float, *, silent: bool = False, status: int | None = None) -> None:
        link = self._link or Link(self._desk.holding, self.began, speaks=False)
        told = link.told or (4000 <= code < 4300 and not silent)
        verdict = link.closed(code, now, self._desk.backoff)
        self.end = End(verdict, link.live, told, silent, link.moved, link.lasted(now), status)
        self.drop()


class SocketRung(Connected):
    name: Transport = "ws"
    line: Line = "ws"
    speaks = True

    def _open(self) -> None:
        self._desk.commands.append(Dial(self._hello_within))


class StreamRung(Connected):
    """Server-sent events by HTTP: asked once with all cursors, heard until it ends."""

    name: Transport = "stream"
    line: Line = "stream"
    speaks = False

    def _open(self) -> None:
        holding = self._desk.holding
        self._desk.commands.append(Listen(self._desk.api.stream(holding.epoch, holding.channels, self._desk.pace)))
