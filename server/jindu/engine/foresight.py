"""Tells when jobs will end and how long they wait: the node's `Advice`. What runs teach it as they go, it remembers."""

from collections.abc import Callable

from ..bus.contract import Bus, Notice
from ..core.advice import NOTHING, Told
from ..core.clock import Clock
from ..core.eta.bar import by_time
from ..core.eta.history import Left
from ..core.job import Job
from ..core.observer import SILENT, Observer
from ..core.plan import Plan
from ..core.shown import Eta, Queue
from ..core.states import ENDS, HELD, Kind, Phase
from ..store.contract import Store
from .course import Course, of_row, waiting
from .lessons import Lessons
from .queueing import Queues
from .registry import JobType, Registry
from .watching import Move

# Seconds for which what was told of a job is told again, if it has but moved within its stage: a share of what it has left,
# which is less than anybody sees, at least and at most.
AGAIN_AFTER = 0.05, 0.2, 1.0
SURELY_WAITS = 1.5  # times the wait that is expected: the careful guess
INTERRUPTED = frozenset({Kind.HAND_BACK, Kind.LOST})
WITHIN = frozenset({Kind.RESULT, Kind.LOG, Kind.PROGRESS, Kind.STAGE, Kind.WISH})  # change nobody's place


class Foresight:
    """`slots`: jobs of all types that may run at once here. `close` when the node ends, while the store is open."""

    def __init__(
        self, store: Store, registry: Registry, bus: Bus, clock: Clock, slots: int, observer: Observer = SILENT
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._slots = slots
        self._observer = observer
        self.lessons = Lessons(store, registry)
        self.line = Queues(store, clock)
        self._courses: dict[str, Course] = {}
        self._sizes: dict[str, float] = {}  # of those that wait
        self._told: dict[str, tuple[Job, float, Told]] = {}  # by job: of which value, until when it is told again
        self._stop: Callable[[], None] = bus.listen(self._hear)

    async def begin(self) -> None:
        """Read what is kept. Raises `StoreError`."""
        await self.lessons.load()
        await self.line.load()

    async def tick(self, now: float) -> None:
        """`now` is monotonic seconds. Raises `StoreError`; then it goes on at the next."""
        self._told.clear()
        for course in self._courses.values():
            if course.job.phase is Phase.RUNNING:
                self._look_at(course, now)
        await self.lessons.tick(now)
        await self.line.tick(now)

    async def close(self) -> None:
        self._stop()
        await self.lessons.close()

    def of(self, job: Job) -> Told:
        if job.phase in ENDS or job.phase is Phase.CANCELLING:
            return NOTHING
        now, known = self._clock.monotonic(), self._told.get(job.id)
        if known is not None and now < known[1] and _alike(known[0], job):
            return known[2]
        share, least, most = AGAIN_AFTER
        if job.phase is Phase.PENDING:
            told, again = self._of_waiting(job), least
        else:
            left = self._of_running(job, now)
            told, again = Told(_shown(left)), least if left is None else min(max(share * left.p50, least), most)
        self._told[job.id] = job, now + again, told
        return told

    def begun(self, job_id: str, move: Move) -> None:
        """A body begins: where it says nothing of how far it is, and runs before it did not either, time moves its bar."""
        course = self._courses.get(job_id)
        if course is not None:
            course.move = move

    def over(self, job_id: str) -> None:
        """A run is over here: what ended, or waits to be tried again, was heard; what did not is another node's."""
        course = self._courses.get(job_id)
        if course is not None and course.job.phase in HELD:
            del self._courses[job_id]

    def plan(self, job_type: JobType) -> Plan:
        """The stages of a new job, weighing what was learned of them."""
        return self.lessons.plan(job_type)

    def note(self, job_id: str, position: int, fraction: float) -> None:
        """A body reports how far it is in a stage."""
        course = self._courses.get(job_id)
        if course is not None:
            course.note(position, fraction, self._clock.monotonic())

    def sized(self, job_id: str, size: float) -> None:
        """A body says how many items it counts: the size of the job, unless its type says it."""
        course = self._courses.get(job_id)
        if course is not None and course.size is None and size > 0:
            course.size = size

    def jobs_a_second(self) -> float | None:
        """How fast waiting jobs get their turns, by what is learned of the types that have any; None if that is nothing."""
        apart = [self._apart(job_type) for job_type in self._registry if self.line.waiting(job_type.name)]
        rates = [1 / seconds for seconds in apart if seconds]
        return sum(rates) if rates else None

    def _hear(self, notice: Notice) -> None:
        job, event = notice.job, notice.event
        if job is None or event is None:
            self._heard_little(notice)
            return
        kind, course = event.kind, self._courses.get(job.id)
        if kind not in WITHIN:
            self.line.hear(notice, kind)
        if kind is Kind.SUBMIT:
            self._note_size(job)
        elif kind is Kind.CLAIM:
            self._begun(job, course)
        elif course is not None:
            self._moved(course, job, kind)
        if job.phase in ENDS:
            self._sizes.pop(job.id, None)

    def _heard_little(self, notice: Notice) -> None:
        """It was removed, or another node has it."""
        if notice.seq:
            course = self._courses.get(notice.id)
            if course is not None and course.job.phase not in HELD:
                del self._courses[notice.id]
        else:
            self.line.removed(notice.id)
            self._sizes.pop(notice.id, None)

    def _moved(self, course: Course, job: Job, kind: Kind) -> None:
        now = self._clock.monotonic()
        course.moved(job, now)
        if kind in INTERRUPTED:
            course.learning = False
        if job.phase in ENDS:
            self._over(course, now)

    def _begun(self, job: Job, course: Course | None) -> None:
        now = self._clock.monotonic()
        if course is not None:
            course.again(job, now)
        elif not job.is_batch:
            job_type = self._registry.get(job.spec.type)
            size = self._sizes.pop(job.id, None)
            if size is None and job_type is not None:
                size = job_type.size_of(job.spec.params)
            self._courses[job.id] = Course(job, now, size)

    def _over(self, course: Course, now: float) -> None:
        job = course.job
        del self._courses[job.id]
        self._told.pop(job.id, None)
        if job.phase is not Phase.COMPLETED:
            return
        run, errors, held = course.ended(now)
        if held is not None:
            self._observer.foretold(job.spec.type, errors, held)
        if run is not None:
            self.lessons.learn(job.spec.type, job.spec.plan, run, errors, held)

    def _note_size(self, job: Job) -> None:
        job_type = self._registry.get(job.spec.type)
        if job_type is not None and (size := job_type.size_of(job.spec.params)) is not None:
            self._sizes[job.id] = size

    def _of_running(self, job: Job, now: float) -> Left | None:
        course = self._courses.get(job.id)
        if course is not None:
            return self._left(course, now)
        history = self.lessons.history(job.spec.type, job.spec.plan)
        return history.left(of_row(job, self._clock.wall(), counts=history.counts(job.position)))

    def _left(self, course: Course, now: float) -> Left | None:
        job = course.job
        history = self.lessons.history(job.spec.type, job.spec.plan)
        return history.left(course.standing(now, counts=history.counts(job.position)))

    def _look_at(self, course: Course, now: float) -> None:
        """Keep what is told at this moment, for the score; move a bar that nobody else moves."""
        job = course.job
        history, at = self.lessons.history(job.spec.type, job.spec.plan), job.position
        counts = history.counts(at)
        standing = course.standing(now, counts=counts)
        left = history.left(standing)
        if left is None:
            return
        course.said(left, now)
        if course.move is not None and at >= 0 and course.silent and not counts:
            course.move(by_time(standing, left, *job.spec.plan.bounds[at : at + 2]))

    def _of_waiting(self, job: Job) -> Told:
        """It waits for its time or its turn, then it runs."""
        job_type = self._registry.get(job.spec.type)
        if job_type is None or job.is_batch:
            return NOTHING
        place = self.line.place(job)
        wait = None if place is None else self._wait(job_type, place)
        queue: Queue | None = None if place is None else {"position": place, "wait": None if wait is None else _rounded(wait)}
        begins = max(job.due_at - self._clock.wall(), 0.0) if place is None else wait
        left = self.lessons.history(job.spec.type, job.spec.plan).left(waiting(job, self._sizes.get(job.id)))
        if begins is None or left is None or self._registry.is_paused(job_type.name):
            return Told(None, queue)
        return Told(_shown(Left(begins + left.p50, SURELY_WAITS * begins + left.p90)), queue)

    def _wait(self, job_type: JobType, place: int) -> float | None:
        """No time while slots are free; else the next one waits half of what lies between two turns: we come in between."""
        if self._registry.is_paused(job_type.name):
            return None
        running = [course.job.spec.type for course in self._courses.values() if course.job.phase in HELD]
        free = min(job_type.concurrency - running.count(job_type.name), self._slots - len(running))
        if place <= free:
            return 0.0
        apart = self._apart(job_type)
        return None if apart is None else (place - max(free, 0) - 0.5) * apart

    def _apart(self, job_type: JobType) -> float | None:
        lesson = self.lessons.of(job_type)
        usual = None if lesson is None else lesson.history.mean_total
        return self.line.apart(job_type.name, min(job_type.concurrency, self._slots), usual)


def _alike(told: Job, job: Job) -> bool:
    """Whether what was just told of a job holds for it as it is now, near enough."""
    return told is job or (
        told.phase is job.phase is Phase.RUNNING and told.position == job.position and told.attempt == job.attempt
    )


def _shown(left: Left | None) -> Eta | None:
    if left is None:
        return None
    eta: Eta = {"p50": _rounded(left.p50), "p90": _rounded(left.p90)}
    if left.slow:
        eta["slow"] = True
    return eta


def _rounded(seconds: float) -> float:
    return round(seconds, 1) if seconds < 100 else float(round(seconds))
