"""A node that drains sends its clients away one after another, and still ends in time (PROTOCOL section 7)."""

import signal
import threading
import time
from pathlib import Path

import pytest

from support.rawsocket import RawSocket
from support.server import ServerProcess
from wire.asking import submitted

SOCKETS = 200
GRACE = 6.0


@pytest.mark.timeout(90)
@pytest.mark.promise("draining")
def test_two_hundred_sockets_are_closed_one_after_another(tmp_path: Path) -> None:
    with ServerProcess("wire.wire_jobs:app", tmp_path, env={"JINDU_GRACE": str(GRACE)}) as server:
        submitted(server, "hold")  # runs past the grace: sockets stay until grace - 3 s
        sockets = [RawSocket(server.port) for _ in range(SOCKETS)]
        closed: list[float] = []
        retries: list[int] = []

        def leave(socket: RawSocket) -> None:
            with socket:
                socket.raw.settimeout(30)
                told, code = socket.ending()
                closed.append(time.monotonic() - begun)
                assert code == 4200
                assert (told[-1]["type"], told[-1]["code"], told[-1]["stop"]) == ("bye", 4200, False)
                retries.append(told[-1]["retry_ms"])

        begun = time.monotonic()
        threads = [threading.Thread(target=leave, args=(socket,)) for socket in sockets]
        for thread in threads:
            thread.start()
        assert server.stop(signal.SIGTERM) == 0
        for thread in threads:
            thread.join()
    assert len(retries) == len(closed) == SOCKETS
    assert min(closed) >= GRACE - 3 - 0.2
    assert max(closed) - min(closed) > 0.6, "all at once"
    assert max(sum(at <= other < at + 0.1 for other in closed) for at in closed) < SOCKETS / 2
    assert len(set(retries)) > SOCKETS / 4
    assert max(retries) - min(retries) > 2_000
