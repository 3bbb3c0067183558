"""One run of one job: from the claim to the event that ends it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, TypeVar

from ..core import events as ev
from ..core.clock import Clock
from ..core.codec import decode
from ..core.contexts import Raised
from ..core.current import current_job
from ..core.errors import JobError, JobTimeout
from ..core.job import Job
from ..store.contract import Conflict, Kept, Store, StoreBroken, StoreBusy, StoreError
from .bodies import Body, CoroutineBody, ThreadBody
from .children import ChildBody
from .context import Context
from .contexts import Contexts, raised_by
from .journal import Journal
from .pace import Pace
from .params import InvalidParams
from .port import Outcome, Start
from .ports import LoopPort, ThreadPort
from .registry import JobType, RunIn
from .results import stored
from .threads import guarded
from .watching import UNWATCHED, Watcher

log = logging.getLogger("jindu.engine")
MOVED = 1.0  # percent: what time moves a bar by at once; less would be many commits that nobody sees
T = TypeVar("T")
STORE_AGAIN = 0.25  # seconds until a store that was away is asked again
STOP_GRACE = 2.0  # seconds a body has to end after it was asked to; then it is killed, or abandoned


class Cause(Enum):
    """Why a run was asked to stop."""

    TIME_OUT = "time-out"
    CANCEL = "cancel"
    DRAIN = "drain"
    LOST = "lost"
    LEASE = "lease that could not be renewed"


class Run:
    """Owns the body. Everything here happens on the event loop; the ports bring calls from threads and children here."""

    def __init__(
        self,
        job: Job,
        job_type: JobType,
        store: Store,
        journal: Journal,
        clock: Clock,
        contexts: Contexts,
        child_memory: int = 0,
        watcher: Watcher = UNWATCHED,
    ) -> None:
        self.job_id = job.id
        self.type = job_type
        self.abandoned = False
        self.refused = False  # the store refused the claim; the job is still pending
        self._store = store
        self._journal = journal
        self._clock = clock
        self._contexts = contexts
        self._child_memory = child_memory
        self._watcher = watcher
        self._pace = Pace(job_type.pace, clock, self._progressed)
        self._cause: Cause | None = None
        loop = asyncio.get_running_loop()
        self.concluded: asyncio.Future[None] = loop.create_future()
        self._nudged: asyncio.Future[None] = loop.create_future()
        self._let_go: asyncio.Future[None] = loop.create_future()
        self._body: Body | None = None
        self._steps: set[str] = set()
        self._params = job.spec.params
        self._hold, self._claimed = journal.claim(job, ev.Claimed(clock.wall(), store.boot), self._lost)

    @property
    def stopping(self) -> bool:
        return self._cause is not None

    @property
    def alive(self) -> bool:
        """Whether the body has begun and not really ended."""
        return self._body is not None and not self._body.ended.done()

    def stop(self, cause: Cause) -> None:
        """Ask the body to end; the first cause stands."""
        if self._cause is not None:
            return
        self._cause = cause
        if self._body is not None:
            self._body.stop()
        if not self._nudged.done():
            self._nudged.set_result(None)

    def let_go(self) -> None:
        """Do not wait for a body that was abandoned: the process is about to end."""
        if not self._let_go.done():
            self._let_go.set_result(None)

    async def live(self) -> None:
        """Run to the end. Returns when the body has really ended and its end is durable."""
        current_job.set(self.job_id)  # for the log; the task is this run's own
        try:
            job = await self._claim()
            self._watcher.begun(self.job_id, self.moved)
            start = await self._start(job)
            begun = guarded(self._begin, start)
            if begun.error is not None:
                await self._conclude(begun)
                return
            body: Body = begun.value
            self._body = body
            await self._conclude(await self._outcome(body))
            # A body that was abandoned keeps its slot until it really ends.
            await self._until(body.ended, self._let_go)
        except Conflict:
            log.warning("run %d of job %s lost its job to another", self._hold.run, self.job_id)
        except StoreError as error:
            log.warning("run %d of job %s could not be written: %s", self._hold.run, self.job_id, error)
        finally:
            self._pace.flush()
            if self._body is not None and not self._body.ended.done():
                self._body.kill()
            self._journal.release(self._hold)
            self._watcher.over(self.job_id)
            self._over()

    # -- what ports call ---------------------------------------------------------------------------------------

    def expect(self, items: int) -> None:
        self._watcher.sized(self.job_id, items)

    def stage(self, position: int) -> None:
        self._watcher.note(self.job_id, position, 0.0)
        self._pace.flush()
        head = self._journal.head(self.job_id)
        # A re-run passes through stages that the job has seen already; people are not shown them again.
        if head is not None and position > head.position:
            self._write(ev.StageEntered(self._clock.wall(), position))

    def progress(self, position: int, within: float, message: str | None) -> None:
        head = self._journal.head(self.job_id)
        if head is None:
            return
        self._watcher.note(self.job_id, position, within / 100)
        percent = head.spec.plan.percent(position, within) if position >= 0 else 0.0
        # While a report is held, the newest message has to join it even if it is the one people see now.
        if percent > head.floor or (message is not None and (self._pace.holds or message != head.message)):
            self._pace.offer(percent, message)

    def moved(self, percent: float) -> None:
        """Time has moved the bar, in a stage of which the body says nothing."""
        if (head := self._journal.head(self.job_id)) and percent >= head.floor + MOVED and self._cause is None:
            self._pace.offer(percent, None)

    def partial(self, key: ev.Key, data: bytes) -> None:
        self._pace.flush()
        self._write(ev.ResultKept(self._clock.wall(), key, data))

    def line(self, text: str) -> None:
        self._pace.flush()
        self._write(ev.Logged(self._clock.wall(), text))

    async def save_step(self, name: str, value: bytes) -> None:
        self._pace.flush()
        await self._answered(lambda: self._journal.step(self._hold, name, value))
        self._steps.add(name)

    # -- inside ------------------------------------------------------------------------------------------------

    async def _answered(self, ask: Callable[[], Awaitable[T]]) -> T:
        """A store over the network may be away for a while, which is no failure of the body: it is asked again until our lease
        is in doubt, or we are told to stop; then the job is handed back."""
        while True:
            try:
                return await ask()
            except StoreBusy:
                if self._store.shared is None or self._cause is not None:
                    raise
                await self._until(self._nudged, timeout=STORE_AGAIN)

    def _progressed(self, percent: float, message: str | None) -> None:
        self._journal.write(self._hold, ev.Progressed(self._clock.wall(), percent, message))

    def _write(self, event: ev.Event) -> None:
        self._journal.write(self._hold, event)

    async def _claim(self) -> Job:
        try:
            return await self._claimed
        except StoreError:
            self.refused = True
            raise

    def _lost(self) -> None:
        self.stop(Cause.LOST)

    async def _start(self, job: Job) -> Start:
        # Only a job that ran before can have left anything behind; one that was made by a retry may have steps from the start.
        again = job.run > 1
        kept: Sequence[Kept] = ()
        if again and job.results:
            kept = await self._answered(lambda: self._store.results(job.id))
        steps = await self._answered(lambda: self._store.steps(job.id)) if again or job.spec.retry_of else {}
        self._steps.update(steps)
        return Start(
            job_id=job.id,
            attempt=job.attempt,
            plan=job.spec.plan,
            declared=self.type.declared,
            keys=frozenset(result.key for result in kept),
            results=job.results,
            result_bytes=job.result_bytes,
            lines=job.lines,
            steps=steps,
            classify=self._classify,
        )

    def _begin(self, start: Start) -> Body:
        if self.type.run_in is RunIn.PROCESS:
            return ChildBody(self, self.type, self._params, start, self._child_memory)
        try:
            kwargs = self.type.params.check(decode(self._params))
        except InvalidParams as error:  # the function changed after the job was accepted
            raise JobError("INVALID_PARAMS", str(error)) from None
        name = self.type.params.context_name
        if self.type.run_in is RunIn.LOOP:
            if name:
                kwargs[name] = Context(start, LoopPort(self))
            return CoroutineBody(self.type.function, kwargs, f"job {self.job_id} ({self.type.name})")
        if name:
            kwargs[name] = Context(start, ThreadPort(self))
        return ThreadBody(self.type.function, kwargs)

    async def _outcome(self, body: Body) -> Outcome | None:
        """How the body ended; None when it had to be abandoned."""
        if self._cause is not None:  # asked to stop before there was anybody to ask
            body.stop()
        await self._until(body.ended, self._nudged, timeout=self.type.timeout)
        if not body.ended.done():
            self.stop(Cause.TIME_OUT)
            await self._until(body.ended, timeout=STOP_GRACE)
        if not body.ended.done():
            body.kill()
            await self._until(body.ended, timeout=STOP_GRACE)
        if not body.ended.done():
            self.abandoned = True
            log.error("job %s ignores its %s: abandoned, its slot stays taken", self.job_id, self._cause)
            return None
        return body.ended.result()

    async def _until(self, *futures: "asyncio.Future[Any]", timeout: float | None = None) -> None:
        await asyncio.wait(futures, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    async def _conclude(self, outcome: Outcome | None) -> None:
        self._pace.flush()
        if self._cause is not Cause.LOST:
            await self._end(outcome)
        self._over()

    async def _end(self, outcome: Outcome | None) -> None:
        """Whatever an author's error carries, the job ends: what cannot be judged or stored is an internal error."""
        try:
            await self._journal.end(self._hold, self._verdict(outcome))
        except (Conflict, StoreBroken):
            raise
        except Exception as error:  # noqa: BLE001 - told in the log, and to who asked for the job
            body = self._error_body("INTERNAL_ERROR")
            self._note(body, raised_by(error))
            await self._journal.end(self._hold, ev.Failed(self._clock.wall(), body))

    def _over(self) -> None:
        if not self.concluded.done():
            self.concluded.set_result(None)

    def _verdict(self, outcome: Outcome | None) -> ev.Event:
        """The event that ends the run. What a body returns wins over whatever it was asked (PROTOCOL section 1)."""
        now = self._clock.wall()
        error: BaseException = JobTimeout(f"job {self.job_id} ran for more than {self.type.timeout} seconds")
        if outcome is not None and outcome.error is None:
            try:
                return ev.Returned(now, stored(outcome.value))
            except JobError as unfit:
                error = unfit
        elif self._cause is Cause.CANCEL:
            return ev.Cancelled(now, self._error_body("JOB_CANCELLED"))
        elif self._cause in (Cause.DRAIN, Cause.LEASE):
            return ev.HandedBack(now)
        elif self._cause is None and outcome is not None and outcome.error is not None:
            error = outcome.error
        return self._failure(error, now, outcome.raised if outcome is not None and error is outcome.error else None)

    def _failure(self, error: BaseException, now: float, raised: Raised | None) -> ev.Event:
        head = self._journal.head(self.job_id)
        kind, wait = self.type.errors.classify(error)
        body = kind.body(id=self._error_id(), retry_after=wait)
        self._note(body, raised or raised_by(error))
        if not self.abandoned and head is not None and head.attempt < head.spec.max_attempts and body["retryable"]:
            delay = self.type.retry.delay(head.attempt, body["retry_after"])
            return ev.RetryScheduled(now, now + delay, body, keep_floor=bool(self._steps))
        return ev.Failed(now, body)

    def _note(self, body: ev.ErrorBody, raised: Raised) -> None:
        """For operators: in the log, and to be found by the id that the user can quote."""
        log.error(
            "job %s (%s) failed, %s, error id %s\n%s", self.job_id, self.type.name, body["code"], body["id"], raised.traceback
        )
        if (head := self._journal.head(self.job_id)) is not None:
            self._contexts.note(head, body, raised)

    def _classify(self, error: BaseException) -> JobError:
        if isinstance(error, JobError):
            return error
        kind, wait = self.type.errors.classify(error)
        friendly = JobError(kind.code, retry_after=wait)
        friendly.__cause__ = error
        return friendly

    def _error_body(self, code: str) -> ev.ErrorBody:
        return self.type.errors.body(code, id=self._error_id())

    def _error_id(self) -> str:
        return f"{self.job_id}-{self._hold.run}"
