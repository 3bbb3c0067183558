"""Watchers to whom nothing happens: memory of each, and how fast many connect."""

from ..contenders import Peer, ours, running
from .fan_out import OUR_CLIENT
from .sample import Sample, Tools

AT_ONCE = 64
SETTLE_MS = 1500


def watchers(tools: Tools, peer: Peer | None, number: int) -> Sample:
    """The unit is a handshake (with a subscribe, for ours); `more["kib"]` is memory of each. `rate`: handshakes a second."""
    if peer is None:
        with ours(env={"JINDU_SOCKETS": "40000"}) as server:
            [job] = server.submit("holding", [{}])
            options = [word.replace("%s", job) for word in OUR_CLIENT]
            return _connected(tools, server.port, server.pids, options, number)
    with running(peer) as server:
        options = ["--path", peer.socket, *(["--socketio"] if peer.socketio else [])]
        return _connected(tools, server.port, server.pids, options, number)


def _connected(tools: Tools, port: int, pids: list[int], options: list[str], number: int) -> Sample:
    found = tools.watch(
        port,
        pids,
        *options,
        "--connections",
        number,
        "--at-once",
        AT_ONCE,
        "--settle",
        SETTLE_MS,
        "--warm",
        0,
        "--seconds",
        0.1,
    )
    kib, opened = found["kib_each"], found["open"]
    conditions = f"{opened} connected, {AT_ONCE} at a time"
    return Sample(found["handshake_us"], opened / found["open_s"], conditions=conditions, more={**found, "kib": kib})
