"""What the rungs of the ladder share. A rung is one way to watch: it begins, is told what is heard on its line and what time it
is, and at last has an `end`. It knows no other rung; which one follows is for `_watching` and `_ladder`.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ._api import Api
from ._closing import Backoff, Verdict
from ._commands import Answered, Command, Heard, Transport
from ._giving import Giving
from ._held import Holding
from ._looking import Looking
from ._requests import Response, refused_for_good
from .patience import Patience


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ended. `hello`: it was live; `told`: the server itself sent us away; `silent`: nothing was heard for too
    long; `moved`: something about a job came; `lasted`: seconds since hello; `status`: HTTP status of a refusal."""

    verdict: Verdict
    hello: bool = False
    told: bool = False
    silent: bool = False
    moved: bool = False
    lasted: float = 0.0
    status: int | None = None


@dataclass(slots=True)
class Desk:
    """What all rungs of one watch share. `wait`: the seconds that a long-poll asks for now."""

    holding: Holding
    api: Api
    pace: float | None
    rng: random.Random
    patience: Patience
    wait: Callable[[], float]
    commands: list[Command] = field(default_factory=list)
    backoff: Backoff = field(init=False)
    giving: Giving = field(init=False)
    looking: Looking = field(init=False)

    def __post_init__(self) -> None:
        self.backoff = self._new_backoff()
        self.giving = Giving(self.holding, self.api, self.commands, self._new_backoff(), self.patience.http)
        self.looking = Looking(self.holding, self.api, self.giving, self.commands, self._new_backoff(), self.patience.http)

    def _new_backoff(self) -> Backoff:
        return Backoff(self.rng, self.patience.least, self.patience.most)

    def refused(self, what: Answered) -> End:
        """The end of an attempt whose request was not answered with what was asked for."""
        answer = what.answer
        if not isinstance(answer, Response):
            return End(Verdict(delay=self.backoff.next()))
        if (error := refused_for_good(answer)) is not None:
            return End(Verdict(error=error), told=True, status=answer.status)
        delay = self.backoff.next() if answer.retry_after is None else answer.retry_after
        return End(Verdict(delay=delay), status=answer.status)


class Rung(Protocol):
    """`live`: it carries the watch. `proven`: it has shown so much that another may be dropped. `wake_at`: when `tick` is due,
    in the seconds of `now`."""

    name: Transport
    end: End | None
    began: float

    @property
    def live(self) -> bool: ...

    @property
    def proven(self) -> bool: ...

    @property
    def wake_at(self) -> float: ...

    def begin(self, now: float) -> None: ...

    def heard(self, what: Heard, now: float) -> None: ...

    def tick(self, now: float) -> None: ...

    def drop(self) -> None: ...
