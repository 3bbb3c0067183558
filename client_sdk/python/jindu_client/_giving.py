"""What a watch gives out, in order: data too large for a frame is fetched before it is given, and all behind it waits."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from ._api import Api
from ._closing import Backoff
from ._commands import Ask, Command, Emit, Finish
from ._held import Holding, Output
from ._requests import Response, Unreachable, decoded, later
from .errors import JinduError
from .updates import Update

NEVER = float("inf")


class Giving:
    """`empty`: nothing waits to be given. `wake_at`: the second at which data is asked for again."""

    def __init__(self, holding: Holding, api: Api, commands: list[Command], backoff: Backoff, timeout: float) -> None:
        self._holding = holding
        self._api = api
        self._commands = commands
        self._backoff = backoff
        self._timeout = timeout
        self._waiting: deque[Output] = deque()
        self._asked = False
        self.wake_at = NEVER

    @property
    def empty(self) -> bool:
        return not self._waiting

    def put(self, outputs: Iterable[Output]) -> None:
        self._waiting += outputs
        self._give()

    def heard(self, answer: Response | Unreachable, now: float) -> None:
        """The answer to what was asked on line `data`."""
        self._asked = False
        if later(answer):
            self.wake_at = now + self._backoff.next()
            return
        self._backoff.reset()
        update = self._waiting.popleft()
        assert isinstance(update, Update)
        try:
            value = decoded(answer)
        except JinduError as error:
            self._commands.append(Finish(error))
            return
        whole = replace(update, data=value, url=None) if update.kind == "result" else replace(update, result=value, url=None)
        self._commands.append(Emit(self._holding.filled(whole)))
        self._give()

    def tick(self, now: float) -> None:
        if now >= self.wake_at:
            self.wake_at = NEVER
            self._give()

    def _give(self) -> None:
        while self._waiting and not self._asked and self.wake_at == NEVER:
            output = self._waiting[0]
            if isinstance(output, Update) and output.url is not None:
                self._asked = True
                self._commands.append(Ask("data", self._api.data(output.url), self._timeout))
                return
            self._waiting.popleft()
            self._commands.append(Emit(output))
