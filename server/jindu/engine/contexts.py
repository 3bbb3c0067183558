"""Notes failed attempts for operators: a door of its own beside the journal, since nothing of it is an event."""

import asyncio
import logging
import traceback

from ..core.clock import Clock
from ..core.contexts import ErrorContext, Raised
from ..core.events import ErrorBody
from ..core.job import Job
from ..store.contract import Noted, Store
from .threads import guarded

log = logging.getLogger("jindu.engine")

NOTHING = Raised()


class Contexts:
    """Nobody waits for a note, and one that cannot be kept (a full disk) takes nothing else with it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def note(self, job: Job, body: ErrorBody, raised: Raised = NOTHING) -> None:
        """The context of `body`, the public error of an attempt of `job`, which stands where the attempt left it."""
        context = ErrorContext(
            id=str(body["id"]),
            job=job.id,
            type=job.spec.type,
            stage=job.spec.plan.name(job.position),
            attempt=job.attempt,
            run=job.run,
            code=str(body["code"]),
            at=self._clock.wall(),
            raised=raised,
        )
        self._store.commit(Noted(context)).add_done_callback(_told)


def raised_by(error: BaseException) -> Raised:
    """What an exception says, its causes too, without secrets. Never raises, whatever its methods do."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    said, trace = guarded(str, error), guarded(_formatted, error)
    return Raised.of(name, str(said.value or "") if said.error is None else "", trace.value if trace.error is None else name)


def _formatted(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _told(noted: "asyncio.Future[None]") -> None:
    if not noted.cancelled() and (error := noted.exception()):
        log.warning("an error context could not be kept: %s", error)
