"""The lower rungs: long-poll, and polling of the status at the pace the server asks for."""

from ._closing import NO_CODE, Verdict
from ._commands import Answered, Ask, Drop, Heard, Transport
from ._giving import NEVER
from ._link import Link
from ._requests import Response
from ._rungs import Desk, End


class LongPollRung:
    """One held answer after the other. `live` once an answer began with `hello`."""

    name: Transport = "longpoll"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked_at = 0.0
        self._again_at = NEVER
        self.live = False
        self.end: End | None = None
        self.began = 0.0

    @property
    def proven(self) -> bool:
        return self.live

    @property
    def wake_at(self) -> float:
        return NEVER if self.end is not None else self._again_at

    def begin(self, now: float) -> None:
        self.began = now
        self._ask(now)

    def heard(self, what: Heard, now: float) -> None:
        if self.end is not None or not isinstance(what, Answered):
            return
        answer = what.answer
        if isinstance(answer, Response) and answer.status == 200:
            self._frames(answer, now)
        else:
            self.end = self._desk.refused(what)

    def tick(self, now: float) -> None:
        if self.end is None and now >= self._again_at:
            self._ask(now)

    def drop(self) -> None:
        self._desk.commands.append(Drop("longpoll"))

    def _ask(self, now: float) -> None:
        self._asked_at, self._again_at = now, NEVER
        desk, wait = self._desk, self._desk.wait()
        request = desk.api.poll(desk.holding.epoch, desk.holding.channels, wait, desk.pace)
        desk.commands.append(Ask("longpoll", request, wait + desk.patience.http))

    def _frames(self, answer: Response, now: float) -> None:
        desk = self._desk
        frames = answer.json()
        link = Link(desk.holding, now, speaks=False)
        desk.giving.put(link.frames(frames if isinstance(frames, list) else (), now))
        if not link.live:
            # Whoever answered, it was not the server: one before it, with a page of its own.
            self.end = desk.refused(Answered(answer))
            return
        self.live = True
        desk.backoff.reset()
        if link.leaving or desk.holding.over:
            self.end = End(link.closed(NO_CODE, now, desk.backoff), hello=True, told=True)
            return
        self._again_at = now if link.more else max(now, self._asked_at + desk.patience.gap)


class PollRung:
    """A look at every job, again and again. The looks are the desk's; `looked` tells how each went."""

    name: Transport = "poll"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._again_at = NEVER
        self.live = False
        self.end: End | None = None
        self.began = 0.0

    @property
    def proven(self) -> bool:
        return self.live

    @property
    def wake_at(self) -> float:
        return NEVER if self.end is not None else self._again_at

    def begin(self, now: float) -> None:
        self.began = now
        self._look()

    def heard(self, what: Heard, now: float) -> None:
        """Nothing comes on a line of its own."""

    def looked(self, works: bool, now: float) -> None:
        """A look is done: whether HTTP works."""
        self.live = works
        if self._desk.holding.over:
            self.end = End(Verdict(), hello=True)
            return
        pace = self._desk.pace
        self._again_at = now + max(self._desk.looking.next, 1 / pace if pace and works else 0.0)

    def tick(self, now: float) -> None:
        if self.end is None and now >= self._again_at:
            self._look()

    def drop(self) -> None:
        """A look on its way is of use to any rung."""

    def _look(self) -> None:
        self._again_at = NEVER
        self._desk.looking.begin()
