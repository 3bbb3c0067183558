"""Webhooks as values: where ends are told, and one telling of one end (a delivery) with what became of it.

The form of what is told is that of Standard Webhooks: `{"type", "timestamp", "data"}`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from . import frames, snapshot
from .clock import rfc3339
from .hook import OF_JOBS
from .job import Job
from .states import ENDS, Phase


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where ends are told of all jobs, or of one owner's, or of some types. Times are wall-clock seconds.

    `former` is the secret before the present one: until `former_until` both sign, so that a receiver can change over.
    """

    id: str
    url: str
    secret: str
    created_at: float
    events: tuple[str, ...] = OF_JOBS
    owner: str | None = None
    types: tuple[str, ...] = ()
    description: str = ""
    enabled: bool = True
    former: str | None = None
    former_until: float = 0.0

    def wants(self, job: Job, event: str) -> bool:
        """Whether this end is told here; no `types` means all."""
        mine = self.owner is None or self.owner == job.spec.owner
        return self.enabled and mine and event in self.events and (not self.types or job.spec.type in self.types)

    def signing(self, wall: float) -> tuple[str, ...]:
        """The secrets to sign with, the present one first."""
        return (self.secret, self.former) if self.former is not None and wall < self.former_until else (self.secret,)


class State(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One telling of one end in one place. `webhook` None: the job's own, then `secret` is here.

    `due_at`: when it is tried next; while it is being tried, when it counts as abandoned. `run` rises each time it is taken,
    and is the fence: what became of an older try no longer counts. `attempts` were made since it was last asked for.
    """

    id: str
    job: str
    owner: str | None
    event: str
    url: str
    payload: bytes
    created_at: float
    due_at: float
    webhook: str | None = None
    secret: str | None = None
    state: State = State.PENDING
    attempts: int = 0
    run: int = 0
    tried_at: float | None = None
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which deliveries to list, newest first; `before` is the id of the last one seen."""

    state: State | None = None
    webhook: str | None = None
    job: str | None = None
    owner: str | None = None
    before: str | None = None
    limit: int = 50


def event_of(job: Job) -> str | None:
    """The name of the end that a job stands at; None while it is open."""
    return f"{'batch' if job.is_batch else 'job'}.{job.phase.value}" if job.phase in ENDS else None


def payload(job: Job, result: bytes | None, event: str, epoch: str) -> bytes:
    """What is sent: the job as lists show it, with its result, or the address of a result that is large."""
    data: dict[str, Any] = dict(snapshot.item(job, epoch, job.updated_at))
    if job.phase is Phase.COMPLETED and result is not None:
        if len(result) <= frames.INLINE_BYTES:
            data["result"] = orjson.Fragment(result)
        elif not job.is_batch:
            data["result_url"] = f"/v1/jobs/{job.id}/result"
    return orjson.dumps({"type": event, "timestamp": rfc3339(job.finished_at), "data": data})
