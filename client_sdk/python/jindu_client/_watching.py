"""One watch as a whole, without I/O: the rung that carries it, the probe that may take over, looks, and when what is due.

The driver carries out `commands`, tells what is `heard` on which line, and calls `tick` when it shows `wake_at`.
"""

import random
from collections.abc import Sequence

from ._api import Api
from ._commands import Answered, Command, Finish, Heard, Line, State, Tell, Transport
from ._connected import SocketRung, StreamRung
from ._giving import NEVER
from ._held import Holding
from ._ladder import Ladder, Remembered
from ._polls import LongPollRung, PollRung
from ._rungs import Desk, End, Rung
from .patience import Patience


class Watching:
    """`finished`: the last command, `Finish`, was given. `remembered` is shared by the watches of one client."""

    def __init__(
        self,
        holding: Holding,
        api: Api,
        *,
        transports: Sequence[Transport],
        pace: float | None = None,
        patience: Patience | None = None,
        remembered: Remembered | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._holding = holding
        self._patience = patience or Patience()
        self._ladder = Ladder(transports, self._patience, remembered or Remembered())
        rng = rng or random.Random()  # spreads waiting; no secret # nosec B311
        self._desk = Desk(holding, api, pace, rng, self._patience, lambda: self._ladder.wait)
        self._main: Rung | None = None
        self._probe: Rung | None = None
        self._asked: End | None = None  # an end that may be a reason to step down: HTTP is looked at first
        self._again_at = NEVER
        self._look_at = NEVER
        self._state: State | None = None
        self.finished = False

    def start(self, now: float) -> None:
        """The first that is called; `now` is seconds of the clock that all later calls go by."""
        self._ladder.start(now)
        self._begin(now)

    @property
    def wake_at(self) -> float:
        """The second at which `tick` is due if nothing is heard before."""
        waits = [self._again_at, self._look_at, self._desk.giving.wake_at]
        waits += [rung.wake_at for rung in (self._main, self._probe) if rung is not None]
        return min(*waits, NEVER if self._probe is not None else self._ladder.probe_at)

    def commands(self) -> list[Command]:
        """What to do now, in order; asked for once."""
        commands = list(self._desk.commands)
        self._desk.commands.clear()
        return commands

    def heard(self, line: Line, what: Heard, now: float) -> None:
        if line == "data" and isinstance(what, Answered):
            self._desk.giving.heard(what.answer, now)
        elif line == "look" and isinstance(what, Answered):
            works = self._desk.looking.heard(what.answer)
            if works is not None:
                self._looked(works, now)
        else:
            for rung in (self._main, self._probe):
                if rung is not None and rung.name == line:
                    rung.heard(what, now)
        self._settle(now)

    def tick(self, now: float) -> None:
        self._desk.giving.tick(now)
        for rung in (self._main, self._probe):
            if rung is not None:
                rung.tick(now)
        if now >= self._look_at:
            self._look_at = NEVER
            self._desk.looking.begin()
        if now >= self._again_at:
            self._begin(now)
        if now >= self._ladder.probe_at and self._probe is None:
            self._ladder.probe_at = NEVER
            self._probe = self._made("ws")
            self._probe.begin(now)
        self._settle(now)

    # What follows from what happened.

    def _begin(self, now: float) -> None:
        self._again_at = NEVER
        self._main = self._made(self._ladder.rung)
        self._look_at = now + self._patience.first_look if self._main.name == "ws" else NEVER
        self._tell("connecting")
        self._main.begin(now)

    def _made(self, rung: Transport) -> Rung:
        if rung == "ws":
            return SocketRung(self._desk, self._patience.hello)
        if rung == "stream":
            return StreamRung(self._desk, self._patience.stream_hello)
        return LongPollRung(self._desk) if rung == "longpoll" else PollRung(self._desk)

    def _settle(self, now: float) -> None:
        if any(isinstance(command, Finish) for command in self._desk.commands):
            self.finished = True
        if self.finished:
            return
        if self._holding.over:
            self._finish_when_given()
            return
        self._settle_probe(now)
        main = self._main
        if main is None:
            return
        if main.end is not None:
            self._main, self._look_at = None, NEVER
            self._ended(main.end, now)
        elif main.live:
            self._look_at = NEVER
            self._tell(main.name)

    def _settle_probe(self, now: float) -> None:
        probe = self._probe
        if probe is None:
            return
        if probe.end is not None and probe.end.verdict.error is not None:
            self._finish(probe.end)
        elif probe.end is not None:
            self._probe = None
            self._ladder.probed(now)
        elif probe.proven:
            if self._main is not None:
                self._main.drop()
            self._main, self._probe = probe, None
            self._again_at, self._asked = NEVER, None
            self._ladder.climbed()

    def _ended(self, end: End, now: float) -> None:
        if end.verdict.error is not None:
            self._finish(end)
        elif self._ladder.asks(end):
            self._asked = end
            self._desk.looking.begin()
        else:
            self._wait(end.verdict.delay or 0.0, now)

    def _looked(self, works: bool, now: float) -> None:
        if isinstance(self._main, PollRung):
            self._main.looked(works, now)
            if not works:
                self._tell("waiting")
        end, self._asked = self._asked, None
        if end is None or self._holding.over:
            return
        if works and self._ladder.count(end, now):
            self._begin(now)
        else:
            delay = end.verdict.delay or 0.0
            self._wait(delay if works else max(delay, self._desk.looking.next), now)

    def _wait(self, seconds: float, now: float) -> None:
        self._tell("waiting")
        self._again_at = now + seconds

    def _tell(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self._desk.commands.append(Tell(state))

    def _finish(self, end: End) -> None:
        self.finished = True
        self._desk.commands.append(Finish(end.verdict.error))

    def _finish_when_given(self) -> None:
        """All has ended. Lines are let go at once, though data may still be on its way."""
        for rung in (self._main, self._probe):
            if rung is not None and rung.end is None:
                rung.drop()
        self._main = self._probe = self._asked = None
        self._again_at = self._look_at = self._ladder.probe_at = NEVER
        if self._desk.giving.empty:
            self.finished = True
            self._desk.commands.append(Finish())
