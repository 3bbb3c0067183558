"""The reading half of a store, in memory: jobs move by committing events, reads can be held to let things happen meanwhile."""

import asyncio
from collections.abc import Sequence

from jindu.bus.contract import Bus, Notice
from jindu.core import events as ev
from jindu.core.job import Job, evolve
from jindu.store.contract import Kept, Record, StoreError


class MemoryLog:
    def __init__(self, bus: Bus) -> None:
        self.epoch = "E1"
        self.jobs: dict[str, Job] = {}
        self.reads = 0
        self.broken = False
        self.reading = asyncio.Event()  # set when a read has taken its picture and is held
        self._bus = bus
        self._results: dict[str, bytes] = {}
        self._kept: dict[str, list[Kept]] = {}
        self._gate = asyncio.Event()
        self._gate.set()

    def commit(self, event: ev.Event, job_id: str = "", *, tell: str = "all") -> Job:
        """Commit an event and `tell` the bus: "all" with job and event, "hint" with the seq alone, "nothing"."""
        job_id = event.spec.id if isinstance(event, ev.Submitted) else job_id
        job = self.jobs[job_id] = evolve(self.jobs.get(job_id), event)
        if isinstance(event, ev.ResultKept):
            self._kept.setdefault(job_id, []).append(Kept(job.seq, event.key, event.data))
        if isinstance(event, ev.Returned):
            self._results[job_id] = event.result
        if tell == "all":
            self._bus.publish(Notice(job_id, job.seq, job, event))
        elif tell == "hint":
            self._bus.publish(Notice(job_id, job.seq))
        return job

    def remove(self, job_id: str) -> None:
        del self.jobs[job_id]
        self._bus.publish(Notice(job_id, 0))

    def hold(self) -> None:
        """Reads take their picture now and answer only after `go_on`."""
        self.reading.clear()
        self._gate.clear()

    def go_on(self) -> None:
        self._gate.set()

    async def read(self, job_id: str) -> Record | None:
        job = self.jobs.get(job_id)
        record = Record(job, self._results.get(job_id)) if job else None
        await self._answer()
        return record

    async def results(self, job_id: str, after: int = 0, limit: int = 1000) -> Sequence[Kept]:
        found = [kept for kept in self._kept.get(job_id, []) if kept.seq > after][:limit]
        await self._answer()
        return found

    async def _answer(self) -> None:
        self.reads += 1
        if self.broken:
            raise StoreError("the disk is gone")
        self.reading.set()
        await asyncio.sleep(0)
        await self._gate.wait()
