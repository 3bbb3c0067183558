"""The machine that is measured on: cores, processes and what they cost, programs built for a run, versions, the disk."""

import contextlib
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = HERE / ".peers"
SERVER_CORE, CLIENT_CORE = "0", "1" if (os.cpu_count() or 1) > 1 else "0"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = 4096


class Unavailable(Exception):
    """Something that a peer needs is not on this machine; the text names it."""


def build(folder: Path) -> None:
    """Compile the load clients into `folder`. Raises `Unavailable` without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise Unavailable("a C compiler (gcc): the load clients are written in C")
    for name in ("watch", "ask", "sendlimit"):
        subprocess.run([compiler, "-O2", "-o", folder / name, HERE / "client" / f"{name}.c"], check=True)


def spawn(
    command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None, log: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a server on its core, in a group of its own."""
    if _executable(command[0]) is None:
        raise Unavailable(str(command[0]))
    with open(log or os.devnull, "ab") as out:
        return subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *map(str, command)],
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def _executable(command: str | Path) -> str | None:
    return shutil.which(str(command))


def end(process: subprocess.Popen[bytes]) -> None:
    """End the group that `spawn` made."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unavailable(f"a server that stays: it ended with code {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise Unavailable(f"a server that listens on port {port}")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def family(root: int) -> list[int]:
    """The process and all below it."""
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                todo += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """CPU that these processes have used so far, user and kernel."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def proportional_mib(pids: Sequence[int]) -> float:
    """Memory of these processes, pages that several share counted once (PSS)."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def calibration() -> float:
    """Microseconds that a fixed loop in Python takes now: how busy others keep the machine, and how fast it is."""
    begun, table = time.perf_counter(), {}
    for number in range(200_000):
        table[number & 1023] = number * 7 ^ 5
    return (time.perf_counter() - begun) * 1e6


def disk(folder: Path, seconds: float) -> dict[str, float]:
    """Milliseconds that writing 4 KiB and fdatasync take: p50 and p99."""
    path, taken = folder / "disk", []
    with open(path, "wb", buffering=0) as file:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            begun = time.monotonic()
            file.write(b"x" * PAGE)
            os.fdatasync(file.fileno())
            taken.append((time.monotonic() - begun) * 1000)
            if file.tell() > 64 * 1024 * 1024:
                file.seek(0)
    path.unlink()
    taken.sort()
    return {"p50_ms": statistics.median(taken), "p99_ms": taken[int(len(taken) * 0.99)]}


def described() -> list[str]:
    """Lines that say what was measured on and with which versions."""
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    packages = ("uvicorn", "starlette", "uvloop", "httptools", "websockets", "orjson")
    ours = ", ".join(f"{name} {_version(name)}" for name in packages)
    return [
        f"{os.cpu_count()} cores ({model}), {platform.system()} {platform.release()}, Python {platform.python_version()},",
        f"{ours}.",
        f"Peers: {', '.join(_peer_versions()) or 'none installed (`make bench-peers`)'}.",
    ]


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"


def _peer_versions() -> list[str]:
    found = []
    for name in ("aiohttp", "python_socketio", "saq", "arq", "aiosqlite", "redis"):
        for path in (PEERS / "python").glob(f"lib/*/site-packages/{name}-*.dist-info"):
            found.append(path.name.removesuffix(".dist-info").replace("-", " ").replace("_", "-"))
    for name in ("ws", "socket.io", "bullmq"):
        text = "".join(_lines(str(PEERS / "node" / "node_modules" / name / "package.json")))
        if '"version":' in text:
            number = text.partition('"version":')[2].split('"')[1]
            found.append(f"{name} {number}")
    for command, flag in (("node", "--version"), ("redis-server", "--version")):
        if shutil.which(command):
            told = subprocess.run([command, flag], capture_output=True, text=True, check=False).stdout.split()
            found.append(f"{command} {next((word.lstrip('v=') for word in told if word.lstrip('v=')[:1].isdigit()), '')}")
    return found


def python(*, peers: bool) -> str:
    """The interpreter for a peer: the peers' own environment, or ours for those who need nothing else."""
    return str(PEERS / "python" / "bin" / "python") if peers else sys.executable
