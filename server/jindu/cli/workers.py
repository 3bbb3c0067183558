"""`jindu serve --workers N`: so many processes on one machine, one listening socket, one Redis.

The parent only watches: it opens the socket, starts the processes, starts anew what died unasked, hands on the signal to end.
When the parent itself dies, each process notices that a pipe has closed, and drains.
"""

import asyncio
import os
import signal
import socket
import subprocess  # starts ourselves again # nosec B404
import sys
import threading
from collections.abc import Sequence

from ..core.clock import SystemClock
from ..settings import Settings
from ..store.opener import on_redis, open_store

LISTEN, ALIVE = "JINDU_LISTEN_FD", "JINDU_PARENT_FD"
AGAIN_AFTER = 1.0  # seconds until a process that died is started anew
GRACE_BESIDE = 30.0  # seconds beyond the grace of the jobs after which what has not ended is killed


class WorkersRefused(Exception):
    """They cannot be started; the text says why, for people."""


def refuse_unfit(workers: int, store: str) -> None:
    """Raises `WorkersRefused` where several processes cannot share the store."""
    if workers > 1 and not on_redis(store):
        raise WorkersRefused(
            f"{store} belongs to one process. For {workers} of them let them share a Redis: --store redis://localhost:6379/0"
        )


def inherited() -> list[socket.socket] | None:
    """The listening socket that a parent of ours opened, and an eye on that parent; None if we serve for ourselves."""
    listening, alive = os.environ.pop(LISTEN, None), os.environ.pop(ALIVE, None)
    if listening is None or alive is None:
        return None
    threading.Thread(target=_drain_when_orphaned, args=(int(alive),), name="jindu-parent-watch", daemon=True).start()
    return [socket.socket(fileno=int(listening))]


def _drain_when_orphaned(pipe: int) -> None:
    os.read(pipe, 1)  # nothing ever comes but the end
    os.kill(os.getpid(), signal.SIGTERM)


def supervise(workers: int, settings: Settings) -> int:
    """Run until told to stop; the exit code. Raises `StoreRefused`, `WorkersRefused`."""
    asyncio.run(_looked_at(settings))  # said once, and not by each of them
    return _Supervisor(workers, settings).run()


async def _looked_at(settings: Settings) -> None:
    store = await open_store(settings.store, SystemClock(), volatile=settings.allow_volatile)
    await store.close()


class _Supervisor:
    def __init__(self, workers: int, settings: Settings) -> None:
        self._stop = threading.Event()
        self._grace = settings.grace
        self._listening = _listen(settings.host, settings.port)
        self._eye, self._held = os.pipe()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._workers = workers

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._processes = [self._started() for _ in range(self._workers)]
        code = 0
        while not self._stop.wait(AGAIN_AFTER / 4):
            for place, process in enumerate(self._processes):
                if process.poll() == 1:  # it said why it cannot serve: another would not either
                    code = 1
                    self._stop.set()
                elif process.poll() is not None and not self._stop.wait(AGAIN_AFTER):
                    self._processes[place] = self._started()
        return self._ended() or code

    def _started(self) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, LISTEN: str(self._listening.fileno()), ALIVE: str(self._eye)}
        command = [sys.executable, "-m", "jindu", *_without_workers(sys.argv[1:])]
        passed = (self._listening.fileno(), self._eye)
        return subprocess.Popen(command, env=environment, pass_fds=passed)  # ourselves # nosec B603

    def _ended(self) -> int:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        late = 0
        for process in self._processes:
            try:
                process.wait(self._grace + GRACE_BESIDE)
            except subprocess.TimeoutExpired:
                process.kill()
                late = 1
        return late


def _listen(host: str, port: int) -> socket.socket:
    """Raises `WorkersRefused`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise WorkersRefused(f"{host}:{port} cannot be listened on: {error.strerror}. Choose another with --port") from None
    listening.listen(4096)
    return listening


def _without_workers(arguments: Sequence[str]) -> list[str]:
    """What we were started with, for one process."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip or argument.startswith("--workers="):
            skip = False
        elif argument == "--workers":
            skip = True
        else:
            kept.append(argument)
    return kept
