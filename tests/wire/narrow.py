"""A server, and a client behind little bandwidth: ``unshare --net python -m wire.narrow FOLDER``, with a loopback of its own.

The client is drowned: the job says in a few seconds what this wire takes longer for. Prints what was found as one JSON line.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import httpx

from jindu_client import AsyncClient
from support.server import ServerProcess
from wire.asking import job, submitted

RATE = "200kbit"  # 25 kB a second
RESULTS = 40
TOLD = 4_000  # bytes a result, so 160 kB in all
SHAPE = ("tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", RATE, "burst", "16kb", "latency", "400ms")


async def watched(url: str, job_id: str) -> tuple[list[str], list[object]]:
    """Keys of the partial results in their order, and the results of the ends."""
    keys: list[str] = []
    ends: list[object] = []
    async with AsyncClient(url) as client:
        async for update in client.watch(job_id, timeout=80):
            if update.kind == "result":
                keys.append(str(update.key))
            if update.is_end:
                ends.append(update.result)
    return keys, ends


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)  # larger packets would never pass the filter
    with ServerProcess("wire.wire_jobs:app", Path(sys.argv[1])) as server:
        job_id = submitted(server, "pouring", results=RESULTS, pause=0.05, size=TOLD)
        subprocess.run(SHAPE, check=True)
        begun = time.monotonic()
        keys, ends = asyncio.run(watched(server.url, job_id))
        took = time.monotonic() - begun
        subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], check=True)
        truth = job(server, job_id)
        ready = httpx.get(f"{server.url}/readyz").is_success
    kept = [part["key"] for part in truth["partial"]]
    print(json.dumps({"keys": keys, "kept": kept, "ends": ends, "ready": ready, "took": took}))  # noqa: T201


if __name__ == "__main__":
    main()
