"""What every way to watch shares: giving out updates, and looking once over HTTP."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace

from ._closing import Backoff
from ._requests import Api, Response, decoded, later, refusal
from ._session import Output, Session
from ._steps import Emit, Sleep, Steps, fetch
from .updates import Update

POLL = 1.0  # seconds between looks when the server names none
LEAST_POLL = 0.1  # seconds, whatever the server names


class Watch:
    """The session with what is around it. `clock` gives monotonic seconds."""

    def __init__(self, session: Session, api: Api, clock: Callable[[], float], rng: random.Random) -> None:
        self.session = session
        self.api = api
        self.clock = clock
        self.backoff = Backoff(rng)
        self._rng = rng
        self._etags: dict[str, str] = {}
        self.next_look = POLL

    def give(self, outputs: Iterable[Output]) -> Steps[None]:
        """Hand updates to the caller; what was too large for a frame is fetched first."""
        for output in outputs:
            if isinstance(output, Update) and output.url is not None:
                output = yield from self._whole(output)
            yield Emit(output)

    def look(self) -> Steps[bool]:
        """GET every open job and fold what is new. False if HTTP does not work now; `next_look` is when to look again."""
        waits: list[float] = []
        for job in self.session.open_jobs:
            answer = yield from fetch(self.api.job(job, self._etags.get(job)))
            if later(answer):
                asked = answer.retry_after if isinstance(answer, Response) else None
                self.next_look = self.backoff.next() if asked is None else asked
                return False
            assert isinstance(answer, Response)
            wait = yield from self._fold(job, answer)
            waits.append(wait)
        self.backoff.reset()
        self.next_look = max(LEAST_POLL, min(waits, default=POLL))
        return True

    def _fold(self, job: str, answer: Response) -> Steps[float]:
        wait = POLL if answer.retry_after is None else answer.retry_after
        if answer.status == 304:
            return wait
        if answer.status != 200:
            yield from self.give(self.session.refuse(job, refusal(answer)))
            return wait
        body = decoded(answer)
        if etag := answer.headers.get("etag"):
            self._etags[job] = etag
        yield from self.give(self.session.snapshot(body))
        asked = body.get("poll_after_ms")
        return asked / 1000 if isinstance(asked, int | float) else wait

    def _whole(self, update: Update) -> Steps[Update]:
        backoff = Backoff(self._rng)
        while True:
            answer = yield from fetch(self.api.data(update.url or ""))
            if not later(answer):
                break
            yield Sleep(backoff.next())
        value = decoded(answer)
        if update.kind == "result":
            return self.session.filled(replace(update, data=value, url=None))
        return replace(update, result=value, url=None)
