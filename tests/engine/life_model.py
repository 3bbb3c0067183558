"""What the state machine expects: jobs as plain values, changed by hand as PROTOCOL section 1 says, without the table."""

from dataclasses import dataclass, field

from engine.life import ATTEMPTS, KEEP

QUARANTINE = 3  # deaths in a row without a new step
OPEN = ("pending", "running", "cancelling")
STATUSES = ("pending", "running", "completed", "failed", "cancelled")


@dataclass
class Held:
    """One job."""

    id: str
    type: str
    asked: object
    created_at: float
    due_at: float
    priority: int = 0
    expires_at: float | None = None
    key: str | None = None
    batch: str | None = None
    phase: str = "pending"
    seq: int = 1
    run: int = 0
    attempt: int = 1
    crashes: int = 0
    position: int = -1
    shown: float = 0.0  # percent, as last seen
    results: list[str | int] = field(default_factory=list)
    steps: set[str] = field(default_factory=set)
    new_steps: bool = False  # a step was kept in this attempt or before
    retried_by: str | None = None
    finished_at: float | None = None
    updated_at: float = 0.0

    @property
    def over(self) -> bool:
        return self.phase not in OPEN

    @property
    def status(self) -> str:
        return "running" if self.phase == "cancelling" else self.phase

    @property
    def max_attempts(self) -> int:
        return ATTEMPTS[self.type]

    @property
    def keep_for(self) -> float:
        return KEEP[self.type]

    @property
    def place(self) -> tuple[float, float, str]:
        return (self.due_at - self.priority, self.created_at, self.id)

    def moved(self, phase: str | None = None) -> None:
        self.seq += 1
        self.phase = phase or self.phase

    def lost(self) -> None:
        """Its process died."""
        if self.phase == "cancelling":
            self.moved("cancelled")
        elif self.crashes + 1 >= QUARANTINE:
            self.moved("failed")
        else:
            self.crashes += 1
            self.moved("pending")


@dataclass
class Group:
    """One batch."""

    id: str
    members: list[str]
    wished: bool = False
    over: bool = False


@dataclass
class Model:
    jobs: dict[str, Held] = field(default_factory=dict)
    batches: dict[str, Group] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    buried_keys: set[tuple[str, str]] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)

    def born(self, job: Held) -> None:
        assert job.id not in self.ever, "an id was used again"
        self.ever.add(job.id)
        self.jobs[job.id] = job

    def bury(self, job_id: str) -> None:
        job = self.jobs.pop(job_id)
        self.removed.append(job_id)
        if job.key is not None:
            self.buried_keys.add((job.type, job.key))

    def of_key(self, type: str, key: str) -> Held | None:
        return next((job for job in self.jobs.values() if (job.type, job.key) == (type, key)), None)

    def removable(self, job: Held) -> bool:
        batch = self.batches.get(job.batch or "")
        return job.over and (batch is None or batch.over)

    def tally(self, batch: Group) -> dict[str, int]:
        counts = dict.fromkeys(STATUSES, 0)
        for member in batch.members:
            counts[self.jobs[member].status] += 1
        return counts

    def end_of(self, batch: Group) -> str | None:
        """How a batch ends now (PROTOCOL section 6); None while one of its jobs is open."""
        counts = self.tally(batch)
        if counts["pending"] or counts["running"]:
            return None
        if counts["cancelled"] and (batch.wished or counts["cancelled"] == len(batch.members)):
            return "cancelled"
        if counts["completed"]:
            return "completed"
        return "cancelled" if batch.wished else "failed"
