"""SAQ: a worker of its own (`saq saq_jobs.settings`), and run as a script the web side, whose sockets listen to the queue."""

from typing import Any

from jobs_web import JOBS, REDIS, application, serve
from message import body
from redis.asyncio import Redis
from saq.queue.redis import RedisQueue
from starlette.websockets import WebSocket, WebSocketDisconnect

# Queue.from_url takes redis-py's default pool, which raises "Too many connections" once 100 coroutines talk at a time.
queue = RedisQueue(Redis.from_url(f"redis://127.0.0.1:{REDIS}/0", max_connections=5000))


async def run_job(ctx: dict[str, Any], *, params: dict[str, Any]) -> dict[str, Any]:
    job = ctx["job"]
    return await body(job.key, params, lambda told: job.update(progress=told["progress"] / 100, meta=told))


settings = {"queue": queue, "functions": [run_job], "concurrency": JOBS + 50}


async def make(params: dict[str, Any]) -> str:
    job = await queue.enqueue("run_job", params=params, timeout=120)
    assert job is not None
    return job.key


async def watch(socket: WebSocket, key: str) -> None:
    async def changed(key: str, status: Any) -> None:
        job = await queue.job(key)
        await socket.send_json({"status": job.status if job else None, "told": job.meta if job else None})

    try:
        await queue.listen([key], changed, timeout=None)
    except (WebSocketDisconnect, RuntimeError):
        return


if __name__ == "__main__":
    serve(application(make, watch))
