"""Rows beside what their logs say they must be, and rows set right from their logs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...core import audit
from ...core.audit import DAMAGED
from ...core.events import Event
from ...core.ids import SHARDS
from ...core.job import Job
from ...core.states import ENDS, Phase
from ..contract import Record
from ..findings import Examined
from . import places, rows
from .leases import LEASE
from .link import Link
from .server import Arg


async def page(link: Link, after: int, limit: int, *, open_only: bool) -> list[Examined]:
    """`limit` jobs behind the place `after`: a place is the number of a job in its shard, and the shard."""
    listed = "open" if open_only else "nums"
    commands: list[Sequence[Arg]] = [
        # Places are shard by shard within a number: those of lower shards at the same number are behind us already.
        ("ZRANGEBYSCORE", f"{{j{shard}}}:{listed}", f"({(after - shard) // SHARDS if after >= shard else 0}", "+inf",
         "WITHSCORES", "LIMIT", 0, limit)
        for shard in range(SHARDS)
    ]  # fmt: skip
    found = [
        (int(float(part[one + 1])) * SHARDS + shard, shard, part[one].decode())
        for shard, part in enumerate(await link.ask(commands))
        for one in range(0, len(part), 2)
    ]
    next_ones = sorted(found)[:limit]
    read: list[Sequence[Arg]] = []
    for _, shard, job_id in next_ones:
        read += _commands(shard, job_id)
    answers = await link.ask(read)
    return [
        examined(place, job_id, answers[2 * one], answers[2 * one + 1])
        for one, (place, _, job_id) in enumerate(next_ones)
        if answers[2 * one][2] is not None  # removed meanwhile
    ]


def _commands(shard: int, job_id: str) -> list[Sequence[Arg]]:
    prefix = f"{{j{shard}}}:"
    return [("HMGET", f"{prefix}job:{job_id}", *rows.ROW, "g"), ("LRANGE", f"{prefix}log:{job_id}", 0, -1)]


def examined(place: int, job_id: str, whole: Sequence[bytes | None], log: Sequence[bytes]) -> Examined:
    row = _row(whole[:-1])
    try:
        entries = _entries(whole, log)
        truth = audit.folded(entries)
    except DAMAGED as error:
        return Examined(place, job_id, row, None, problem=str(error) or type(error).__name__)
    if row is None:
        return Examined(place, job_id, None, truth, ("row",))
    if truth.phase is Phase.COMPLETED and whole[rows.ROW.index("e")] is None:  # then nobody knows how large it was
        truth = replace(truth, result_size=row.result_size)
    return Examined(place, job_id, row, truth, tuple(audit.differences(row, truth)))


async def mend(link: Link, job_id: str) -> Examined | None:
    """Set a row right from its log; what was found, None if there is no such job. Raises `StoreError`."""
    shard, _ = await places.ask_of(link, job_id, [])
    whole, log = await link.ask(_commands(shard, job_id))
    if whole[2] is None:
        return None
    seen = examined(0, job_id, whole, log)
    if seen.truth is None or not seen.wrong:
        return seen
    job = audit.mended(seen.row, seen.truth)
    args: list[Any] = [
        shard, job_id, whole[2], whole[3] or b"0", job.seq, job.run, job.crashes, job.phase.value, rows.state(job),
        rows.dumps(job.tags), rows.queued(job), rows.finished(job), LEASE, rows.version(job),
    ]  # fmt: skip
    moved_on = await link.call("mend", *args, slot=link.lines.slot(shard))
    return replace(seen, wrong=()) if moved_on[0] else seen


def _row(whole: Sequence[bytes | None]) -> Job | None:
    """The job as its row has it; None if no job can be made of it."""
    try:
        job = rows.job(whole)
        legible = job is not None and (job.phase in ENDS or job.stage is not None)  # a place beyond the plan has no name
    except DAMAGED:
        return None
    return job if job is not None and legible and job.position < len(job.spec.plan.stages) else None


def _entries(whole: Sequence[bytes | None], log: Sequence[bytes]) -> list[tuple[int, Event]]:
    spec = rows.spec(whole[0] or b"", whole[rows.PARAMS] or b"")
    blank = Job(spec, Phase.PENDING, 0, 0, 1, 0, -1, 0.0, "", 0, (), spec.created_at, spec.created_at)
    record = Record(blank, whole[rows.ROW.index("e")])
    kept = [rows.logged(text, record) for text in log]
    if whole[-1] is not None:
        kept.append(rows.progress(whole[-1]))
    return sorted(((one.seq, one.event) for one in kept), key=lambda one: one[0])
