"""A job that blocks the event loop: nothing is lost, the log names the job, and it is counted."""

import asyncio
import re
import threading
import time
from pathlib import Path

import pytest

from chaos.host import Host, until
from jindu.core.clock import ManualClock
from jindu.engine.loop_watch import LoopWatch
from jindu_client import Client


@pytest.mark.promise("blocked_loop")
def test_a_job_that_blocks_the_loop_for_two_seconds_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    with Host(tmp_path) as host, Client(host.server.url) as client:
        watched = host.made("counts", to=60)
        job, seen = client.job(watched), []
        watcher = threading.Thread(target=lambda: seen.extend(job.updates()))
        watcher.start()
        until(lambda: any(update.kind == "result" for update in seen))
        blocking = host.made("blocks", seconds=2.0)
        began = time.monotonic()
        late = [host.made("quick"), host.made("gated", gate="open")]  # arrive while nobody listens
        assert time.monotonic() - began > 1.0, "the loop was not blocked"
        host.open("open")
        for id in (blocking, watched, *late):
            host.becomes(id, "completed")
            assert host.ends(id) == ["return"]
        watcher.join(10)
        assert [update.data for update in seen if update.kind == "result"] == list(range(60))
        assert [update.kind for update in seen].count("complete") == 1
        said = until(lambda: host.server.said() if "the event loop goes on" in host.server.said() else None)
        assert re.search(rf"blocked for more than 1 seconds by job {blocking} \(blocks\) in blocks, .*host_jobs\.py:\d+", said)
        assert said.count("blocked for more than") == host.http.get("/v1/stats").json()["loop_blocked"] == 1


def test_what_stands_is_told_once_and_counted_again_when_it_stands_again() -> None:
    clock = ManualClock()
    watch = LoopWatch(1.0, clock)
    for stood, blocked in ((0.9, 0), (0.2, 1), (5.0, 1)):
        clock.advance(stood)
        watch.look()
        assert watch.blocked == blocked
    watch.beat()
    watch.look()
    clock.advance(1.1)
    watch.look()
    assert watch.blocked == 2


async def test_a_loop_that_nobody_watches_has_no_thread() -> None:
    watch = LoopWatch(0, ManualClock())
    watch.start()
    await asyncio.sleep(0)
    assert not [thread for thread in threading.enumerate() if thread.name == "jindu-loop-watch"]
    watch.stop()
