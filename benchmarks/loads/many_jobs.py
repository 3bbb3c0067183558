"""Many jobs, each with a watcher of its own: report, commit, encode, deliver; all processes of a server counted."""

import time
from pathlib import Path
from threading import Thread

from .. import host
from ..contenders import Peer, Running, ours, running, scratch
from .fan_out import OPENING, OUR_CLIENT, OUR_CONDITIONS, SLACK, THEIR_STAMP
from .sample import MATCH, Sample, Tools, delivered

RATE = 10.0  # updates a second of each job
WARM = 1.0
SUBMITS = 250.0  # submits a second, at least, that a server takes


def watched_each(tools: Tools, peer: Peer | None, jobs: int, rate: float = RATE, store: Path | None = None) -> Sample:
    """The unit is an update that arrived. `more["arrived"]`: the share of the updates due; `more["mib"]`: memory at work."""
    if peer is None:
        with ours(concurrency=jobs + 10, folder=store) as server:
            options = [*OUR_CLIENT]
            return _measured(tools, server, options, jobs, rate, OUR_CONDITIONS)
    with running(peer, jobs) as server:
        options = ["--path", peer.socket, "--match", MATCH, "--stamp", THEIR_STAMP, *(["--socketio"] if peer.socketio else [])]
        return _measured(tools, server, options, jobs, rate, "")


def _measured(tools: Tools, server: Running, options: list[str], jobs: int, rate: float, conditions: str) -> Sample:
    seconds = tools.size.seconds
    start = time.monotonic() + 1 + jobs / SUBMITS + jobs / OPENING
    count = int((seconds + WARM + SLACK) * rate)
    params = [{"start": start, "offset": n / jobs / rate, "rate": rate, "count": count} for n in range(jobs)]
    with scratch() as folder:
        ids = server.submit("reporting", params)
        (folder / "ids").write_text("".join(f"{one}\n" for one in ids))
        pids, memory = server.pids, []
        look = Thread(
            target=lambda: (
                time.sleep(max(start + WARM + seconds / 2 - time.monotonic(), 0)),
                memory.append(host.proportional_mib(pids)),
            )
        )
        look.start()
        options = [*options, "--names", str(folder / "ids"), "--connections", str(jobs), "--begin", str(start + WARM)]
        found = tools.watch(server.port, pids, *options, "--seconds", seconds)
        look.join()
    sample = delivered(found, conditions, mib=memory[0], due=jobs * rate)
    sample.more["arrived"] = sample.rate / (jobs * rate)
    return sample


def dashboard(tools: Tools, jobs: int, rate: float = RATE) -> Sample:
    """One socket that follows the states of all jobs: the server with and without such sockets, in turns. The unit is a state
    that arrived; its cost is the difference, divided over several sockets to stand out of the noise."""
    sockets, pause = 20, 0.3
    seconds = max(tools.size.seconds / 2, 0.3)
    with ours(concurrency=jobs + 10) as server:
        start = time.monotonic() + 1 + jobs / SUBMITS
        params = [{"start": start, "offset": n / jobs / rate, "rate": rate, "count": 100_000} for n in range(jobs)]
        server.submit("reporting", params)
        time.sleep(max(start + WARM - time.monotonic(), 0))
        pids, cost, states, alone = server.pids, 0.0, 0, 0.0
        for _ in range(3):
            before = host.cpu_seconds(pids)
            time.sleep(seconds)
            alone = (host.cpu_seconds(pids) - before) / seconds
            subscribe = '{"type":"subscribe","channels":{"jobs":0}}'
            options = ["--path", "/v1/ws", "--subprotocol", "jindu.v1", "--send", subscribe, "--match", MATCH]
            found = tools.watch(server.port, pids, *options, "--connections", sockets, "--warm", pause, "--seconds", seconds)
            cost += found["cpu_s"] - alone * found["seconds"]
            states += found["deliveries"]
    us = max(cost, 0) / states * 1e6 if states else float("nan")
    return Sample(us, states / seconds / 3 / sockets, conditions=f"{sockets} sockets on the feed `jobs`, 4 flushes a second")
