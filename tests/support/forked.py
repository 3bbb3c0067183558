"""Servers for tests without the second of CPU that importing takes: a process that has imported `jindu` forks one for each.

What runs is a real process with its own arguments, folder, environment and descriptors; the application itself is imported by
it alone, for applications read their settings as they are imported. `Forked` has of `Popen` what tests use of it.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

START_WITHIN = 60.0  # seconds
HEAD = 8  # bytes: the length of what follows


class Forked:
    """A process that was forked, until the test has waited for it."""

    def __init__(self, argv: list[str], *, env: dict[str, str], cwd: Path, said: BinaryIO) -> None:
        self.returncode: int | None = None
        self._wire = socket.socket(socket.AF_UNIX)
        self._wire.connect(forge())
        asked = json.dumps({"argv": argv, "env": env, "cwd": str(cwd)}).encode()
        socket.send_fds(self._wire, [len(asked).to_bytes(HEAD, "big")], [said.fileno()])
        self._wire.sendall(asked)
        self.pid = int.from_bytes(self._told(), "big")

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._wire], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            if not select.select([self._wire], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _end(self) -> None:
        self.returncode = int.from_bytes(self._told(), "big", signed=True)
        self._wire.close()

    def _told(self) -> bytes:
        told = self._wire.recv(HEAD, socket.MSG_WAITALL)
        assert len(told) == HEAD, "the process that forks has ended"
        return told


@cache
def forge() -> str:
    """The address of the process that forks, which is started when it is first asked for and ends with the tests."""
    folder = tempfile.mkdtemp(prefix="forge")
    address = f"{folder}/wire"
    from .server import CODE

    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE))}
    process = subprocess.Popen([sys.executable, "-m", "support.forked", address], env=env, stdin=subprocess.DEVNULL)
    atexit.register(_end, process, folder)
    deadline = time.monotonic() + START_WITHIN
    while not os.path.exists(address):
        assert process.poll() is None, "jindu could not be imported"
        assert time.monotonic() < deadline, "jindu is not imported in time"
        time.sleep(0.02)
    return address


def _end(process: subprocess.Popen[bytes], folder: str) -> None:
    process.terminate()
    process.wait()
    for name in os.listdir(folder):
        os.unlink(f"{folder}/{name}")
    os.rmdir(folder)


# The process that forks.


class Forge:
    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._children: dict[int, socket.socket] = {}
        self._bell, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(bell)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Fork for each who asks, and tell each the end of what it asked for."""
        while True:
            ready, _, _ = select.select([self._door, self._bell], [], [])
            if self._bell in ready:
                os.read(self._bell, 4096)
                self._bury()
            if self._door in ready:
                wire, _ = self._door.accept()
                self._fork(wire)

    def _fork(self, wire: socket.socket) -> None:
        head, (said,), _, _ = socket.recv_fds(wire, HEAD, 1)
        asked = wire.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
        pid = os.fork()
        if pid == 0:
            self._leave(wire)
            become(json.loads(asked), said)
        os.close(said)
        self._children[pid] = wire
        wire.sendall(pid.to_bytes(HEAD, "big"))

    def _leave(self, wire: socket.socket) -> None:
        """In the child: nothing of this process stays open, no signal means what it means here."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for one in (self._door, wire, *self._children.values()):
            one.close()
        os.close(self._bell)

    def _bury(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                wire = self._children.pop(found[0])
                with contextlib.suppress(OSError):  # who asked may have left
                    wire.sendall(os.waitstatus_to_exitcode(found[1]).to_bytes(HEAD, "big", signed=True))
                wire.close()


def become(asked: dict[str, Any], said: int) -> None:
    """Be `jindu` with these arguments, and end as it ends."""
    from jindu.cli.main import main

    for number in (1, 2):
        os.dup2(said, number)
    os.close(said)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = ["jindu", *asked["argv"]]
    code: Any = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - as Python itself would end: with what was raised, and 1
        sys.excepthook(*sys.exc_info())
        code = 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(bool(code)))


def serve(address: str) -> None:
    from .preload import preload

    preload()

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{address}.new")
        door.listen(64)
        os.rename(f"{address}.new", address)
        Forge(door).run()


if __name__ == "__main__":
    serve(sys.argv[1])
