"""What watching one job of 60 s with 10 updates a second costs on the network: WebSocket, stream, long-poll, and polling.

    PYTHONPATH=.:tests .venv/bin/python benchmarks/watching_cost.py [seconds]

All watch the same job at once, each through a proxy of its own that counts connections and bytes towards the client, heads too.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import httpx

from jindu_client import AsyncClient
from support.counting_proxy import Counts, counting
from support.server import UNHURRIED, ServerProcess

UPDATES_PER_SECOND = 10
Row = tuple[str, int, int, int]


async def by_sdk(counts: Counts, job_id: str, rung: str, pace: float | None = None) -> int:
    async with AsyncClient(counts.url, transports=[rung]) as client:
        return len([update async for update in client.watch(job_id, pace)])


async def by_polling(counts: Counts, job_id: str, every: float) -> int:
    answers = 0
    async with httpx.AsyncClient(base_url=counts.url) as http:
        while True:
            answers += 1
            if (await http.get(f"/v1/jobs/{job_id}")).json()["is_completed"]:
                return answers
            await asyncio.sleep(every)


async def counted(name: str, port: int, watch: Callable[[Counts], Awaitable[int]]) -> Row:
    async with counting(port) as counts:
        messages = await watch(counts)
        return name, messages, counts.bytes, counts.connections


async def measured(server: ServerProcess, seconds: int) -> list[Row]:
    async with AsyncClient(server.url) as client:
        job_id = (await client.submit("moving", seconds=seconds, each=1 / UPDATES_PER_SECOND)).id
    ways = [
        counted("ws, pace 1", server.port, partial(by_sdk, job_id=job_id, rung="ws", pace=1)),
        counted("ws, pace 5", server.port, partial(by_sdk, job_id=job_id, rung="ws", pace=5)),
        *(counted(rung, server.port, partial(by_sdk, job_id=job_id, rung=rung)) for rung in ("ws", "stream", "longpoll")),
        *(
            counted(f"polling each {every:g} s", server.port, partial(by_polling, job_id=job_id, every=every))
            for every in (1.0, 0.2)
        ),
    ]
    return list(await asyncio.gather(*ways))


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        with ServerProcess("benchmarks.watching_cost_jobs:app", Path(folder), env=UNHURRIED) as server:
            rows = asyncio.run(measured(server, seconds))
    print("| way | messages | bytes | connections |\n|---|---|---|---|")
    for name, messages, size, connections in rows:
        print(f"| {name} | {messages} | {size:,} | {connections} |")


if __name__ == "__main__":
    main()
