"""Schedules: each run is an ordinary job whose key is (schedule, due time).

Worked through: a run is due at 12:00. The node submits a job with the key of 12:00, then moves the cursor to 12:10. It dies
between the two: the next one finds the cursor at 12:00, submits with the same key, gets the same job, and moves on. So a crash
loses and doubles nothing, nor do two nodes that look at once: one of them moves the cursor.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfoNotFoundError

from ..core.clock import Clock, rfc3339
from ..core.codec import decode_own
from ..core.job import Job
from ..core.schedule import Missed, Overlap, Schedule
from ..store.contract import Exists, Store
from . import triggers
from .jobs import Jobs
from .options import Options, check_options
from .params import InvalidParams
from .refusals import KeyReused, QueueFull, RemovedJob, UnknownJob, UnknownType
from .registry import Registry

log = logging.getLogger("jindu.schedules")

GRACE = 60.0  # seconds that a run may be late before it counts as missed
AT_ONCE = 1_000  # schedules looked at in one tick
ROUNDS = 70  # runs of one schedule that one tick may make up for: those of a grace of seconds
TAG_CHARS = 64


class UnknownSchedule(LookupError):
    """There is no such schedule."""


class IsDeclared(Exception):
    """It is declared in the code of the application, and changed there."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with a schedule that is due: the due time to run, if one is, and the schedule afterwards."""

    after: Schedule
    run: float | None = None


def decide(schedule: Schedule, wall: float, *, idle: bool) -> Decision:
    """Pure. `idle`: the run before has ended. One due time at a time, so that none is lost where several have come."""
    if schedule.held_at is not None and idle:
        return Decision(replace(schedule, held_at=None), schedule.held_at)
    due = schedule.next_at
    if due is None or due > wall:
        return Decision(schedule)
    trigger = triggers.of(schedule)
    if wall - due > GRACE:
        if schedule.missed is Missed.SKIP:
            later = trigger.after(wall - GRACE, schedule.created_at)
            return Decision(replace(schedule, next_at=later, skipped=schedule.skipped + 1))
        due = trigger.latest(due, wall, schedule.created_at)
    moved = replace(schedule, next_at=trigger.after(due, schedule.created_at))
    if idle and schedule.held_at is None:
        return Decision(moved, due)
    if schedule.overlap is Overlap.QUEUE and schedule.held_at is None:
        return Decision(replace(moved, held_at=due))
    return Decision(replace(moved, skipped=schedule.skipped + 1))


class Schedules:
    """Each method that names a schedule raises `UnknownSchedule`; all raise `StoreError`."""

    def __init__(self, store: Store, registry: Registry, jobs: Jobs, clock: Clock) -> None:
        self._store = store
        self._registry = registry
        self._jobs = jobs
        self._clock = clock
        self._told: set[str] = set()  # troubles said once

    # -- what there is -----------------------------------------------------------------------------------------

    async def all(self) -> Sequence[Schedule]:
        """By id."""
        return await self._store.schedules()

    async def read(self, schedule_id: str) -> Schedule:
        found = await self._store.schedule(schedule_id)
        if found is None:
            raise UnknownSchedule(schedule_id)
        return found

    async def create(self, schedule: Schedule) -> Schedule:
        """Keep a new one; its times are set here. Raises `UnknownType`, `InvalidParams`, `BadTrigger`, and `Exists`."""
        self._check(schedule)
        made = self._begun(schedule)
        await self._store.add_schedule(made)
        return made

    async def change(self, schedule_id: str, **fields: Any) -> Schedule:
        """Change fields of one that is not declared in code. Raises as `create`, and `IsDeclared`."""
        while True:
            old = await self.read(schedule_id)
            if old.declared:
                raise IsDeclared(schedule_id)
            new = replace(old, **fields)
            self._check(new)
            if new.trigger != old.trigger:
                new = replace(new, next_at=triggers.of(new).after(self._clock.wall(), new.created_at))
            if await self._moved(new):
                return replace(new, version=new.version + 1)

    async def drop(self, schedule_id: str) -> None:
        """Remove one; its runs stay. Raises `IsDeclared`."""
        if (await self.read(schedule_id)).declared:
            raise IsDeclared(schedule_id)
        await self._store.drop_schedule(schedule_id)

    async def pause(self, schedule_id: str) -> Schedule:
        """Nothing falls due until `resume`; what runs goes on. Again is harmless."""
        return await self._switched(schedule_id, paused=True)

    async def resume(self, schedule_id: str) -> Schedule:
        """Due times count from now on: what fell due in between is not made up for. Again is harmless."""
        return await self._switched(schedule_id, paused=False)

    async def run_now(self, schedule_id: str) -> Job:
        """A run out of turn; due times stay. Raises as `Jobs.offer` does."""
        schedule = await self.read(schedule_id)
        job = await self._jobs.submit(self._jobs.type(schedule.type), schedule.params, _options(schedule, None))
        while not await self._moved(replace(schedule, last_job=job.id, last_at=self._clock.wall(), runs=schedule.runs + 1)):
            schedule = await self.read(schedule_id)
        return job

    def upcoming(self, schedule: Schedule, number: int) -> list[float]:
        """The next due times; none while it is paused."""
        found: list[float] = []
        due = None if schedule.paused else schedule.next_at
        with suppress(ZoneInfoNotFoundError):  # made where the zone is known
            while due is not None and len(found) < number:
                found.append(due)
                due = triggers.of(schedule).after(due, schedule.created_at)
        return found

    # -- the code's own ----------------------------------------------------------------------------------------

    async def begin(self, declared: Sequence[Schedule]) -> None:
        """Called once, before anything runs: keep what the application declares, forget what it does not any more, and set
        right what a clock that was set back has put far off. Raises as `create`."""
        wanted = {one.id: one for one in declared}
        for one in wanted.values():
            self._check(one)
        for kept in await self._store.schedules():
            new = wanted.pop(kept.id, None)
            if new is not None:
                await self._declare_again(kept, new)
            elif kept.declared and self._registry.get(kept.type) is not None:
                await self._store.drop_schedule(kept.id)
            elif kept.every is not None and kept.next_at is not None and kept.next_at > self._clock.wall() + kept.every:
                await self._moved(replace(kept, next_at=triggers.of(kept).after(self._clock.wall(), kept.created_at)))
        for new in wanted.values():
            with suppress(Exists):  # another node, which starts now as well, was first
                await self._store.add_schedule(self._begun(new))

    async def _declare_again(self, kept: Schedule, new: Schedule) -> None:
        """The code says what runs when; the store how far it is, and whether it is paused."""
        same = replace(
            new, created_at=kept.created_at, paused=kept.paused, version=kept.version, next_at=kept.next_at,
            held_at=kept.held_at, last_at=kept.last_at, last_job=kept.last_job, runs=kept.runs, skipped=kept.skipped,
        )  # fmt: skip
        wall = self._clock.wall()
        far_off = same.every is not None and same.next_at is not None and same.next_at > wall + same.every
        if new.trigger != kept.trigger or far_off:
            same = replace(same, next_at=triggers.of(new).after(wall, kept.created_at))
        if same != kept:
            await self._moved(same)

    # -- running -----------------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Start what is due; of nodes that know the same job types one does, while it lives."""
        if not await self._leads():
            return
        for schedule in await self._store.due_schedules(self._clock.wall(), AT_ONCE):
            try:
                await self._catch_up(schedule)
            except ZoneInfoNotFoundError:  # it was made where the zone is known; others go on
                self._say_once(schedule, f"the time zone {schedule.timezone} is not known here (install tzdata), so it waits")

    async def _leads(self) -> bool:
        # Two that lead at once do no harm. One that leads without knowing a type would: its schedules would wait for it.
        if self._store.shared is None:
            return True
        known = ",".join(sorted(self._registry.names)).encode()
        return await self._store.shared.lead(f"schedules {crc32(known):08x}")

    async def _catch_up(self, schedule: Schedule) -> None:
        for _ in range(ROUNDS):
            decision = decide(schedule, self._clock.wall(), idle=await self._idle(schedule))
            if decision.after == schedule:
                return
            after = await self._carried_out(schedule, decision)
            if after is None or not await self._moved(after):
                return
            schedule = replace(after, version=after.version + 1)

    async def _carried_out(self, schedule: Schedule, decision: Decision) -> Schedule | None:
        """The schedule after a decision, its run submitted; None if that has to wait."""
        if decision.run is None:
            return decision.after
        due = decision.run
        ran = replace(decision.after, last_at=due, runs=schedule.runs + 1)
        try:
            job_type = self._jobs.type(schedule.type)
            job_type.params.check(decode_own(schedule.params))
            job = await self._jobs.submit(job_type, schedule.params, _options(schedule, due))
        except UnknownType:  # of an application that this node does not have, or not any more
            self._say_once(schedule, "its job type is not known here, so it waits")
            return None
        except QueueFull:
            self._say_once(schedule, "the queue is full, so it waits")
            return None
        except InvalidParams as error:
            self._say_once(schedule, f"its parameters do not fit any more: {error}")
            return replace(decision.after, skipped=schedule.skipped + 1)
        except (KeyReused, RemovedJob, UnknownJob):  # this due time has had its run, before the schedule was changed
            return ran
        return replace(ran, last_job=job.id)

    async def _idle(self, schedule: Schedule) -> bool:
        if schedule.last_job is None:
            return True
        record = await self._store.read(schedule.last_job)
        return record is None or record.job.is_completed

    async def _moved(self, schedule: Schedule) -> bool:
        return await self._store.change_schedule(replace(schedule, version=schedule.version + 1))

    async def _switched(self, schedule_id: str, *, paused: bool) -> Schedule:
        while True:
            old = await self.read(schedule_id)
            if old.paused == paused:
                return old
            new = replace(old, paused=paused)
            if not paused:
                new = replace(new, held_at=None, next_at=triggers.of(new).after(self._clock.wall(), new.created_at))
            if await self._moved(new):
                return replace(new, version=new.version + 1)

    def _check(self, schedule: Schedule) -> None:
        triggers.trigger(schedule.cron, schedule.every, schedule.timezone)
        job_type = self._jobs.type(schedule.type)
        check_options(schedule.params, _options(schedule, None))
        job_type.params.check(decode_own(schedule.params))

    def _begun(self, schedule: Schedule) -> Schedule:
        now = self._clock.wall()
        return replace(schedule, created_at=now, version=1, next_at=triggers.of(schedule).after(now, now))

    def _say_once(self, schedule: Schedule, what: str) -> None:
        text = f"schedule {schedule.id}: {what}"
        if text not in self._told:
            self._told.add(text)
            log.warning("%s", text)


def _options(schedule: Schedule, due: float | None) -> Options:
    """A key that no caller can send: it has blanks."""
    tag = f"schedule:{schedule.id}"
    return Options(
        owner=schedule.owner,
        key=None if due is None else f"schedule {schedule.id} {rfc3339(due)}",
        priority=schedule.priority,
        tags=(*schedule.tags, *([tag] if len(tag) <= TAG_CHARS else [])),
    )
