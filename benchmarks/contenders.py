"""Who is measured: our whole server and its peers. Each is started anew for each measurement and ended after it."""

import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import host
from .host import HERE, PEERS, Unavailable

OURS = "Jindu"
tree = HERE.parent
"""The checkout whose server is measured; `compare` measures several in turns."""


@dataclass(frozen=True, slots=True)
class Peer:
    """`processes` in the order they start; `{port}` is filled in. `socket` is the path of its WebSocket, `%s` the job's id and
    `%d` the number of the connection; `client` are further options of the load client."""

    name: str
    processes: Sequence[Sequence[str]]
    socket: str = "/ws/%d"
    client: Sequence[str] = ()
    socketio: bool = False
    redis: bool = False
    warm: float = 0.5  # seconds from an open port to work


@dataclass(slots=True)
class Running:
    """A server at work."""

    port: int
    roots: list[int]
    name: str = OURS
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def pids(self) -> list[int]:
        return [pid for root in self.roots for pid in host.family(root)]

    def post(self, path: str, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Send each over one connection; the answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        answers = []
        for body in bodies:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"{self.name} refused {path}: {answer.status} {text[:300]!r}")
            answers.append(json.loads(text))
        connection.close()
        return answers

    def submit(self, kind: str, params: Sequence[Mapping[str, Any]]) -> list[str]:
        """Make jobs; their ids in order."""
        if self.name != OURS:
            return [str(answer["id"]) for answer in self.post("/jobs", params)]
        return [str(answer["id"]) for answer in self.post("/v1/jobs", [{"type": kind, "params": one} for one in params])]


def in_python(script: str, *, peers: bool = False) -> Sequence[str]:
    return (host.python(peers=peers), str(HERE / "peers" / script), "{port}")


def in_node(script: str) -> Sequence[str]:
    return ("node", str(HERE / "peers" / script), "{port}")


SOCKETIO = "/socket.io/?EIO=4&transport=websocket"
SCRIPTS = str(HERE / "peers")
FAN_OUT = (
    Peer("raw uvloop", [in_python("raw_fan.py")]),
    Peer("nchan", [("nchan",)], socket="/ws/0", client=("--publish", "/pub/0")),
    Peer("Node ws", [in_node("ws_fan.js")]),
    Peer("Node socket.io", [in_node("socketio_fan.js")], SOCKETIO, socketio=True),
    Peer("aiohttp", [in_python("aiohttp_fan.py", peers=True)]),
    Peer("plain Starlette", [in_python("starlette_fan.py")]),
    Peer("python-socketio", [in_python("socketio_fan.py", peers=True)], SOCKETIO, socketio=True),
)
WHOLE_JOB = (
    Peer("reference", [in_python("reference_jobs.py")], "/ws/%s"),
    Peer("plain Starlette + aiosqlite", [in_python("starlette_jobs.py")], "/ws/%s"),
    Peer("BullMQ + QueueEvents + ws", [in_node("bullmq_web.js"), in_node("bullmq_worker.js")], "/ws/%s", redis=True, warm=1.5),
    Peer("python-socketio", [in_python("socketio_jobs.py", peers=True)], f"{SOCKETIO}&job=%s", socketio=True),
    Peer(
        "SAQ + Starlette",
        [in_python("saq_jobs.py", peers=True), (str(PEERS / "python" / "bin" / "saq"), "saq_jobs.settings")],
        "/ws/%s",
        redis=True,
        warm=2,
    ),
)
STATUS = Peer("bare Starlette", [in_python("starlette_status.py")])


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on a real disk for what a server writes."""
    (HERE / "results").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HERE / "results") as folder:
        yield Path(folder)


@contextmanager
def ours(
    *, concurrency: int = 100, folder: Path | None = None, env: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> Iterator[Running]:
    """`jindu serve` as a user starts it, on a free port, with the jobs that are measured."""
    with ExitStack() as stack:
        folder = folder or stack.enter_context(scratch())
        port = host.free_port()
        command = [sys.executable, "-m", "jindu", "serve", "benchmarks.jobs:app", "--port", str(port), *options]
        command += ["--store", f"sqlite:///{folder}/bench.db", "--concurrency", str(concurrency), "--log-level", "error"]
        limits = {"JINDU_QUEUE_LIMIT": "10000000", "PYTHONPATH": f"{tree / 'server'}:{HERE.parent}", **(env or {})}
        process = host.spawn(command, limits, log=HERE / "results" / "server.log")
        stack.callback(host.end, process)
        host.wait_for_port(port, process)
        time.sleep(0.3)
        yield Running(port, [process.pid])


@contextmanager
def running(peer: Peer, jobs: int = 0) -> Iterator[Running]:
    """A peer with all its processes. Raises `Unavailable` where something of it is not installed."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        port, roots = host.free_port(), []
        env = {
            "PEER_PORT": str(port),
            "PEER_JOBS": str(jobs),
            "PEER_DATABASE": f"{folder}/peer.db",
            "NODE_PATH": str(PEERS / "node" / "node_modules"),
            "PYTHONPATH": SCRIPTS,
        }
        if peer.redis:
            redis = stack.enter_context(running_redis(folder))
            env["PEER_REDIS"] = str(redis.port)
            roots += redis.roots
        for command in peer.processes:
            words = _nchan(folder, port) if command == ("nchan",) else [word.replace("{port}", str(port)) for word in command]
            if words[0] == "node" and not (PEERS / "node" / "node_modules").exists():
                raise Unavailable("the packages for Node")
            process = host.spawn(words, env, cwd=HERE / "peers", log=HERE / "results" / "peers.log")
            stack.callback(host.end, process)
            roots.append(process.pid)
            if command is peer.processes[0]:
                host.wait_for_port(port, process)
        time.sleep(peer.warm)
        yield Running(port, roots, peer.name)


@contextmanager
def running_redis(folder: Path) -> Iterator[Running]:
    """Redis with an append-only file written each second, as queues on it are usually run."""
    port = host.free_port()
    command = [
        "redis-server",
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--appendonly",
        "yes",
        "--dir",
        str(folder),
    ]
    process: subprocess.Popen[bytes] = host.spawn(command, log=HERE / "results" / "peers.log")
    try:
        host.wait_for_port(port, process)
        yield Running(port, [process.pid], "Redis")
    finally:
        host.end(process)


def _nchan(folder: Path, port: int) -> Sequence[str]:
    """nginx with the nchan module: of this system, or unpacked by `make bench-peers`; it writes into `folder` only."""
    unpacked = PEERS / "deb" / "root"
    module = next(
        (
            m
            for m in (
                unpacked / "usr/lib/nginx/modules/ngx_nchan_module.so",
                Path("/usr/lib/nginx/modules/ngx_nchan_module.so"),
            )
            if m.exists()
        ),
        None,
    )
    program = next((p for p in (str(unpacked / "usr/sbin/nginx"), "nginx", "/usr/sbin/nginx") if shutil.which(p)), None)
    if module is None or program is None:
        raise Unavailable("nginx with nchan")
    text = (HERE / "peers" / "nchan.conf").read_text()
    for name, value in (("@MODULE@", str(module)), ("@RUN@", str(folder)), ("@PORT@", str(port))):
        text = text.replace(name, value)
    (folder / "nchan.conf").write_text(text)
    libraries = unpacked / "usr/lib/x86_64-linux-gnu"
    # nginx makes its default folders before it reads where ours are: in a mount namespace of its own they do no harm.
    private = f"mount -t tmpfs none /var/lib && mkdir -p /var/lib/nginx && export LD_LIBRARY_PATH={libraries}"
    inner = f"{private} && exec {program} -p {folder}/ -e {folder}/nginx.err -c {folder}/nchan.conf"
    return ["unshare", "-m", "sh", "-c", inner]
