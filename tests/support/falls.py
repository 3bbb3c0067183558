"""What a client has seen of one job, and the proof that nothing of it ever fell (PROTOCOL rules 1, 5 and 9)."""

from collections.abc import Sequence
from typing import Protocol


class Seen(Protocol):
    kind: str
    seq: int
    stage: str | None
    progress: float | None
    attempt: int | None


class Climb:
    def __init__(self, job_id: str, stages: Sequence[str]) -> None:
        self.job_id = job_id
        self.ends = 0
        self.results = 0
        self.seq = 0
        self._stages = list(stages)
        self._place: tuple[int, int, float] = (0, 0, 0.0)

    def see(self, update: Seen) -> None:
        assert self.ends == 0, f"{self.job_id}: something follows the end"
        assert update.seq > self.seq, f"{self.job_id}: seq {update.seq} after {self.seq}"
        self.seq = update.seq
        self.results += update.kind == "result"
        if update.kind in ("complete", "error"):
            self.ends += 1
        if update.kind != "error" and update.stage:  # replayed results come before the first state
            place = (update.attempt or 0, self._stages.index(update.stage), update.progress or 0.0)
            assert place >= self._place, f"{self.job_id}: {place} after {self._place}"
            self._place = place
