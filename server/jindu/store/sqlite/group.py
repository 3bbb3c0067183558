"""A group of changes as one transaction. Everything here runs in the thread of the writing connection.

Worked through: ten changes arrive, the seventh is a submission whose key is taken. The insert fails, all is rolled back, and
the ten are written again one by one, each within a savepoint: nine stay, the seventh gets `Exists`. Still one commit, one
fsync: a client that repeats submissions cannot slow the others down.
"""

import itertools
import sqlite3
from collections.abc import Sequence

from ...core.events import Returned, Submitted
from ...core.job import Job
from ...core.states import ENDS, HELD, Kind
from ..contract import Change, Conflict, Exists, Gone, Moved, Noted, StepDone, StoreError, Together
from . import rows, webhooks
from .failures import meaning
from .sql import WRITE, of_rows

# Rows in one statement, as far as there are so many. Between two statements this thread lets go of the interpreter, and may
# have to win it back from a busy event loop: with a statement for each row a commit of a thousand took a third of a second.
TOGETHER = (64, 16, 4, 1)

# A change alone is to blame for these: a fence, a taken id or key, a value that cannot be stored (a lone surrogate, an
# integer above 64 bits, a type without a column form).
_GUILT = (
    Conflict, Exists, sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError,
    ValueError, TypeError, OverflowError,
)  # fmt: skip
_WITHIN = frozenset({Kind.STAGE, Kind.PROGRESS, Kind.RESULT, Kind.LOG})  # these change no column that an index looks at


class Numbers:
    """Integer keys of open jobs: so that a change does not search for its job. A cache: dropping an entry is harmless."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._last = int(connection.execute(WRITE["last_num"]).fetchone()[0])
        self._known: dict[str, int] = {}

    def new(self, job_id: str) -> int:
        self._last += 1
        self._known[job_id] = self._last
        return self._last

    def find(self, connection: sqlite3.Connection, job_id: str) -> int:
        """Raises `Conflict` if there is no such job."""
        num = self._known.get(job_id)
        if num is None:
            row = connection.execute(WRITE["num_of"], (job_id,)).fetchone()
            if row is None:
                raise Conflict(f"there is no job {job_id}")
            num = self._known[job_id] = int(row[0])
        return num

    def drop(self, job_id: str) -> None:
        self._known.pop(job_id, None)

    def undo(self, changes: Sequence[Change]) -> None:
        """The changes were rolled back: jobs born in them have no number."""
        for change in changes:
            for move in _moves(change):
                if move.before is None:
                    self.drop(move.job.spec.id)


class _Chain:
    """What a group does to the row of one job: from `before` (None: it is born here) to `job`, in one statement."""

    __slots__ = ("before", "crashes", "heir", "job", "num", "wide")

    def __init__(self, num: int, before: Job | None, job: Job) -> None:
        self.num = num
        self.before = before
        self.job = job
        self.wide = False
        self.crashes = 0
        self.heir = False


class _Wave:
    """Changes whose statements may be put together by kind. A step is checked behind the moves of its wave, so a move that
    ends the run of a waiting step begins the next wave."""

    def __init__(self, connection: sqlite3.Connection, numbers: Numbers) -> None:
        self._connection = connection
        self._numbers = numbers
        self._clear()

    def _clear(self) -> None:
        self._chains: dict[str, _Chain] = {}
        self._events: list[rows.Row] = []
        self._progress: dict[int, rows.Row] = {}
        self._ends: list[rows.Row] = []
        self._steps: list[StepDone] = []
        self._stepping: set[str] = set()
        self._noted: list[rows.Row] = []
        self._deliveries: list[rows.Row] = []

    def move(self, change: Moved) -> None:
        job, event = change.job, change.event
        if self._stepping and job.phase not in HELD and job.spec.id in self._stepping:
            self.flush()
        chain = self._chain(change)
        kind = event.kind
        if change.deliveries:
            self._deliveries += map(webhooks.row, change.deliveries)
        if kind is Kind.PROGRESS:
            self._progress[chain.num] = rows.progress(chain.num, job)
        else:
            self._events.append(rows.event(chain.num, job.seq, event))
            if isinstance(event, Returned):
                self._ends.append((chain.num, event.result))
        if kind not in _WITHIN:
            chain.wide = True
            chain.crashes += job.crashes - (change.before.crashes if change.before else 0)

    def _chain(self, change: Moved) -> _Chain:
        before, job = change.before, change.job
        job_id = job.spec.id
        chain = self._chains.get(job_id)
        if before is None:
            if chain is not None:
                raise Exists(job_id)
            chain = self._chains[job_id] = _Chain(self._numbers.new(job_id), None, job)
            chain.heir = isinstance(change.event, Submitted) and change.event.inherits
        elif chain is None:
            chain = self._chains[job_id] = _Chain(self._numbers.find(self._connection, job_id), before, job)
        elif chain.job.seq != before.seq or chain.job.run != before.run:
            raise Conflict(f"job {job_id} has moved on")
        else:
            chain.job = job
        return chain

    def step(self, change: StepDone) -> None:
        self._steps.append(change)
        self._stepping.add(change.job)

    def note(self, change: Noted) -> None:
        self._noted.append(rows.noted(change.context))

    def flush(self) -> None:
        self._write_jobs()
        self._many("event", self._events)
        self._many("progress", list(self._progress.values()))
        self._many("end", self._ends)
        self._many("note", self._noted)
        self._many("deliver", self._deliveries)
        if self._steps:
            self._write_steps()
        self._clear()

    def _write_jobs(self) -> None:
        new, cold, wide, narrow = [], [], [], []
        for chain in self._chains.values():
            before, job = chain.before, chain.job
            if before is None:
                new.append(rows.born(chain.num, job, chain.crashes))
                cold.append(rows.submission(chain.num, job.spec))
            elif chain.wide:
                wide.append(rows.moved(chain.num, before, job, chain.crashes))
            else:
                narrow.append(rows.advanced(chain.num, before, job))
        self._many("born", new)
        self._many("submission", cold)
        self._each("inherit", [(c.num, c.job.spec.retry_of) for c in self._chains.values() if c.heir])
        self._fenced("moved", wide)
        self._fenced("advanced", narrow)
        self._write_tags([chain for chain in self._chains.values() if chain.wide])

    def _write_tags(self, chains: Sequence[_Chain]) -> None:
        on, off = [], []
        for chain in chains:
            old, new = chain.before.tags if chain.before else (), chain.job.tags
            if old != new:
                off += [(tag, chain.num) for tag in old]
                on += [(tag, chain.num) for tag in new]
            if chain.job.phase in ENDS:
                self._numbers.drop(chain.job.spec.id)
        self._each("untag", off)
        self._each("tag", on)  # one row in a statement: it is a question, not a list of values

    def _write_steps(self) -> None:
        found = [(self._numbers.find(self._connection, step.job), step) for step in self._steps]
        if self._each("step_fence", [(num, step.name, step.run) for num, step in found]) != len(found):
            raise Conflict("the run is over")
        self._many("step", [(num, step.name, step.value) for num, step in found])

    def _each(self, name: str, parameters: Sequence[rows.Row]) -> int:
        """Run the statement for each of the parameters; how many rows were changed."""
        return self._connection.executemany(WRITE[name], parameters).rowcount if parameters else 0

    def _many(self, name: str, parameters: Sequence[rows.Row]) -> int:
        """The same for a statement that has a row of values: many rows in one."""
        at, before = 0, self._connection.total_changes  # `rowcount` knows nothing of statements that begin with WITH
        for size in TOGETHER:
            while len(parameters) - at >= size:
                self._connection.execute(of_rows(name, size), tuple(itertools.chain.from_iterable(parameters[at : at + size])))
                at += size
        return self._connection.total_changes - before

    def _fenced(self, name: str, parameters: Sequence[rows.Row]) -> None:
        """Each of the parameters must fit exactly one row."""
        if self._many(name, parameters) != len(parameters):
            raise Conflict("the job has moved on")


def write(connection: sqlite3.Connection, numbers: Numbers, changes: Sequence[Change]) -> Sequence[StoreError | None]:
    """Commit a group. Returns nothing if all of it is durable, else per change None or why it failed.

    Raises `StoreError` if it failed as a whole; then nothing of it was kept, but for `StoreBroken`: the outcome is unknown.
    """
    outcomes: Sequence[StoreError | None] = ()
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            _apply(connection, numbers, changes)
        except _GUILT:
            connection.execute("ROLLBACK")
            numbers.undo(changes)
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [_alone(connection, numbers, change) for change in changes]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        numbers.undo(changes)
        _roll_back(connection)
        raise meaning(error) from error
    return outcomes


def _moves(change: Change) -> Sequence[Moved]:
    if isinstance(change, Together):
        return change.moves
    return (change,) if isinstance(change, Moved) else ()


def _apply(connection: sqlite3.Connection, numbers: Numbers, changes: Sequence[Change]) -> None:
    wave = _Wave(connection, numbers)
    for change in changes:
        if isinstance(change, StepDone):
            wave.step(change)
        elif isinstance(change, Noted):
            wave.note(change)
        else:
            for move in _moves(change):
                wave.move(move)
    wave.flush()


def _alone(connection: sqlite3.Connection, numbers: Numbers, change: Change) -> StoreError | None:
    connection.execute("SAVEPOINT one")
    try:
        _apply(connection, numbers, (change,))
    except _GUILT as error:
        connection.execute("ROLLBACK TO one")
        numbers.undo((change,))
        return _blame(connection, change, error)
    finally:
        if connection.in_transaction:  # an error such as a full disk rolls back everything by itself
            connection.execute("RELEASE one")
    return None


def _blame(connection: sqlite3.Connection, change: Change, error: Exception) -> StoreError:
    if isinstance(error, StoreError):
        return error
    if _taken(error) or _buried(error):
        for move in _moves(change):
            if (there := _in_the_way(connection, move, buried=_buried(error))) is not None:
                return there
        return Conflict("the job has moved on")
    refusal = meaning(error) if isinstance(error, sqlite3.Error) else StoreError(f"a value cannot be stored: {error}")
    refusal.__cause__ = error
    return refusal


def _in_the_way(connection: sqlite3.Connection, move: Moved, *, buried: bool) -> StoreError | None:
    """What stands, or is buried, where a new job wants to be; None if nothing does."""
    if move.before is not None:
        return None
    spec = move.job.spec
    names = (spec.id, spec.owner, spec.type, spec.key)
    if buried:
        found = connection.execute(WRITE["buried"], names).fetchone()
        return Gone(found[0]) if found else None
    found = connection.execute(WRITE["twin"], (*names, spec.retry_of)).fetchone()
    return Exists(found[0]) if found else None


def _taken(error: Exception) -> bool:
    """Whether something is there already; other constraints (a NaN is NULL to SQLite) say that a value cannot be stored."""
    code = error.sqlite_errorcode if isinstance(error, sqlite3.IntegrityError) else None
    return code in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)


def _buried(error: Exception) -> bool:
    """Whether the trigger spoke that guards what was removed."""
    return isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            # What stopped the transaction is what is told; SQLite forgets an unfinished one when the file is opened anew.
            return
