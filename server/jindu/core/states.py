"""The transition table: the only place that says which change may follow which (PROTOCOL section 1).

Rules on top, as in h11's ``_state.py``:

* ``TABLE[phase, kind]`` is the phase after an event of that kind. A pair that is not there is illegal: it raises and
  changes nothing.
* A phase is what is stored. The five public statuses follow from it; ``cancelling`` is a running job whose
  cancellation was wished, so that "a death after the wish ends cancelled" is a row of the table and not an ``if``.
* The three ends have no row that leaves them. An end is for ever.
"""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """What people see."""

    __hash__ = str.__hash__  # Enum's is written in Python, and these are looked up several times for each change

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """What is stored: the statuses, with ``running`` told apart from ``running, cancellation wished``."""

    __hash__ = str.__hash__

    PENDING = "pending"
    RUNNING = "running"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """Kinds of event, as they are written in the log."""

    __hash__ = str.__hash__

    SUBMIT = "submit"
    CLAIM = "claim"
    STAGE = "stage"
    PROGRESS = "progress"
    RESULT = "result"
    LOG = "log"
    CHANGE = "change"
    RETRY = "retry"
    HAND_BACK = "hand_back"
    LOST = "lost"
    WISH = "wish"
    RETURN = "return"
    FAIL = "fail"
    CANCEL = "cancel"


ENDS = frozenset({Phase.COMPLETED, Phase.FAILED, Phase.CANCELLED})
HELD = frozenset({Phase.RUNNING, Phase.CANCELLING})
STATUS: Mapping[Phase, Status] = {
    phase: Status.RUNNING if phase is Phase.CANCELLING else Status(phase.value) for phase in Phase
}

TABLE: Mapping[tuple[Phase | None, Kind], Phase] = {
    (None, Kind.SUBMIT): Phase.PENDING,
    # waiting for a worker
    (Phase.PENDING, Kind.CLAIM): Phase.RUNNING,
    (Phase.PENDING, Kind.CHANGE): Phase.PENDING,
    (Phase.PENDING, Kind.FAIL): Phase.FAILED,
    (Phase.PENDING, Kind.CANCEL): Phase.CANCELLED,
    # in the hands of a worker
    (Phase.RUNNING, Kind.STAGE): Phase.RUNNING,
    (Phase.RUNNING, Kind.PROGRESS): Phase.RUNNING,
    (Phase.RUNNING, Kind.RESULT): Phase.RUNNING,
    (Phase.RUNNING, Kind.LOG): Phase.RUNNING,
    (Phase.RUNNING, Kind.CHANGE): Phase.RUNNING,
    (Phase.RUNNING, Kind.RETRY): Phase.PENDING,
    (Phase.RUNNING, Kind.HAND_BACK): Phase.PENDING,
    (Phase.RUNNING, Kind.LOST): Phase.PENDING,
    (Phase.RUNNING, Kind.WISH): Phase.CANCELLING,
    (Phase.RUNNING, Kind.RETURN): Phase.COMPLETED,
    (Phase.RUNNING, Kind.FAIL): Phase.FAILED,
    (Phase.RUNNING, Kind.CANCEL): Phase.CANCELLED,
    # the same after a wish to cancel: what returns completes, what dies in any way is cancelled
    (Phase.CANCELLING, Kind.STAGE): Phase.CANCELLING,
    (Phase.CANCELLING, Kind.PROGRESS): Phase.CANCELLING,
    (Phase.CANCELLING, Kind.RESULT): Phase.CANCELLING,
    (Phase.CANCELLING, Kind.LOG): Phase.CANCELLING,
    (Phase.CANCELLING, Kind.CHANGE): Phase.CANCELLING,
    (Phase.CANCELLING, Kind.RETURN): Phase.COMPLETED,
    (Phase.CANCELLING, Kind.RETRY): Phase.CANCELLED,
    (Phase.CANCELLING, Kind.HAND_BACK): Phase.CANCELLED,
    (Phase.CANCELLING, Kind.LOST): Phase.CANCELLED,
    (Phase.CANCELLING, Kind.FAIL): Phase.CANCELLED,
    (Phase.CANCELLING, Kind.CANCEL): Phase.CANCELLED,
}


class IllegalTransition(Exception):
    """The event may not follow in this phase; nothing was changed."""

    def __init__(self, phase: Phase | None, kind: Kind) -> None:
        super().__init__(f"event {kind.value!r} may not follow in phase {phase.value if phase else 'none'!r}")
        self.phase = phase
        self.kind = kind


def after(phase: Phase | None, kind: Kind) -> Phase:
    """The phase after an event; raises `IllegalTransition` for a pair that the table does not hold."""
    try:
        return TABLE[phase, kind]
    except KeyError:
        raise IllegalTransition(phase, kind) from None
