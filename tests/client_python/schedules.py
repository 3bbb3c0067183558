"""A seeded schedule of faults, and twenty jobs watched through it: what was lost, doubled, or went backwards.

    python -m client_python.schedules PORT SEED…    prints a line for each seed, to the first in which anything went wrong (1)

Every watch has a way of its own to the server. Connections through it fail as the seed has it, at bytes and at times, until a
number of faults has happened; meanwhile looks, probes and connections tell the same things over each other.
"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx

from client_python.watching import SHORT, WATCHES, Seen
from support.fault_proxy import KINDS, Fault, Kind, any_fault, failing

JOBS = 20
RESULTS = 40
FAULTS = 6  # of each way, before it turns kind
# Such as leave the way usable, oftener than such as end it: the more connections live at once, the more is told twice.
TRIED: tuple[Kind, ...] = (*KINDS, "late", "slow", "single", "cut", "reset")
HASTY = replace(SHORT, first_look=0.0, probes=(0.05, 0.1), hello=0.4, stream_hello=0.3, http=0.8)

# What asks for the truth must not fail by itself: a kept connection may be closed by the server just as it is used again.
ONCE = httpx.Limits(max_keepalive_connections=0)


@dataclass
class Wrong:
    """What may not happen, counted."""

    lost_ends: int = 0
    doubled_results: int = 0
    lost_results: int = 0
    steps_backwards: int = 0

    def add(self, seen: Seen, truth: dict[str, Any]) -> None:
        ends = [update for update in seen.updates if update.is_end]
        self.lost_ends += len(ends) != 1 or (ends[0].status, ends[0].result) != (truth["status"], truth["result"])
        counts = Counter(key for key, _ in seen.results)
        self.doubled_results += sum(times - 1 for times in counts.values())
        self.lost_results += len({part["key"] for part in truth["partial"]} - counts.keys())
        for before, after in zip(seen.updates, seen.updates[1:], strict=False):
            fell = after.progress < before.progress and not after.is_end
            self.steps_backwards += after.seq <= before.seq or fell


def plan(rng: random.Random) -> Iterator[Fault | None]:
    for _ in range(FAULTS):
        yield any_fault(rng, TRIED)
        if rng.random() < 0.3:
            yield None


async def run(port: int, seed: int, jobs: int = JOBS) -> tuple[Wrong, int]:
    """One schedule: `jobs` jobs of the server on `port` are submitted and watched, each by one of the clients. What went wrong,
    and how many faults happened."""
    rng = random.Random(seed)
    wrong, met = Wrong(), 0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, limits=ONCE) as http:

        async def one(number: int, faults: list[Fault | None]) -> None:
            nonlocal met
            params = {"results": RESULTS, "pause": 0.03, "size": 50}
            job_id = (await http.post("/v1/jobs", json={"type": "poured", "params": params})).json()["id"]
            async with failing(port, faults) as proxy:
                seen = await WATCHES[number % len(WATCHES)](proxy.url, job_id, patience=HASTY)
            met += len(proxy.met)
            wrong.add(seen, (await http.get(f"/v1/jobs/{job_id}")).json())

        async with asyncio.timeout(100):
            await asyncio.gather(*(one(number, list(plan(rng))) for number in range(jobs)))
    return wrong, met


def main() -> int:
    port, *seeds = map(int, sys.argv[1:])
    for seed in seeds:
        wrong, met = asyncio.run(run(port, seed))
        print(f"seed {seed}: {met} faults, {wrong}", flush=True)  # noqa: T201 - its output is what it is for
        if wrong != Wrong():
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
