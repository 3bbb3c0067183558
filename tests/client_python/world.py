"""A driver whose clock moves only by waiting, in a world made of scripts: no socket, no thread, every second counted.

What happens on a rung is written beforehand: each attempt plays the next script of that rung, the last again and again. A
script is a list of (seconds after the attempt began, what is heard).
"""

import heapq
import itertools
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from jindu_client import FeedUpdate, Patience, Update
from jindu_client._api import Api
from jindu_client._commands import (
    TRANSPORTS,
    Answered,
    Ask,
    Closed,
    Command,
    Dial,
    Drop,
    Emit,
    Finish,
    Heard,
    Line,
    Listen,
    Opened,
    Refused,
    Send,
    Tell,
    Transport,
)  # fmt: skip
from jindu_client._held import Holding, Problem
from jindu_client._ladder import Remembered
from jindu_client._requests import Request, Response, Unreachable
from jindu_client._watching import Watching

Script = Sequence[tuple[float, Heard]]
RUNGS: Mapping[str, Line] = {"ws": "ws", "stream": "stream", "longpoll": "longpoll", "look": "look", "data": "data"}


class Fixed(random.Random):
    """Every draw gives the same."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self._value = value

    def random(self) -> float:
        return self._value


class World:
    def __init__(
        self,
        scripts: Mapping[str, Sequence[Script]],
        *,
        jobs: Sequence[str] = ("A",),
        transports: Sequence[Transport] = TRANSPORTS,
        pace: float | None = None,
        draw: float = 0.5,
        remembered: Remembered | None = None,
        feeds: Sequence[str] = (),
        now: float = 0.0,
    ) -> None:
        self.now = now
        self.scripts = {RUNGS[name]: list(some) for name, some in scripts.items()}
        self.attempts: dict[str, list[float]] = {name: [] for name in RUNGS}
        self.asked: list[Request] = []
        self.states: list[tuple[str, float]] = []
        self.sent: list[dict[str, Any]] = []
        self.outputs: list[Update | FeedUpdate | Problem] = []
        self.finish: Finish | None = None
        self.holding = Holding(jobs, feeds=feeds)
        self.watching = Watching(
            self.holding, Api("http://jindu.test"), transports=transports, pace=pace, patience=Patience(),
            remembered=remembered, rng=Fixed(draw),
        )  # fmt: skip
        self._coming: list[tuple[float, int, Line, int, Heard]] = []
        self._order = itertools.count()
        self._uses: dict[Line, int] = {}

    def play(self, until: float = 3600) -> "World":
        """To the end of the watch, or of the time."""
        self.watching.start(self.now)
        self._obey()
        while self.finish is None:
            at = self._coming[0][0] if self._coming else float("inf")
            self.now = max(self.now, min(at, self.watching.wake_at))
            if self.now > until:
                return self
            if at <= self.watching.wake_at:
                _, _, line, use, what = heapq.heappop(self._coming)
                if self._uses.get(line) == use:
                    self.watching.heard(line, what, self.now)
            else:
                self.watching.tick(self.now)
            self._obey()
        return self

    def _obey(self) -> None:
        for command in self.watching.commands():
            self._do(command)

    def _do(self, command: Command) -> None:
        match command:
            case Dial():
                self._attempt("ws")
            case Listen(request):
                self.asked.append(request)
                self._attempt("stream")
            case Ask(line, request, timeout):
                self.asked.append(request)
                self._attempt(line, timeout)
            case Drop(line):
                self._uses[line] = self._uses.get(line, 0) + 1
            case Send(texts):
                self.sent += [json.loads(text) for text in texts]
            case Tell(state):
                self.states.append((state, self.now))
            case Emit(output):
                self.outputs.append(output)
            case Finish():
                self.finish = command

    def _attempt(self, line: Line, timeout: float | None = None) -> None:
        tries = self.attempts[line]
        scripts = self.scripts.get(line) or [[(0.0, Refused()), (0.0, Answered(Unreachable("no such thing")))]]
        script = scripts[min(len(tries), len(scripts) - 1)]
        tries.append(self.now)
        self._uses[line] = use = self._uses.get(line, 0) + 1
        coming = [*script, (timeout, Answered(Unreachable("no answer")))] if timeout is not None and not script else script
        for after, what in coming:
            heapq.heappush(self._coming, (self.now + after, next(self._order), line, use, what))

    # What the scripts of vectors say, in our words.

    @property
    def live(self) -> list[tuple[str, float]]:
        """The rungs that came to carry the watch, and when; coming back on the same is no change."""
        carrying = [(state, at) for state, at in self.states if state not in ("connecting", "waiting")]
        return [next(group) for _, group in itertools.groupby(carrying, key=lambda one: one[0])]

    @property
    def updates(self) -> list[Update]:
        return [output for output in self.outputs if isinstance(output, Update)]


def script(rung: str, written: Sequence[tuple[float, Any]]) -> Script:
    """A script of a vector as what is heard."""
    return [(after, heard(rung, what)) for after, what in written]


def heard(rung: str, what: Any) -> Heard:
    if rung in ("longpoll", "look"):
        return Answered(answer(what))
    if what == "open" or (rung == "stream" and isinstance(what, dict) and what.get("status") == 200):
        return Opened()
    if what in ("end", "lost"):
        return Closed()
    ((kind, value), *_) = what.items()
    if kind == "frame":
        return json.dumps(value)
    if kind == "close":
        return Closed(value)
    return Refused(value) if kind == "refused" else Answered(answer(what))


def answer(what: Any) -> Response | Unreachable:
    if what == "lost":
        return Unreachable("lost")
    content = json.dumps(what["frames"] if "frames" in what else what.get("body", {})).encode()
    headers = {"retry-after": str(what["retry_after"])} if "retry_after" in what else {}
    return Response(what["status"], headers, content)
