"""The client of fifty lines, written from PROTOCOL alone, goes through what the large clients go through."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
from examples.fifty_lines import watch

from support.server import ROOT, ServerProcess

RESULTS = 120


def submit(url: str, kind: str, **params: object) -> str:
    return httpx.post(f"{url}/v1/jobs", json={"type": kind, "params": params}).json()["id"]


async def test_it_survives_kill_9_with_each_result_once_and_in_order(server: ServerProcess) -> None:
    job_id = submit(server.url, "pouring", results=RESULTS, pause=0.01)
    frames: list[dict[str, object]] = []
    third = asyncio.Event()

    def show(frame: dict[str, object]) -> None:
        frames.append(frame)
        if len([frame for frame in frames if frame["type"] == "result"]) >= RESULTS // 3:
            third.set()

    async with asyncio.timeout(60):
        watching = asyncio.create_task(watch(server.url, job_id, show))
        await third.wait()
        server.kill()
        await asyncio.to_thread(server.start)
        state = await watching
    assert (state["status"], state["result"]) == ("completed", RESULTS)
    assert [frame["key"] for frame in frames if frame["type"] == "result"] == [f"k{number}" for number in range(RESULTS)]
    seqs = [frame["seq"] for frame in frames]
    assert seqs == sorted(set(seqs))  # type: ignore[type-var]


async def test_it_comes_back_after_a_server_that_said_bye(server: ServerProcess, tmp_path: Path) -> None:
    job_id = submit(server.url, "waiting", name="patient")
    seen = asyncio.Event()
    async with asyncio.timeout(60):
        watching = asyncio.create_task(watch(server.url, job_id, lambda frame: seen.set()))
        await seen.wait()
        assert await asyncio.to_thread(server.stop, signal.SIGTERM) == 0
        (tmp_path / "count.go").touch()
        await asyncio.to_thread(server.start)
        assert (await watching)["result"] == "patient"


def test_as_a_program_it_prints_frames_and_the_end_or_says_why_not(server: ServerProcess) -> None:
    program = [sys.executable, str(ROOT / "examples" / "fifty_lines.py"), server.url]
    ended = subprocess.run([*program, submit(server.url, "pouring", results=2)], capture_output=True, text=True, timeout=60)
    assert json.loads(ended.stdout.splitlines()[-1])["result"] == 2
    unknown = subprocess.run([*program, "no-such-job-at-all"], capture_output=True, text=True, timeout=60)
    assert (unknown.returncode, unknown.stderr.strip()) == (1, "Not found")


def test_it_has_fewer_than_sixty_lines() -> None:
    assert len((ROOT / "examples" / "fifty_lines.py").read_text().splitlines()) < 60
