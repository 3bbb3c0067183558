"""Which measurements a run consists of. A name is `load: who`; those of one load stand side by side in the report."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from . import host
from .contenders import FAN_OUT, OURS, WHOLE_JOB, Peer, scratch
from .host import HERE
from .loads import checks, fan_out, idle, many_jobs, requests
from .loads.sample import Sample, Tools

Measure: TypeAlias = Callable[[], Sample]
BROADCAST, BURST, MANY, FEW, DASHBOARD = "one job to all", "bursts", "many jobs", "few jobs", "dashboard"
RATE = 50  # updates a second: what all but one of the neighbours can deliver to a thousand
STEADY = f"one job to all, {RATE} a second"
FILLED = {"python-socketio"}  # by a third of that
PACED, DISK, IDLE, SUBMIT = "paced", "disk", "idle", "submit"
STATUS, UNCHANGED, CHECK, KEPT = "status", "unchanged", "check", "beside kept jobs"
BARE = "bare Starlette"
BATCHED = f"{OURS}, in batches"
BURSTS = (1, 4, 16)
SKIPPED_IN_SHORT = {"SAQ + Starlette"}  # saturated and slow; its figures are in the full run


def measures(tools: Tools) -> Mapping[str, Measure]:
    """All of them by name, in the order of a round."""
    size, found = tools.size, dict[str, Measure]()
    found[f"{BROADCAST}: {OURS}"] = lambda: fan_out.broadcast(tools, None, size.watchers)
    found[f"{BROADCAST}: {fan_out.LIMIT}"] = lambda: fan_out.limit(tools, size.watchers)
    for peer in FAN_OUT:
        found[f"{BROADCAST}: {peer.name}"] = lambda peer=peer: fan_out.broadcast(tools, peer, size.watchers)  # type: ignore[misc]
    for peer in (None, *(one for one in FAN_OUT if one.name not in FILLED)):
        name = OURS if peer is None else peer.name
        found[f"{STEADY}: {name}"] = lambda peer=peer: fan_out.broadcast(tools, peer, size.watchers, RATE)  # type: ignore[misc]
    for burst in BURSTS:
        found[f"{BURST}: {burst}"] = lambda burst=burst: fan_out.bursts(tools, size.watchers, burst)  # type: ignore[misc]
    for name, jobs in ((MANY, size.many), (FEW, size.few)):
        found |= _whole_jobs(tools, name, jobs)
    found[f"{DASHBOARD}: {OURS}"] = lambda: many_jobs.dashboard(tools, size.many)
    found[f"{PACED}: {OURS}"] = lambda: many_jobs.watched_each(tools, None, size.many // 2)
    found[f"{DISK}: write + fdatasync"] = lambda: _disk(tools)
    found[f"{IDLE}: {OURS}"] = lambda: idle.watchers(tools, None, size.idle)
    for peer in FAN_OUT:
        found[f"{IDLE}: {peer.name}"] = lambda peer=peer: idle.watchers(tools, peer, min(size.idle, 1000))  # type: ignore[misc]
    found[f"{SUBMIT}: {OURS}"] = lambda: requests.submit(tools)
    found[f"{SUBMIT}: {BATCHED}"] = lambda: requests.submit_together(tools, size.together)
    for queue in ("saq", "arq"):
        found[f"{SUBMIT}: {queue}"] = lambda queue=queue: requests.enqueue(tools, queue)  # type: ignore[misc]
    for name, held in ((STATUS, False), (UNCHANGED, True)):
        found[f"{name}: {OURS}"] = lambda held=held: requests.status(tools, bare=False, held=held)  # type: ignore[misc]
        found[f"{name}: {BARE}"] = lambda held=held: requests.status(tools, bare=True, held=held)  # type: ignore[misc]
    found[f"{CHECK}: {OURS}"] = lambda: checks.status_check(tools)
    found[f"{KEPT}: {MANY}"] = _beside(size.kept, lambda at: many_jobs.watched_each(tools, None, size.many, store=at))
    found[f"{KEPT}: {SUBMIT}"] = _beside(size.kept, lambda at: requests.submit(tools, store=at))
    found[f"{KEPT}: {STATUS}"] = _beside(size.kept, lambda at: requests.status(tools, bare=False, held=False, store=at))
    return found


def _whole_jobs(tools: Tools, name: str, jobs: int) -> dict[str, Measure]:
    def of(peer: Peer | None) -> Measure:
        return lambda: many_jobs.watched_each(tools, peer, jobs)

    peers = [peer for peer in WHOLE_JOB if tools.size.name != "short" or peer.name not in SKIPPED_IN_SHORT]
    return {f"{name}: {OURS}": of(None), **{f"{name}: {peer.name}": of(peer) for peer in peers}}


def _beside(jobs: int, measure: Callable[[Path], Sample]) -> Measure:
    """The same in a folder whose store keeps so many jobs that have ended: a copy for each measurement."""

    def measured() -> Sample:
        with scratch() as folder:
            shutil.copy(checks.kept(HERE / "results", jobs), folder / "bench.db")
            return measure(folder)

    return measured


def _disk(tools: Tools) -> Sample:
    with scratch() as folder:
        found = host.disk(folder, min(tools.size.seconds, 2))
    return Sample(float("nan"), 0, found["p50_ms"], found["p99_ms"], "4 KiB, appended")


def curves(tools: Tools) -> Mapping[str, Mapping[float, Measure]]:
    """For the plots of a full run: cost against number of watchers, of jobs, and the rate of updates; ours and two peers."""
    ws, starlette, reference = FAN_OUT[2], FAN_OUT[5], WHOLE_JOB[0]
    watchers, jobs, rates = (10, 100, 300, 1000, 3000), (50, 200, 500, 1000, 2000), (1, 2, 5, 10, 20)
    return {
        f"watchers: {OURS}": {n: lambda n=n: fan_out.broadcast(tools, None, n) for n in watchers},  # type: ignore[misc]
        f"watchers: {ws.name}": {n: lambda n=n: fan_out.broadcast(tools, ws, n) for n in watchers},  # type: ignore[misc]
        f"watchers: {starlette.name}": {n: lambda n=n: fan_out.broadcast(tools, starlette, n) for n in watchers},  # type: ignore[misc]
        f"jobs: {OURS}": {n: lambda n=n: many_jobs.watched_each(tools, None, n) for n in jobs},  # type: ignore[misc]
        f"jobs: {reference.name}": {n: lambda n=n: many_jobs.watched_each(tools, reference, n) for n in jobs},  # type: ignore[misc]
        f"rate: {OURS}": {r: lambda r=r: many_jobs.watched_each(tools, None, 500, r) for r in rates},  # type: ignore[misc]
        f"rate: {reference.name}": {r: lambda r=r: many_jobs.watched_each(tools, reference, 500, r) for r in rates},  # type: ignore[misc]
    }
