"""Watching one job by either client, with what is needed to say whether it went as it must."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jindu_client import AsyncClient, Client, Patience, Update

TIMEOUT = 60.0  # seconds for one watch, at most

# The same rules with shorter waits; the waits themselves are tested with a manual clock.
SHORT = Patience(
    hello=0.5, stream_hello=0.5, first_look=0.2, waits=(0.8, 0.4, 0.2), probes=(0.4, 0.5), short=0.3, http=1.0,
    gap=0.02, least=0.02, most=0.2,
)  # fmt: skip


@dataclass
class Seen:
    """What a watch gave out, and which rungs carried it."""

    updates: list[Update] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    @property
    def results(self) -> list[tuple[Any, Any]]:
        return [(update.key, update.data) for update in self.updates if update.kind == "result"]

    @property
    def rungs(self) -> list[str]:
        """In order, neighbours once."""
        carrying = [state for state in self.states if state not in ("connecting", "waiting")]
        return [state for state, before in zip(carrying, [None, *carrying], strict=False) if state != before]


Watch = Callable[..., Awaitable[Seen]]


async def by_asyncio(url: str, job_id: str, seen: Seen | None = None, pace: float | None = None, **options: Any) -> Seen:
    seen = seen or Seen()
    async with AsyncClient(url, **{"patience": SHORT, **options}) as client:
        async for update in client.watch(job_id, pace, TIMEOUT, on_state=seen.states.append):
            seen.updates.append(update)
    return seen


async def by_threads(url: str, job_id: str, seen: Seen | None = None, pace: float | None = None, **options: Any) -> Seen:
    def watch(seen: Seen) -> Seen:
        with Client(url, **{"patience": SHORT, **options}) as client:
            for update in client.watch(job_id, pace, TIMEOUT, on_state=seen.states.append):
                seen.updates.append(update)
        return seen

    return await asyncio.to_thread(watch, seen or Seen())


WATCHES: Sequence[Watch] = (by_asyncio, by_threads)


def sound(seen: Seen, truth: dict[str, Any]) -> None:
    """The same state as the server's, each result once and in order, one end, nothing backwards."""
    ends = [update for update in seen.updates if update.is_end]
    assert len(ends) == 1, f"{len(ends)} ends"
    assert seen.updates[-1] is ends[0]
    assert seen.results == [(part["key"], part["data"]) for part in truth["partial"]]
    assert ends[0].seq == truth["seq"]
    assert (ends[0].status, ends[0].result) == (truth["status"], truth["result"])
    seqs = [update.seq for update in seen.updates]
    assert seqs == sorted(set(seqs)), "a step backwards"
    percents = [update.progress for update in seen.updates if not update.is_end]
    assert percents == sorted(percents), "the bar fell"
