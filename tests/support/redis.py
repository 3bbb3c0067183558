"""A real Redis for tests: a process of its own on a free port, with an append-only file; killed, paused, started again."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import redis

from support.server import START_WITHIN, free_port

EXECUTABLE = shutil.which("redis-server")
SAFE = ("--appendonly", "yes", "--maxmemory-policy", "noeviction")


class RedisProcess:
    """`redis-server` on loopback. Used as a context manager. `settings` are in the place of those that keep jobs safe."""

    def __init__(self, folder: Path, settings: tuple[str, ...] = SAFE) -> None:
        if EXECUTABLE is None:
            pytest.skip("no redis-server here")
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.client = redis.Redis(port=self.port)

    def start(self) -> "RedisProcess":
        """Start, and return when it answers."""
        command = [
            *(str(EXECUTABLE), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""),
            *("--daemonize", "no", *self._settings),
        ]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(redis.RedisError, OSError):
                if self.client.ping():
                    return self
            time.sleep(0.01)
        self.__exit__()
        raise AssertionError((self.folder / "redis.log").read_text())

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def __enter__(self) -> "RedisProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()
