"""What waits for one sink: sent as one, tried again, within what the sink may be asked for in a minute."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from ...core.clock import Clock
from .sinks import NotTold, Sink
from .told import Told

log = logging.getLogger("jindu.alerts")

MINUTE = 60.0
PAUSES = (1.0, 5.0, 30.0)  # seconds before it is tried again
WAITING = 200  # messages; of more the oldest are forgotten, with a line in the log


class Outbox:
    """`run` sends until `stop`; `flush` may be called by itself, with a clock of one's own."""

    def __init__(self, sink: Sink, clock: Clock) -> None:
        self.sink = sink
        self.failed: str | None = None
        """Why the last sending did not arrive; None if it did."""
        self._clock = clock
        self._waiting: deque[Told] = deque()
        self._sent: deque[float] = deque()  # monotonic seconds of the sendings of the last minute
        self._wake = asyncio.Event()
        self._stopped = asyncio.Event()

    @property
    def waiting(self) -> Sequence[Told]:
        return tuple(self._waiting)

    def put(self, told: Told) -> None:
        if told.level not in self.sink.levels:
            return
        if len(self._waiting) >= WAITING:
            oldest = self._waiting.popleft().text["en"]
            log.error("%s: more than %d messages wait; forgotten: %s", self.sink.name, WAITING, oldest)
        self._waiting.append(told)
        self._wake.set()

    def stop(self) -> None:
        """What waits is still tried once."""
        self._stopped.set()
        self._wake.set()

    async def run(self) -> None:
        while not self._stopped.is_set():
            due = self.due_in()
            if due is None or due > 0:
                self._wake.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(due):
                        await self._wake.wait()
            await self.flush()
        await self.flush()

    def due_in(self) -> float | None:
        """Seconds until what waits may leave; None if nothing does."""
        if not self._waiting:
            return None
        limit = self.sink.per_minute
        now = self._clock.monotonic()
        while self._sent and self._sent[0] <= now - MINUTE:
            self._sent.popleft()
        return 0.0 if limit is None or len(self._sent) < limit else self._sent[0] + MINUTE - now

    async def flush(self) -> None:
        """Send what waits, if it may leave now."""
        if self.due_in() != 0.0:
            return
        messages = tuple(self._waiting)
        self._waiting.clear()
        for pause in (*PAUSES, None):
            if await self._tried(messages, last=pause is None) or pause is None or self._stopped.is_set():
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopped.wait()

    async def _tried(self, messages: Sequence[Told], *, last: bool) -> bool:
        """Whether that was the end of it."""
        self._sent.append(self._clock.monotonic())
        try:
            await self.sink.send(messages)
        except NotTold as error:
            self.failed = str(error)
            if error.again and not last and not self._stopped.is_set():
                return False
        else:
            self.failed = None
            return True
        texts = "; ".join(told.text["en"] for told in messages)
        log.error("%s: %s; nobody was told there of: %s", self.sink.name, self.failed, texts)
        return True
