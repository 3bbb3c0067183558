"""A storm of clients on a server with few descriptors: who is too many is told when to come back, what runs goes on."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.rawsocket import RawSocket, connected, said, upgrade
from support.server import ServerProcess
from wire.asking import cancelled, job, serves, soon, submitted

pytestmark = [pytest.mark.timeout(120), pytest.mark.promise("exhausted")]

DESCRIPTORS = 120
CLIENTS = 500


class Confined(ServerProcess):
    """A server that may open `DESCRIPTORS` files."""

    @property
    def command(self) -> list[str]:
        return ["/bin/sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh", *super().command]

    @property
    def open_files(self) -> int:
        assert self.process is not None
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def cpu(self) -> float:
        """Seconds of processor time that it took so far."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def confined(tmp_path: Path) -> Iterator[Confined]:
    with Confined("wire.wire_jobs:app", tmp_path, env={"JINDU_CONCURRENCY": "50"}) as server:
        assert isinstance(server, Confined)
        yield server


@contextlib.contextmanager
def storm(port: int, count: int = CLIENTS) -> Iterator[list[socket.socket]]:
    """Connections that ask for nothing."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(connected(port)) for _ in range(count)]


def answers(raw: socket.socket, request: bytes) -> bytes:
    """The beginning of an answer; nothing if there is none."""
    try:
        raw.sendall(request)
        return raw.recv(65_536)
    except (ConnectionError, TimeoutError):
        return b""


def test_a_storm_of_connections_leaves_running_jobs_alone(confined: Confined) -> None:
    poured = submitted(confined, "pouring", results=200)
    held = submitted(confined, "hold")
    with RawSocket(confined.port) as before:
        before.send(said({"type": "subscribe", "channels": {f"job:{held}": 0}}))
        before.until("subscribed")
        with storm(confined.port) as crowd:
            assert soon(lambda: confined.open_files > DESCRIPTORS * 0.75)
            used = confined.cpu
            time.sleep(1)
            assert confined.cpu - used < 0.5, "it spins"
            heads = {}
            for place, raw in enumerate(crowd):
                ask = upgrade(confined.port) if place % 2 else b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                heads[place] = answers(raw, ask)
            refused = [head for head in heads.values() if head.startswith(b"HTTP/1.1 503 ")]
            served = [head for head in heads.values() if head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 101 "))]
            assert len(served) > 20
            assert refused
            for head in refused:
                assert b"retry-after: " in head.lower()
                assert b"application/problem+json" in head
            assert len(served) + len(refused) + sum(not head for head in heads.values()) == CLIENTS
            assert confined.open_files < DESCRIPTORS
        begun = time.monotonic()
        assert soon(lambda: _ready(confined))
        assert time.monotonic() - begun < 3
        assert serves(confined)
        cancelled(confined, held)
        assert before.until("error")["state"]["status"] == "cancelled"
    assert soon(lambda: job(confined, poured)["is_completed"])
    assert (job(confined, poured)["status"], job(confined, poured)["attempt"]) == ("completed", 1)
    assert len(job(confined, poured)["partial"]) == 200


def _ready(server: ServerProcess) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{server.url}/readyz").is_success
    return False


def test_storms_one_after_another_leave_no_descriptor_open(confined: Confined) -> None:
    before = confined.open_files
    for _ in range(3):
        with storm(confined.port, 200):
            pass
        assert soon(lambda: _ready(confined), 3)
    assert soon(lambda: confined.open_files <= before + 5)
    assert "Traceback" not in confined.said()


def test_a_flood_of_messages_is_ended_and_others_are_served(confined: Confined) -> None:
    """Five clients that say as much as they can; a sixth is answered meanwhile, the job watched goes on."""
    poured = submitted(confined, "pouring", results=300)
    stop = threading.Event()

    def flood() -> None:
        blast = b"".join(said({"type": "subscribe", "channels": {"weather": 0}}) for _ in range(50))
        while not stop.is_set():
            with contextlib.suppress(ConnectionError, TimeoutError, AssertionError), RawSocket(confined.port) as raw:
                raw.raw.settimeout(1)
                while not stop.is_set():
                    raw.send(blast)

    flooding = [threading.Thread(target=flood) for _ in range(5)]
    for thread in flooding:
        thread.start()
    try:
        assert soon(lambda: job(confined, poured)["is_completed"], 60)
        begun = time.monotonic()
        assert serves(confined)
        assert time.monotonic() - begun < 5, "others wait for the flood"
    finally:
        stop.set()
        for thread in flooding:
            thread.join()
    assert job(confined, poured)["status"] == "completed"
    assert len(job(confined, poured)["partial"]) == 300
    assert soon(lambda: _ready(confined), 3)
