"""HTTP: reading a live job, being told that it has not changed, submitting; and what enqueueing costs a queue on Redis."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

from .. import host
from ..contenders import HERE, STATUS, Running, ours, running, running_redis, scratch
from .sample import Sample, Tools

CONNECTIONS = 32
BATCHES = 4  # requests on their way at once, each of many jobs
PARAMS = {
    "query": "a research question of moderate length",
    "lang": "zh",
    "options": {"depth": 3, "sources": ["web", "papers"]},
}


def status(tools: Tools, *, bare: bool, held: bool, store: Path | None = None) -> Sample:
    """`GET` of a running job; `held`: with the tag of the newest version, so that the answer is 304. `bare`: of plain
    Starlette. The unit is an answer."""
    if bare:
        with running(STATUS) as server:
            return _asked(tools, server, "01J9ZK4T7Q8W3N5M6P2R000000", '"17"' if held else "", "from a dictionary")
    with ours(folder=store) as server:
        [job] = server.submit("holding", [{}])
        tag = _settled(server, job)
        return _asked(tools, server, job, tag if held else "", "whole snapshot, consistency checked")


def _settled(server: Running, job: str) -> str:
    """Wait until the job has reported; its tag."""
    import http.client

    while True:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", f"/v1/jobs/{job}")
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        if body["progress"]:
            return answer.headers["ETag"] or ""


def _asked(tools: Tools, server: Running, job: str, tag: str, conditions: str) -> Sample:
    with scratch() as folder:
        condition = f"If-None-Match: {tag}\r\n" if tag else ""
        text = f"GET /v1/jobs/{job} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAccept: application/json\r\n{condition}\r\n"
        return _repeated(tools, server, folder, text, conditions)


def _repeated(
    tools: Tools, server: Running, folder: Path, text: str, conditions: str, connections: int = CONNECTIONS
) -> Sample:
    (folder / "request").write_text(text)
    found = tools.ask(
        server.port,
        server.pids,
        "--request",
        str(folder / "request"),
        "--connections",
        connections,
        "--seconds",
        tools.size.seconds,
    )
    if found["refused"]:
        raise RuntimeError(f"{server.name} refused: {found.get('complaints')}")
    count = found["answers"]
    us = found["cpu_s"] / count * 1e6 if count else float("nan")
    return Sample(us, count / found["seconds"], found["p50_ms"], found["p99_ms"], conditions, found)


def submit(tools: Tools, store: Path | None = None) -> Sample:
    """`POST /v1/jobs`, answered when durable. The jobs are delayed, so that none runs while submits are counted."""
    with ours(folder=store) as server, scratch() as folder:
        body = json.dumps({"type": "nothing", "params": PARAMS, "delay": 3600})
        head = f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
        text = f"{head}Content-Length: {len(body)}\r\n\r\n{body}"
        return _repeated(tools, server, folder, text, f"{CONNECTIONS} connections, durable (synchronous=FULL)")


def submit_together(tools: Tools, jobs: int) -> Sample:
    """`POST /v1/batches` with so many of the same jobs, answered when all are durable. The unit is a job."""
    with ours() as server, scratch() as folder:
        body = json.dumps({"jobs": [{"type": "nothing", "params": PARAMS, "delay": 3600}] * jobs})
        head = f"POST /v1/batches HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
        text = f"{head}Content-Length: {len(body)}\r\n\r\n{body}"
        found = _repeated(tools, server, folder, text, f"{jobs:,} in one request and one commit (synchronous=FULL)", BATCHES)
        return replace(found, us=found.us / jobs, rate=found.rate * jobs)


def enqueue(tools: Tools, name: str) -> Sample:
    """The same parameters pushed into Redis by a queue's client: its own CPU, without Redis's."""
    with scratch() as folder, running_redis(folder) as redis:
        before = host.cpu_seconds(redis.pids)
        command = [host.python(peers=True), str(HERE / "peers" / "enqueue.py"), name, str(redis.port), str(tools.size.seconds)]
        try:
            done = subprocess.run(["taskset", "-c", host.CLIENT_CORE, *command], capture_output=True, text=True, check=True)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise host.Unavailable(f"{name}: {str(getattr(error, 'stderr', error))[-200:]}") from None
        theirs = host.cpu_seconds(redis.pids) - before
    found = json.loads(done.stdout)
    count = found["answers"]
    conditions = f"client only; Redis {theirs / count * 1e6:.0f} us more; append-only file each second"
    return Sample(found["cpu_s"] / count * 1e6, count / found["seconds"], conditions=conditions, more=found)
