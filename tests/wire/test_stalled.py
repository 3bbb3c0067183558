"""Clients that never read: gone within the limit, and little is held for them meanwhile (RELIABILITY traps 1 and 2)."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop

from jindu.settings import Settings
from jindu.web.application import build
from jindu.web.server import Server
from jindu.web.stall import SEND_BUFFER
from support.rawsocket import connected, said, upgrade
from support.server import free_port
from wire.wire_jobs import app

pytestmark = [pytest.mark.timeout(90), pytest.mark.promise("half_open")]

READERS = 100
STALL = 2.0  # seconds
OURS = 20 * 1024  # bytes held for one of them
KERNEL = 2 * SEND_BUFFER  # SO_SNDBUF as the kernel counts it


@contextlib.contextmanager
def silent(port: int, job_id: str) -> Iterator[None]:
    """Readers that ask for a job and never read: half by socket, half by stream."""
    ask = said({"type": "subscribe", "channels": {f"job:{job_id}": 0}})
    stream = f"GET /v1/stream?channels=job:{job_id} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        for number in range(READERS):
            raw = stack.enter_context(connected(port, receive_buffer=4096))
            raw.sendall(upgrade(port) + ask if number % 2 else stream)
        yield


async def stalled_readers_come_and_go(server: Server, port: int) -> tuple[int, float]:
    """The most of ours that was held for one of them; and how long the last of them stayed."""
    serving = asyncio.create_task(server.serve())
    connections = server.server_state.connections
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http, asyncio.timeout(60):
            while not server.started:
                await asyncio.sleep(0.01)
            job_id = (await http.post("/v1/jobs", json={"type": "chatting"})).json()["id"]
            context = silent(port, job_id)
            await asyncio.to_thread(context.__enter__)
            ours = 0
            while sum(_watches(each) for each in connections) < READERS:
                await asyncio.sleep(0.01)
            begun = time.monotonic()
            while watching := [each for each in connections if _watches(each)]:
                ours = max(ours, *(each.transport.get_write_buffer_size() for each in watching))
                await asyncio.sleep(0.02)
            stayed = time.monotonic() - begun
            assert (await http.get(f"/v1/jobs/{job_id}")).json()["status"] == "running"
            await http.post(f"/v1/jobs/{job_id}/cancel")
            context.__exit__(None, None, None)
            return ours, stayed
    finally:
        server.should_exit = True
        await serving


def _watches(connection: Any) -> bool:
    """Whether a connection is one that watches: its send buffer was made small."""
    transport = connection.transport
    kept = None if transport.is_closing() else transport.get_extra_info("socket")
    return kept is not None and kept.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == KERNEL


def test_a_hundred_clients_that_never_read_cost_little_and_are_gone_in_time(tmp_path: Path) -> None:
    settings = Settings(port=free_port(), store=f"sqlite:///{tmp_path}/jindu.db", write_stall_seconds=STALL)
    app.configure(**settings.arguments)
    server = Server(build(app.open, app.settings), app.open, app.settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ours, stayed = runner.run(stalled_readers_come_and_go(server, settings.port))
    assert 1024 < ours <= OURS, "what is held of ours"
    assert stayed < STALL + 6, "they fill the buffers of the kernel first"


async def answers_that_nobody_reads(server: Server, port: int) -> float:
    """How long a connection stays on which large answers are asked for and never read."""
    serving = asyncio.create_task(server.serve())
    connections = server.server_state.connections
    ask = b"GET /static/vendor/redoc.standalone.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    try:
        async with asyncio.timeout(60):
            while not server.started:
                await asyncio.sleep(0.01)
            with connected(port, receive_buffer=4096) as raw:
                await asyncio.to_thread(raw.sendall, ask * 20)
                while not any(each.transport.get_write_buffer_size() for each in connections):
                    await asyncio.sleep(0.01)
                begun = time.monotonic()
                while connections:
                    await asyncio.sleep(0.02)
                return time.monotonic() - begun
    finally:
        server.should_exit = True
        await serving


def test_an_answer_that_is_not_read_is_given_up(tmp_path: Path) -> None:
    settings = Settings(port=free_port(), store=f"sqlite:///{tmp_path}/jindu.db", write_stall_seconds=0.5)
    app.configure(**settings.arguments)
    server = Server(build(app.open, app.settings), app.open, app.settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(answers_that_nobody_reads(server, settings.port)) < 10
