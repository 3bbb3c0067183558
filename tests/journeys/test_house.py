"""One server process and what is done to it: a second one on its file, a bad body, a signal, input of the worst kind."""

import asyncio
import signal
import subprocess
from pathlib import Path

import httpx
import orjson
import pytest

from support.rawclient import Held, frames, opening, until
from support.server import ServerProcess, free_port


def submit(url: str, kind: str, **params: object) -> str:
    answer = httpx.post(f"{url}/v1/jobs", json={"type": kind, "params": params})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def ended(url: str, job_id: str) -> dict[str, object]:
    async with httpx.AsyncClient(base_url=url) as http, asyncio.timeout(30):
        while not (job := (await http.get(f"/v1/jobs/{job_id}")).json())["is_completed"]:
            await asyncio.sleep(0.01)
    return job


@pytest.mark.promise("one_process")
def test_a_second_server_on_the_same_file_is_refused_kindly(server: ServerProcess) -> None:
    second = [*server.command]
    second[second.index("--port") + 1] = str(free_port())
    refused = subprocess.run(second, env=server._env, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert str(server.process.pid) in refused.stderr  # type: ignore[union-attr]
    assert "--store" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert httpx.get(f"{server.url}/readyz").status_code == 200


@pytest.mark.promise("deadly_bodies")
async def test_a_body_that_exits_ends_its_own_job_only(server: ServerProcess) -> None:
    job = await ended(server.url, submit(server.url, "exiting"))
    assert job["status"] == "failed"
    assert job["error"]["code"] == "INTERNAL_ERROR"  # type: ignore[index]
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert (await ended(server.url, submit(server.url, "pouring", results=1)))["status"] == "completed"


@pytest.mark.promise("secrets")
async def test_nothing_internal_reaches_a_client(server: ServerProcess) -> None:
    job_id = submit(server.url, "failing", secret="canary-4711")
    held = Held(job_id)
    async with asyncio.timeout(30), opening(server.url) as socket:
        await socket.send(held.subscribe)
        error = await until(socket, "error", held)
    told = orjson.dumps(error).decode() + orjson.dumps((await ended(server.url, job_id))["error"]).decode()
    for internal in ("canary-4711", "RuntimeError", "Traceback", ".py", "internal detail"):
        assert internal not in told
    assert error["state"]["error"]["id"] in server.said()
    assert "canary-4711" in server.said()


@pytest.mark.promise("draining")
async def test_a_signal_drains_hands_back_and_exits_0(server: ServerProcess, tmp_path: Path) -> None:
    job_id = submit(server.url, "waiting", name="patient")
    held = Held(job_id)
    async with asyncio.timeout(30), opening(server.url) as socket:
        await socket.send(held.subscribe)
        while held.state.get("status") != "running":
            for frame in frames(await socket.recv()):
                held.fold(frame)
        stopping = asyncio.create_task(asyncio.to_thread(server.stop, signal.SIGTERM))
        bye = await until(socket, "bye", held)
        assert await stopping == 0
    assert bye["code"] == 4200
    assert bye["stop"] is False
    assert bye["retry_ms"] >= 0
    assert held.state["status"] == "pending"
    (tmp_path / "count.go").touch()
    await asyncio.to_thread(server.start)
    job = await ended(server.url, job_id)
    assert (job["status"], job["attempt"], job["result"]) == ("completed", 1, "patient")


async def test_a_body_that_ignores_its_end_does_not_hold_the_exit(server: ServerProcess) -> None:
    job_id = submit(server.url, "stubborn")
    held = Held(job_id)
    async with asyncio.timeout(60), opening(server.url) as socket:
        await socket.send(held.subscribe)
        while held.state.get("message") != "not listening":
            for frame in frames(await socket.recv()):
                held.fold(frame)
        stopping = asyncio.create_task(asyncio.to_thread(server.stop, signal.SIGTERM))
        await until(socket, "bye", held)
        assert await stopping == 0
    assert held.state["status"] == "pending"


@pytest.mark.promise("draining")
async def test_with_nothing_running_a_signal_says_bye_at_once(server: ServerProcess) -> None:
    async with asyncio.timeout(30), opening(server.url) as socket:
        await until(socket, "hello")
        stopping = asyncio.create_task(asyncio.to_thread(server.stop, signal.SIGTERM))
        assert (await until(socket, "bye"))["code"] == 4200
        assert await stopping == 0
    assert socket.close_code == 4200


@pytest.mark.promise("protocol")
async def test_bad_frames_are_told_and_harm_nobody_else(server: ServerProcess) -> None:
    job_id = submit(server.url, "waiting")
    held = Held(job_id)
    async with asyncio.timeout(30), opening(server.url) as good, opening(server.url) as bad:
        await good.send(held.subscribe)
        await until(good, "subscribed", held)
        channels = {"job:not-there-at-all": 0, "weather": 0, f"job:{job_id}": -1}
        await bad.send(orjson.dumps({"type": "subscribe", "channels": channels}).decode())
        told = [await until(bad, "problem") for _ in range(3)]
        assert {problem["channel"] for problem in told} == set(channels)
        for problem in told:
            assert set(problem["title"]) == {"zh", "en"}
            assert problem["action"]
        await bad.send("{not json")
        assert (await until(bad, "bye"))["code"] == 4000
        await bad.wait_closed()
        assert bad.close_code == 4000
        (Path(str(server.store.parent)) / "count.go").touch()
        await until(good, "complete", held)
    assert httpx.get(f"{server.url}/healthz").status_code == 200
