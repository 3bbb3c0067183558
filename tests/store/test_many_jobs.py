"""What a list and a status cost does not grow with the number of jobs: counted in steps of SQLite's machine, not in time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.stories import NOW, kept, moves, running, submit
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.states import Status
from jindu.store.contract import Change, Query, Store
from jindu.store.sqlite.store import SqliteStore

FEW, MANY = 1_000, 10_000
SLACK = 60  # steps: a deeper tree takes a few more to walk down


@dataclass
class Meter:
    """Steps of the virtual machine of all reading connections of a store."""

    store: SqliteStore
    steps: int = 0

    def _step(self) -> int:
        self.steps += 1
        return 0

    async def of(self, question: Awaitable[object]) -> int:
        for connection in self.store._reader._connections:
            await connection.call(lambda raw: raw.set_progress_handler(self._step, 1))
        self.steps = 0
        await question
        return self.steps


def named(number: int) -> str:
    return f"MANYJOBS{number:018}"


def life(number: int) -> list[Change]:
    """A job that has ended, with a result kept. Owners, types and tags repeat; one tag is its own."""
    more = {"owner": f"owner{number % 7}", "tags": (f"tag{number % 5}", f"single{number}")}
    new = submit(f"type{number % 3}", id=named(number), at=NOW + number, **more)
    end = ev.Failed(NOW + number, {"code": "X"}) if number % 4 == 0 else ev.Returned(NOW + number, b"{}")
    return [new, *moves(new.job, ev.Claimed(NOW, "b"), ev.ResultKept(NOW, "k", b"1"), end)]


async def fill(store: Store, first: int, last: int) -> None:
    for start in range(first, last, 500):
        numbers = range(start, min(start + 500, last))
        await kept(store, *[change for number in numbers for change in life(number)])


def place(number: int) -> tuple[float, str]:
    return NOW + number, named(number)


Question = Callable[[Store, int], Awaitable[object]]  # of a store that holds so many jobs
QUESTIONS: dict[str, Question] = {
    "the newest": lambda store, _: store.page(Query()),
    "a page in the middle": lambda store, jobs: store.page(Query(before=place(jobs // 2))),
    "the oldest": lambda store, _: store.page(Query(before=place(60))),
    "of a state": lambda store, _: store.page(Query(status=Status.FAILED)),
    "of a state, in the middle": lambda store, jobs: store.page(Query(status=Status.COMPLETED, before=place(jobs // 2))),
    "of a type": lambda store, jobs: store.page(Query(type="type1", before=place(jobs // 2))),
    "of an owner": lambda store, jobs: store.page(Query(owner="owner3", before=place(jobs // 2))),
    "since a time": lambda store, jobs: store.page(Query(created_after=NOW + jobs - 50)),
    "of an id": lambda store, jobs: store.page(Query(q=named(jobs // 2))),
    "of a rare tag": lambda store, jobs: store.page(Query(tag=f"single{jobs // 2}")),
    "of a common tag": lambda store, jobs: store.page(Query(tag="tag3", before=place(jobs // 2))),
    "of a common tag and a state": lambda store, _: store.page(Query(tag="tag3", status=Status.COMPLETED)),
    "found by a short beginning": lambda store, _: store.page(Query(q="MANY")),
    "the status": lambda store, jobs: store.read(named(jobs // 2)),
    "its results": lambda store, jobs: store.results(named(jobs // 2)),
    "its events": lambda store, jobs: store.log(named(jobs // 2)),
    "whether it was retried": lambda store, jobs: store.retries([named(jobs // 2)]),
}


# Searches look at every job that fits, or once along an index of small entries: steps for each job of the store.
SEARCHES: dict[str, tuple[Question, float]] = {
    "for a type": (lambda store, _: store.page(Query(q="type1")), 5),
    "for a common tag": (lambda store, _: store.page(Query(q="tag3")), 5),
    "for nothing that is there": (lambda store, _: store.page(Query(q="x")), 4),
}


async def count(path: Path) -> dict[str, tuple[int, int]]:
    asked = {**QUESTIONS, **{name: ask for name, (ask, _) in SEARCHES.items()}}
    async with running(await SqliteStore.open(path, ManualClock())) as store:
        meter = Meter(store)
        await fill(store, 0, FEW)
        few = {name: await meter.of(ask(store, FEW)) for name, ask in asked.items()}
        await fill(store, FEW, MANY)
        many = {name: await meter.of(ask(store, MANY)) for name, ask in asked.items()}
        assert sum((await store.counts()).values()) == MANY
    return {name: (few[name], many[name]) for name in asked}


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int]]:
    """The steps of each question with few jobs and with many."""
    return asyncio.run(count(tmp_path_factory.mktemp("many") / "jindu.db"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_lists_and_status_cost_the_same_with_ten_times_the_jobs(counted: dict[str, tuple[int, int]], name: str) -> None:
    few, many = counted[name]
    assert 0 < many <= few * 1.1 + SLACK


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_costs_a_few_steps_for_each_job(counted: dict[str, tuple[int, int]], name: str) -> None:
    few, many = counted[name]
    each = SEARCHES[name][1]
    assert 0 < few <= each * FEW + 6_000
    assert 0 < many <= each * MANY + 6_000
