"""A real server process for tests: started, awaited, killed, started again on the same port and store."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import httpx

from .forked import Forked

ROOT = Path(__file__).resolve().parents[2]
CODE = (ROOT / "server", ROOT / "client_sdk" / "python", ROOT, ROOT / "tests")  # this checkout, whatever is installed
START_WITHIN = 30.0  # seconds; machines that run tests in parallel are slow to start processes


# Of a server with keys: tests ask faster than one client may. The limits have tests of their own.
UNHURRIED = {"JINDU_SUBMITS_PER_SECOND": "100000", "JINDU_READS_PER_SECOND": "100000"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_ready(process: "Process", url: str, said: Callable[[], str], path: str = "/readyz") -> None:
    """Return when a server that was started answers that it is ready. Knocks with a bare socket until somebody listens: a whole
    request each time would cost as much as the start."""
    address = httpx.URL(url)
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, httpx.TransportError):
            socket.create_connection((address.host, address.port or 80), 1).close()
            if httpx.get(f"{url}{path}", trust_env=False, verify=False).is_success:
                return
        time.sleep(0.02)
    raise AssertionError(f"the server did not start: {said()}")


Process: TypeAlias = "subprocess.Popen[bytes] | Forked"


class ServerProcess:
    """`jindu serve TARGET` on loopback. Used as a context manager; what it said is in `log`."""

    def __init__(self, target: str, folder: Path, *, env: dict[str, str] | None = None, args: tuple[str, ...] = ()) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.store = folder / "jindu.db"
        self.log = folder / "server.log"
        self._target = target
        self._args = args
        self._env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE)), **(env or {})}
        self.process: Process | None = None

    @property
    def command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "jindu", "serve", self._target, "--port", str(self.port)),
            *("--store", f"sqlite:///{self.store}", *self._args),
        ]

    def start(self) -> "ServerProcess":
        """Start, and return when it is ready."""
        self.process = self._begin()
        wait_ready(self.process, self.url, self.said)
        return self

    def _begin(self) -> Process:
        with self.log.open("ab") as log:
            return subprocess.Popen(self.command, env=self._env, stdout=log, stderr=log, cwd=ROOT)

    def kill(self) -> None:
        """SIGKILL: nothing is said, nothing is flushed."""
        self.stop(signal.SIGKILL)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait for its end; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def __enter__(self) -> "ServerProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


class ForkedServer(ServerProcess):
    """The same, forked of a process that has imported `jindu`: for tests that are not about the start of a process."""

    def _begin(self) -> Process:
        with self.log.open("ab") as log:
            return Forked(self.command[3:], env=self._env, cwd=ROOT, said=log)
