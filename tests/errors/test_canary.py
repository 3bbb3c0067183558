"""A canary in everything an exception has: in no answer, frame or page. Operators alone see it, and nobody sees a secret."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from errors.canary_jobs import CANARY, SECRET
from support.server import ServerProcess

TYPES = ["coroutine", "thread", "process", "named", "items", "unprintable"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("errors.canary_jobs:app", tmp_path_factory.mktemp("canary"), args=("--log-level", "debug")) as process:
        yield process


@pytest.fixture
async def http(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        yield client


async def watched(server: ServerProcess, job: str) -> str:
    """All that a socket is told of the job to its end."""
    told = ""
    async with asyncio.timeout(30), connect(f"ws://127.0.0.1:{server.port}/v1/ws", subprotocols=["jindu.v1"]) as socket:  # type: ignore[list-item]
        await socket.send(f'{{"type":"subscribe","channels":{{"job:{job}":0,"jobs":0}}}}')
        while '"type":"error"' not in told and '"type":"complete"' not in told:
            told += str(await socket.recv())
    return told


async def ended(http: httpx.AsyncClient, job: str) -> dict[str, object]:
    async with asyncio.timeout(30):
        while not (found := (await http.get(f"/v1/jobs/{job}")).json())["is_completed"]:
            await asyncio.sleep(0.02)
    return found  # type: ignore[no-any-return]


async def answers(http: httpx.AsyncClient, jobs: list[str]) -> str:
    """What every route says to whom the jobs belong."""
    said = ""
    for job in jobs:
        await ended(http, job)
        for part in ("", "/events", "/result", "/why", "/log", "/partial/3"):
            said += (await http.get(f"/v1/jobs/{job}{part}")).text
        said += (await http.get("/v1/poll", params={"channels": f"job:{job},jobs"})).text
        async with http.stream("GET", "/v1/stream", params={"channels": f"job:{job}"}) as stream:
            async for line in stream.aiter_lines():
                said += line
                if '"type":"error"' in line or '"type":"complete"' in line:
                    break
    batch = (await http.post("/v1/batches", json={"jobs": [{"type": "thread", "params": {}}]})).json()["id"]
    lists = [
        "/",
        "/v1/jobs",
        "/v1/batches",
        f"/v1/batches/{batch}",
        "/v1/types",
        "/v1/stats",
        "/healthz",
        "/readyz",
        "/nowhere",
    ]
    for path in lists:
        for accept in ("text/html", "application/json"):
            said += (await http.get(path, headers={"accept": accept})).text
    return said + (await http.post(f"/v1/jobs/{jobs[0]}/retry")).text


async def test_the_canary_is_nowhere_but_with_operators_and_the_secret_nowhere(
    server: ServerProcess, http: httpx.AsyncClient
) -> None:
    jobs: list[str] = []
    public = ""
    for kind in TYPES:
        made = await http.post("/v1/jobs", json={"type": kind, "params": {}})
        jobs.append(made.json()["id"])
        public += made.text + await watched(server, jobs[-1])
    public += await answers(http, jobs)
    assert '"type":"error"' in public  # what was looked through is what people see
    assert "NETWORK_ERROR" in public
    for internal in (CANARY, SECRET, "Traceback", ".py"):
        assert internal not in public

    listed = (await http.get("/v1/errors", params={"limit": 1000})).json()["items"]
    operators = "".join([(await http.get(f"/v1/errors/{one['id']}")).text for one in listed])
    assert {one["type"] for one in listed} >= set(TYPES) - {"items"}
    assert all(CANARY in one["message"] for one in listed if one["type"] in ("coroutine", "thread", "process", "named"))
    for told in (CANARY, "canary_jobs.py", "in a local", "***"):  # an argument of the cause; locals as such are not kept
        assert told in operators
    log = server.said()
    assert CANARY in log
    assert not [one["id"] for one in listed if f"error id {one['id']}" not in log]
    stored = b"".join(path.read_bytes() for path in server.store.parent.glob("jindu.db*"))
    assert SECRET not in operators + log
    assert SECRET.encode() not in stored


async def test_the_canary_is_in_no_column_but_those_of_error_contexts(server: ServerProcess, http: httpx.AsyncClient) -> None:
    made = await http.post("/v1/jobs", json={"type": "thread", "params": {}})
    await ended(http, made.json()["id"])
    found = set()
    with sqlite3.connect(f"file:{server.store}?mode=ro", uri=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            names = [row[1] for row in connection.execute(f"PRAGMA table_xinfo({table})")]
            for name in names:
                sql = f"SELECT count(*) FROM {table} WHERE instr(CAST({name} AS TEXT), ?)"
                if connection.execute(sql, (CANARY,)).fetchone()[0]:
                    found.add(f"{table}.{name}")
    assert found == {"errors.message", "errors.traceback"}


async def test_what_a_request_carries_beside_its_job_is_not_logged(server: ServerProcess, http: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"session={SECRET}", "X-Api-Key": SECRET}
    for path in (f"/v1/jobs?token={SECRET}", f"/v1/poll?channels=jobs&ticket={SECRET}", f"/nowhere?api_key={SECRET}"):
        answer = await http.get(path, headers=headers)
        assert SECRET not in answer.text
    assert (
        await http.post("/v1/jobs", json={"type": "named", "params": {"api_key": SECRET}}, headers=headers)
    ).status_code == 422
    async with connect(f"ws://127.0.0.1:{server.port}/v1/ws?ticket={SECRET}", subprotocols=["jindu.v1"]):  # type: ignore[list-item]
        assert "/v1/ws?***" in server.said()
    assert SECRET not in server.said()


def test_the_secret_would_be_seen(tmp_path: Path) -> None:
    """The log that is looked through is the one that the server writes, and the store holds what was found there."""
    with ServerProcess("errors.canary_jobs:app", tmp_path) as process:
        made = httpx.post(f"{process.url}/v1/jobs", json={"type": "named", "params": {}, "tags": [SECRET]})
        assert SECRET in httpx.get(f"{process.url}/v1/jobs/{made.json()['id']}").text
        process.stop()
        assert SECRET.encode() in process.store.read_bytes()
