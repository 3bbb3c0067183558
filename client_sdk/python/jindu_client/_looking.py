"""One look over HTTP at all jobs that are open: a GET each, one after the other, folded by rule 1."""

from collections import deque

from ._api import Api
from ._closing import Backoff
from ._commands import Ask, Command
from ._giving import Giving
from ._held import Holding
from ._requests import Response, Unreachable, later, refusal

POLL = 1.0  # seconds between looks when the server names none
LEAST_POLL = 0.1  # seconds, whatever the server names


class Looking:
    """`busy`: a look is on its way. `next`: seconds after which the server would be looked at again."""

    def __init__(
        self, holding: Holding, api: Api, giving: Giving, commands: list[Command], backoff: Backoff, timeout: float
    ) -> None:
        self._holding = holding
        self._api = api
        self._giving = giving
        self._commands = commands
        self._backoff = backoff
        self._timeout = timeout
        self._etags: dict[str, str] = {}
        self._waits: list[float] = []
        self._left: deque[str] = deque()
        self.busy = False
        self.next = POLL

    def begin(self) -> None:
        """Look, unless that is what we do already. `heard` says how it went."""
        if self.busy:
            return
        self._waits, self._left = [], deque(self._holding.open_jobs)
        if self._left:
            self._ask()
        elif self._holding.feeds:
            self.busy = True
            self._commands.append(Ask("look", self._api.alive(), self._timeout))

    def heard(self, answer: Response | Unreachable) -> bool | None:
        """Whether HTTP works now; None while the look goes on."""
        self.busy = False
        if not isinstance(answer, Response) or later(answer) or _foreign(answer):
            asked = answer.retry_after if isinstance(answer, Response) else None
            self.next = self._backoff.next() if asked is None else asked
            return False
        if self._left:
            self._waits.append(self._fold(self._left.popleft(), answer))
        while self._left and self._holding.held[self._left[0]].over:
            self._left.popleft()
        if self._left:
            self._ask()
            return None
        self._backoff.reset()
        self.next = max(LEAST_POLL, min(self._waits, default=POLL))
        return True

    def _ask(self) -> None:
        self.busy = True
        job = self._left[0]
        request = self._api.watched(self._holding.held[job].channel, self._etags.get(job))
        self._commands.append(Ask("look", request, self._timeout))

    def _fold(self, job: str, answer: Response) -> float:
        wait = POLL if answer.retry_after is None else answer.retry_after
        if answer.status == 304:
            return wait
        if answer.status != 200:
            self._giving.put(self._holding.refuse(self._holding.held[job].channel, refusal(answer)))
            return wait
        body = answer.json()
        if etag := answer.headers.get("etag"):
            self._etags[job] = etag
        self._giving.put(self._holding.snapshot(body))
        asked = body.get("poll_after_ms")
        return asked / 1000 if isinstance(asked, int | float) else wait


def _foreign(answer: Response) -> bool:
    """A success that is not the server's: of a login page before it, for one."""
    return answer.status == 200 and not isinstance(answer.json(), dict)
