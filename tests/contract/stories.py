"""Jobs for the tests of stores: what an engine would commit, made without an engine."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, TypeVar

from jindu.core import events as ev
from jindu.core.job import Job, evolve
from jindu.core.plan import Plan, Stage
from jindu.store.contract import Change, Moved, Store, StoreError

S = TypeVar("S", bound=Store)
NOW = 1_800_000_000.0
PLAN = Plan.of([Stage("read", 1, {"zh": "读取", "en": "Reading"}), Stage("think", 3), "write"])
ERROR = {"code": "NETWORK_ERROR", "title": {"zh": "网络", "en": "Net"}, "retry_after": None, "retryable": True}

_serial = count(1)


def submit(type: str = "diagnose", *, id: str | None = None, at: float = NOW, **given: Any) -> Moved:
    """A new job. `due_at`, `priority`, `tags` go to the event, everything else to the submission."""
    event_parts = {name: given.pop(name) for name in ("due_at", "priority", "tags") if name in given}
    given = {"params": b'{"brand": "\xe5\x93\x81"}', "plan": PLAN, **given}
    spec = ev.Submission(id=id or f"JOB{next(_serial):023}", type=type, created_at=at, **given)
    event = ev.Submitted(at, spec, **{"due_at": at, **event_parts})
    return Moved(None, evolve(None, event), event)


def move(job: Job, event: ev.Event) -> Moved:
    return Moved(job, evolve(job, event), event)


def moves(job: Job, *events: ev.Event) -> list[Moved]:
    """One move behind the other."""
    made = []
    for event in events:
        made.append(move(job, event))
        job = made[-1].job
    return made


async def kept(store: Store, *changes: Change) -> Job:
    """Commit all at once; every one must be kept. The last job."""
    await asyncio.gather(*[store.commit(change) for change in changes])
    return [change.job for change in changes if isinstance(change, Moved)][-1]


async def outcomes(store: Store, changes: Iterable[Change]) -> list[type[StoreError] | None]:
    """Commit all at once: for each None or the kind of its failure."""
    done = await asyncio.gather(*[store.commit(change) for change in changes], return_exceptions=True)
    assert all(one is None or isinstance(one, StoreError) for one in done), done
    return [None if one is None else type(one) for one in done]  # type: ignore[misc]


@asynccontextmanager
async def running(store: S) -> AsyncIterator[S]:
    """The store with its writer at work; closed at the end, and the writer awaited."""
    task = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        await store.close()
        await task
