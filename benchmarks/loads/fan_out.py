"""One job, watched by many: what a delivery costs, and what an update costs when updates come faster than anybody looks."""

import json
import subprocess
import time

from .. import host
from ..contenders import OURS, Peer, ours, running
from .sample import MATCH, Sample, Tools, delivered

OPENING = 700.0  # connections a second, at least, that a server opens
SUBSCRIBE = '{"type":"subscribe","channels":{"job:%s":0}}'
OUR_STAMP, THEIR_STAMP = " ts=", '"ts":'
WARM = 0.7
SLACK = 90  # seconds that jobs go on, so that a machine on which all takes longer still measures them at work
OUR_CLIENT = ("--path", "/v1/ws", "--subprotocol", "jindu.v1", "--send", SUBSCRIBE, "--match", MATCH, "--stamp", OUR_STAMP)
OUR_CONDITIONS = "durable before sent (synchronous=FULL), no pace"
LIMIT = "C send()"


def broadcast(tools: Tools, peer: Peer | None, watchers: int, rate: float = 0) -> Sample:
    """Deliveries of one job (or channel) to all; `rate` updates a second, 0 for as fast as it goes. None: our server."""
    if peer is None:
        return _ours(tools, watchers, rate, 1)
    seconds = tools.size.seconds
    with running(peer) as server:
        options: list[str | float] = ["--path", peer.socket, "--connections", watchers, "--seconds", seconds, "--warm", WARM]
        options += ["--match", MATCH, "--stamp", THEIR_STAMP, *peer.client]
        if "--publish" in peer.client:
            options += ["--fan", watchers, "--window", 4 * watchers, "--rate", rate]
        else:
            go = json.dumps({"rate": rate, "seconds": seconds + WARM + 1})
            options += ["--go", f'42["go",{go}]' if peer.socketio else go]
        if peer.socketio:
            options.append("--socketio")
        return delivered(tools.watch(server.port, server.pids, *options), "from memory, nothing stored")


def bursts(tools: Tools, watchers: int, burst: int, turns: float = 50) -> Sample:
    """Our server: `burst` updates at once, `turns` times a second. The unit is an update, of which watchers see the newest."""
    found = _ours(tools, watchers, turns, burst)
    made = turns * burst * found.more["seconds"]
    us = found.more["cpu_s"] / made / watchers * 1e6
    conditions = f"{turns:g} times a second {burst} at once, {OUR_CONDITIONS}"
    return Sample(us, made / found.more["seconds"] * watchers, found.p50_ms, found.p99_ms, conditions, found.more)


def _ours(tools: Tools, watchers: int, rate: float, burst: int) -> Sample:
    seconds = tools.size.seconds
    with ours() as server:
        start = time.monotonic() + 1.5 + watchers / OPENING
        params = {"start": start, "seconds": seconds + WARM + SLACK, "rate": rate, "burst": burst}
        [job] = server.submit("racing", [params])
        options = [word.replace("%s", job) for word in OUR_CLIENT]
        found = tools.watch(
            server.port, server.pids, *options, "--connections", watchers, "--begin", start + WARM, "--seconds", seconds
        )
        return delivered(found, OUR_CONDITIONS)


def limit(tools: Tools, watchers: int, size: int = 400) -> Sample:
    """The same deliveries from a loop in C: one send() for each."""
    command = [str(tools.folder / "sendlimit"), str(watchers), str(size), str(min(tools.size.seconds, 2)), "1"]
    command += [host.SERVER_CORE, host.CLIENT_CORE]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    count = found["deliveries"]
    return Sample(found["cpu_s"] / count * 1e6, count / found["seconds"], conditions=f"{size} bytes each", more=found)


__all__ = ["LIMIT", "OURS", "broadcast", "bursts", "limit"]
