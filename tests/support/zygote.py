"""Commands of ours for shell sessions, without the half second that each takes to import: a process that has imported them
forks one for every call. What runs is a real process with its own arguments, folder, environment and descriptors.

`programs(folder)` puts `jindu` and `contenthub` there, to be found by PATH. `jindu serve` and `jindu demo` are started afresh:
sessions signal them.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.server import CODE

START_WITHIN = 60.0  # seconds
HEAD = 8  # bytes: the length of what follows

CLIENT = """#!{python} -IS
import json, os, socket, sys
wire = socket.socket(socket.AF_UNIX)
wire.connect({address!r})
asked = json.dumps(dict(program={program!r}, argv=sys.argv[1:], cwd=os.getcwd(), env=dict(os.environ))).encode()
socket.send_fds(wire, [len(asked).to_bytes({head}, "big")], [0, 1, 2])
wire.sendall(asked)
said = wire.recv(1)
sys.exit(said[0] if said else 70)
"""
FRESH = """#!/bin/sh
case "$1" in serve|demo) exec "{python}" -m jindu "$@" ;; esac
exec "{folder}/forked-jindu" "$@"
"""


@contextmanager
def programs(folder: Path) -> Iterator[Path]:
    """The folder of the programs, which work meanwhile."""
    address = folder / "z"
    for program, name in (("jindu", "forked-jindu"), ("contenthub", "contenthub")):
        _executable(folder / name, CLIENT.format(python=sys.executable, address=str(address), program=program, head=HEAD))
    _executable(folder / "jindu", FRESH.format(python=sys.executable, folder=folder))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE))}
    zygote = subprocess.Popen([sys.executable, "-m", "support.zygote", str(address)], env=env)
    try:
        deadline = time.monotonic() + START_WITHIN
        while not address.exists():
            assert zygote.poll() is None, "the commands could not be imported"
            assert time.monotonic() < deadline, "the commands are not imported in time"
            time.sleep(0.02)
        yield folder
    finally:
        zygote.terminate()
        zygote.wait()


def _executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def serve(address: str) -> None:
    """Fork for each who asks, until this process is ended."""
    from examples.content_hub.cli import main as contenthub

    from jindu.cli.main import main as jindu
    from support.preload import preload

    preload()

    mains = {"jindu": jindu, "contenthub": contenthub}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{address}.new")
        door.listen(64)
        os.rename(f"{address}.new", address)
        while True:
            wire, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _run(wire, mains)
            wire.close()


def _run(wire: socket.socket, mains: dict[str, Any]) -> None:
    """In the child: become the program that was asked for, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, fds, _, _ = socket.recv_fds(wire, HEAD, 3)
    asked = b""
    while len(asked) < int.from_bytes(head, "big"):
        asked += wire.recv(65_536)
    call = json.loads(asked)
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(call["cwd"])
    os.environ.clear()
    os.environ.update(call["env"])
    sys.argv = [call["program"], *call["argv"]]
    code: Any = 0
    try:
        mains[call["program"]]()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - as Python itself would end: with what was raised, and 1
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    wire.sendall(bytes([code if isinstance(code, int) else int(bool(code))]))
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
