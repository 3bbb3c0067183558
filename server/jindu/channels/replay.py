"""Subscriptions of one connection: begun or resumed, and brought from where the client stands to now (PROTOCOL section 3)."""

from collections.abc import Callable
from functools import partial

import orjson

from ..core import frames
from ..core.access import Subject
from ..core.session import Session, Subscribe, watched_id
from .hub import Hub
from .outlet import Outlet
from .visit import NO_FEEDS
from .watch import Watch
from .watched import Watched


class Replay:
    """`touch` is called with the name of a watch that is still behind, for its next turn; `live`: feeds and `subscribed` have a
    sense."""

    __slots__ = ("_hub", "_live", "_out", "_session", "_touch", "_watched")

    def __init__(
        self, hub: Hub, session: Session, watched: Watched, out: Outlet, touch: Callable[[str], None], *, live: bool
    ) -> None:
        self._hub = hub
        self._session = session
        self._watched = watched
        self._out = out
        self._touch = touch
        self._live = live

    async def subscribe(self, request: Subscribe) -> None:
        confirmed: dict[str, int] = {}
        for name, held in request.channels.items():
            if watched_id(name) is not None:
                seq = await self._watch(name, held, request)
                if seq is not None:
                    confirmed[name] = seq
            elif self._live:
                self._watched.follow(name, partial(self._session.admission.shows, name))
                confirmed[name] = 0
            else:
                await self._out.send([orjson.dumps(frames.problem("BAD_REQUEST", name, NO_FEEDS))])
        if self._live:
            await self._out.send([orjson.dumps(frames.subscribed(confirmed))])

    async def _watch(self, name: str, held: int, request: Subscribe) -> int | None:
        """Start or resume a watch and replay it; the seq it stands at, or None if it was refused."""
        self._watched.drop([name])
        topic = await self._watched.join(name)
        job = None if topic is None else topic.job
        if topic is None or job is None or not self._session.admission.sees(Subject.of(job)):
            if topic is not None:
                self._watched.refuse(name, topic)
            await self.not_found(name)
            return None
        seq, forget = self._session.resume(request.epoch, held, job.seq)
        if forget:
            await self._out.send([orjson.dumps(frames.reset(job.id))])
        elif seq:
            self._hub.observer.resumed()
        watch = Watch(topic, seq, request.pace, self._out)
        self._watched.begin(name, watch)
        await self.catch_up(name, watch, replay=True)
        return watch.seq

    async def not_found(self, name: str) -> None:  # also what is not this client's to see: in the same words
        self._session.dropped(name)
        await self._out.send([orjson.dumps(frames.problem("NOT_FOUND", name))])

    async def catch_up(self, name: str, watch: Watch, *, replay: bool = False) -> None:
        """Hand out what lies between the cursor and now, from the log as far as memory does not reach. A `replay` was asked
        for, and who asks is alive: it is not held back."""
        await watch.topic.refresh()
        goal = watch.topic.job.seq if watch.topic.job else 0
        # Where history began anew meanwhile, there may be nothing more to come.
        while watch.topic.job is not None and watch.seq < min(goal, watch.topic.job.seq):
            if not (replay or watch.final or self._out.window.open):
                break
            now = self._hub.clock.monotonic()
            due = watch.due(now)
            await self._out.send(await watch.due_from_log(now) if due is None else due)
        if watch.behind:  # it moved on meanwhile; others have waited long enough
            self._touch(name)
