"""How many jobs a queue on Redis takes: `enqueue.py saq|arq|taskiq REDIS_PORT SECONDS`, 32 at a time. Prints one JSON line; the
CPU is that of this process, Redis's own comes on top."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

PARAMS = {
    "query": "a research question of moderate length",
    "lang": "zh",
    "options": {"depth": 3, "sources": ["web", "papers"]},
}
AT_ONCE = 32


async def opened(name: str, port: int) -> Callable[[], Awaitable[Any]]:
    if name == "saq":
        from saq import Queue

        queue = Queue.from_url(f"redis://127.0.0.1:{port}/0")
        await queue.connect()
        return lambda: queue.enqueue("task", **PARAMS)
    if name == "taskiq":
        from taskiq_redis import ListQueueBroker

        broker = ListQueueBroker(f"redis://127.0.0.1:{port}/0")

        async def task(**params: Any) -> None: ...

        await broker.startup()
        return partial(broker.register_task(task, task_name="task").kiq, **PARAMS)
    from arq import create_pool
    from arq.connections import RedisSettings

    pool = await create_pool(RedisSettings(host="127.0.0.1", port=port))
    return lambda: pool.enqueue_job("task", PARAMS)


async def main() -> None:
    name, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    enqueue = await opened(name, port)
    await asyncio.gather(*(enqueue() for _ in range(AT_ONCE)))
    count, end, cpu = 0, time.monotonic() + seconds, time.process_time()

    async def again() -> None:
        nonlocal count
        while time.monotonic() < end:
            await enqueue()
            count += 1

    await asyncio.gather(*(again() for _ in range(AT_ONCE)))
    print(json.dumps({"answers": count, "seconds": seconds, "cpu_s": time.process_time() - cpu}))


asyncio.run(main())
