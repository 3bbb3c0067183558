"""`jindu monitor …` against a real server: what is told, in both languages and for programs, and how it ends."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from cli.running import Jindu, read
from support.server import CODE, ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("web.observing.observed_jobs:app", tmp_path_factory.mktemp("monitor")) as process:
        for type in ("good", "bad"):
            httpx.post(f"{process.url}/v1/jobs", params={"wait": 30}, json={"type": type})
        for _ in range(2):
            httpx.post(f"{process.url}/v1/jobs", json={"type": "hold"})
        yield process


@pytest.fixture(scope="module")
def jindu(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Jindu:
    env = {"JINDU_URL": server.url, "COLUMNS": "200", "PYTHONUTF8": "1"}
    return Jindu(env, tmp_path_factory.mktemp("monitoring"))


def test_status_says_whether_all_is_well(jindu: Jindu) -> None:
    done = jindu("monitor", "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"state +ready", done.stdout)
    assert re.search(r"success rate +50\.00%", done.stdout)
    assert read(jindu("monitor", "health", "--json"))["ready"] is True
    chinese = jindu("monitor", "status", lang="zh_CN.UTF-8").stdout
    assert all(word in chinese for word in ("系统状态", "就绪", "总任务数", "成功率"))


def test_no_server_is_4(jindu: Jindu) -> None:
    for command in ("status", "metrics", "watch"):
        assert jindu("monitor", command, "--url", "http://127.0.0.1:9").returncode == 4


def test_metrics_has_queue_length_and_mean_wait_by_type(jindu: Jindu) -> None:
    done = jindu("monitor", "metrics")
    assert done.returncode == 0
    (row,) = re.findall(r"^hold .*$", done.stdout, re.MULTILINE)
    assert row.split()[1] == "1", "one waits"
    assert re.search(r"^orders +country=de", done.stdout, re.MULTILINE), "and the application's own"
    of = {item["type"]: item for item in read(jindu("monitor", "metrics", "--json"))["by_type"]}
    assert (of["hold"]["queued"], of["good"]["done"], of["bad"]["failed"]) == (1, 1, 1)


def test_queue_says_what_waits_and_why(jindu: Jindu) -> None:
    assert "hold: 1/1 running" in jindu("monitor", "queue").stdout
    assert "hold" in jindu("monitor", "queue", lang="zh_CN.UTF-8").stdout
    (waits,) = read(jindu("monitor", "queue", "--json"))["waiting"]
    assert (waits["type"], waits["reasons"][0]["code"]) == ("hold", "type_limit")


def test_connections_errors_and_consistency(jindu: Jindu) -> None:
    done = jindu("monitor", "connections")
    assert "Nobody is connected." in done.stdout
    assert set(read(jindu("monitor", "connections", "--json"))["by_transport"]) == {"ws", "stream", "longpoll", "poll"}
    assert "OVEN_COLD" in jindu("monitor", "errors").stdout
    assert [item["code"] for item in read(jindu("monitor", "errors", "--json"))] == ["OVEN_COLD"]
    assert "No errors." in jindu("monitor", "errors", "--code", "NETWORK_ERROR").stdout
    assert "100.00%" in jindu("monitor", "consistency").stdout
    assert read(jindu("monitor", "consistency", "--json"))["ratio"] == 1


def test_eta_says_by_type_what_is_known_of_ends(jindu: Jindu) -> None:
    of = {item["type"]: item for item in read(jindu("monitor", "eta", "--json"))}
    assert (of["good"]["usual"], of["good"]["coverage"]) == (None, None), "one run says nothing"
    assert sum(stage["share"] for stage in of["good"]["stages"]) == pytest.approx(1)
    done = jindu("monitor", "eta")
    assert done.returncode == 0
    assert re.search(r"^type +runs known +usual", done.stdout)
    assert re.search(r"^good +[01] +– +– ", done.stdout, re.MULTILINE)
    assert "估计误差" in jindu("monitor", "eta", lang="zh_CN.UTF-8").stdout


def test_alerts_and_their_test(jindu: Jindu) -> None:
    done = jindu("monitor", "alerts")
    assert done.returncode == 0
    assert "No alerts." in done.stdout
    assert re.search(r"high_error_rate +ERROR +quiet", done.stdout)
    assert jindu("monitor", "alerts", "--test").stdout.splitlines() == ["log (log) sent", "callback (callback) sent"]
    assert len(read(jindu("monitor", "alerts", "--json"))["rules"]) == 8


def test_pause_and_resume(jindu: Jindu) -> None:
    assert jindu("monitor", "pause", "good").returncode == 0
    assert {t["type"]: t["paused"] for t in read(jindu("types", "--json"))}["good"] is True
    assert [t["paused"] for t in read(jindu("monitor", "resume", "--all", "--json"))] == [False] * 5
    assert jindu("monitor", "pause").returncode == 2
    assert jindu("monitor", "pause", "good", "--all").returncode == 2
    assert jindu("monitor", "pause", "nothing").returncode == 4


def test_watch_for_programs_and_in_a_pipe(jindu: Jindu) -> None:
    lines = jindu("monitor", "watch", "--json", "--times", "2", "--interval", "0.2").stdout.splitlines()
    assert len(lines) == 2
    assert '"live": true' in lines[0]
    shown = jindu("monitor", "watch", "--times", "1").stdout
    assert "hold" in shown
    assert "Ctrl-C leaves" in shown


def test_watch_in_a_terminal_says_when_the_server_is_gone_and_is_back(tmp_path: Path) -> None:
    """A real terminal, a real server that is stopped and started under it."""
    with ServerProcess("web.observing.observed_jobs:app", tmp_path) as server:
        ours, theirs = pty.openpty()
        env = {**os.environ, "JINDU_URL": server.url, "LANG": "en_GB.UTF-8", "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
        env |= {"PYTHONPATH": os.pathsep.join(map(str, CODE)), "LC_ALL": "en_GB.UTF-8"}
        command = [sys.executable, "-m", "jindu", "monitor", "watch", "--interval", "0.2"]
        # A shell that runs us in the background has us ignore what Ctrl-C sends, and children would inherit that.
        heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, preexec_fn=heed)
        os.close(theirs)
        try:
            _until(ours, b"ready")
            server.kill()
            _until(ours, b"not live")
            server.start()
            _until(ours, b"ready")
            process.send_signal(signal.SIGINT)
            _until(ours, LEFT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            process.wait()
            os.close(ours)


LEFT = b"\x1b[?1049l"  # the screen that was there before is back


def _until(terminal: int, text: bytes) -> None:
    """Read until the text comes that was not there before."""
    seen, deadline = b"", time.monotonic() + 60
    while text not in seen:
        assert time.monotonic() < deadline, seen[-2000:]
        if select.select([terminal], [], [], 1.0)[0]:
            seen += os.read(terminal, 65_536)


def test_drain_ends_a_server(tmp_path: Path) -> None:
    with ServerProcess("web.observing.observed_jobs:app", tmp_path, env={"JINDU_GRACE": "0"}) as server:
        done = Jindu({"JINDU_URL": server.url}, tmp_path)("drain", "--json")
        assert read(done) == {"draining": True, "ends": True, "running": 0}
        assert server.process is not None
        assert server.process.wait(timeout=60) == 0
