"""A stored row held against its own log: what the log says the row must be, and in which fields the two disagree."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from . import events as ev
from .job import Job, fold
from .states import IllegalTransition

# What a damaged value raises when something is made of it.
DAMAGED = (KeyError, ValueError, TypeError, IndexError, AttributeError, ArithmeticError, IllegalTransition)
# What the log decides. `spec` never changes; `seq` and `crashes` are looked at apart.
_DECIDED = tuple(one.name for one in fields(Job) if one.name not in ("spec", "seq", "crashes"))


def folded(entries: Sequence[tuple[int, ev.Event]]) -> Job:
    """The job that kept events make, by rising seq. Overtaken progress is not kept, so the seq is that of the last event.

    Raises `ValueError` when the events are no history: none, a beginning that is missing, an order that the table forbids.
    """
    try:
        job = fold(event for _, event in entries)
    except DAMAGED as error:
        raise ValueError(f"the log is no history: {error}") from error
    if job is None:
        raise ValueError("the log is empty")
    return replace(job, seq=entries[-1][0])


def mended(row: Job | None, truth: Job) -> Job:
    """What the row has to be. A committed step sets `crashes` to 0 without an event: a lower count of the row is right."""
    if row is not None and 0 <= row.crashes <= truth.crashes:
        return replace(truth, crashes=row.crashes)
    return truth


def differences(row: Job, truth: Job) -> dict[str, tuple[Any, Any]]:
    """Fields in which a row is not what its log says: what it has, and what it should have."""
    found = {
        name: (getattr(row, name), getattr(truth, name)) for name in _DECIDED if getattr(row, name) != getattr(truth, name)
    }
    if row.seq != truth.seq:
        found["seq"] = (row.seq, truth.seq)
    if not 0 <= row.crashes <= truth.crashes:
        found["crashes"] = (row.crashes, truth.crashes)
    return found
