"""A history made for a job of which only the outcome is known: one that an earlier system ran, or whose log is lost.

Folding it gives a job that keeps every rule of the table, as near to what is known as the rules allow.
"""

from collections.abc import Iterable

from . import events as ev
from .catalogue import CATALOGUE
from .job import Job, evolve
from .plan import CEILING
from .states import Phase

EARLIER = "earlier"  # who held a job that nobody of ours ran


def retold(known: Job, result: bytes | None = None, kept: Iterable[ev.ResultKept | ev.Logged] = ()) -> list[ev.Event]:
    """Events that lead to `known`: what it was asked, that it ran, how far it came, what of it was `kept`, how it ended.

    One that had not ended waits to be run again. `result` is JSON text; a completed job without one returned null.
    """
    made: list[ev.Event] = [ev.Submitted(known.spec.created_at, known.spec, known.due_at, known.priority, known.tags)]
    kept = tuple(kept)
    if _ran(known) or kept:
        made += _running(known, kept)
    end = _end(known, result, ran=len(made) > 1)
    return made if end is None else [*made, end]


def steps(history: Iterable[ev.Event]) -> list[tuple[ev.Event, Job | None, Job]]:
    """Each event with the job before and after it."""
    told: list[tuple[ev.Event, Job | None, Job]] = []
    job: Job | None = None
    for event in history:
        before, job = job, evolve(job, event)
        told.append((event, before, job))
    return told


def _ran(known: Job) -> bool:
    return known.phase not in (Phase.PENDING, Phase.FAILED, Phase.CANCELLED) or known.started_at is not None or known.floor > 0


def _running(known: Job, kept: Iterable[ev.Event]) -> list[ev.Event]:
    began = known.spec.created_at if known.started_at is None else known.started_at
    made: list[ev.Event] = [ev.Claimed(began, known.holder or EARLIER)]
    reached = -1
    last = min(known.position, len(known.spec.plan.stages) - 1)
    for position, at in (*sorted(known.entered), (last, known.updated_at)):
        if reached < position <= last:
            made.append(ev.StageEntered(at, position))
            reached = position
    made += kept
    if known.floor > 0 or known.message:
        made.append(ev.Progressed(known.updated_at, min(max(known.floor, 0.0), CEILING), known.message))
    return made


def _end(known: Job, result: bytes | None, *, ran: bool) -> ev.Event | None:
    at = known.updated_at if known.finished_at is None else known.finished_at
    name = f"{known.id}-{known.run}"
    if known.phase is Phase.COMPLETED:
        return ev.Returned(at, b"null" if result is None else result)
    if known.phase is Phase.FAILED:
        return ev.Failed(at, known.error or CATALOGUE["INTERNAL_ERROR"].body(id=name))
    if known.phase is Phase.CANCELLED:
        return ev.Cancelled(at, known.error or CATALOGUE["JOB_CANCELLED"].body(id=name))
    return ev.HandedBack(at) if ran else None
