"""Disks that are full, fail or are damaged, and files that others hold: a real server, asked over HTTP."""

import resource
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from chaos.host import Host, until
from jindu.store.sqlite import schema
from support.server import ServerProcess

ALLOWED = 4096  # bytes: a file's size limit below what one commit needs


class FaultyServer(ServerProcess):
    """A server whose commits fail while a file says so."""

    @property
    def command(self) -> list[str]:
        plain = super().command
        return [plain[0], "-m", "chaos.faulty_server", *plain[3:]]


def limit(pid: int, size: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.promise("disk_full")
def test_a_full_disk_refuses_submits_kindly_and_ends_wait_for_space(tmp_path: Path) -> None:
    with Host(tmp_path) as host:
        running = [host.made("gated", gate="open") for _ in range(3)]
        for id in running:
            host.stepped(id)
        done = host.made("quick")
        host.becomes(done, "completed")
        limit(host.pid, ALLOWED)
        refused = host.submit("quick", key="once")
        assert (refused.status_code, refused.json()["code"]) == (507, "STORAGE_FULL")
        assert int(refused.headers["retry-after"]) == refused.json()["retry_after"] > 0
        assert refused.json()["text"]["zh"]
        assert refused.json()["retryable"] is True
        # Reads go on; what runs comes to its end, and nothing of it is told that is not kept.
        assert host.job(done)["result"] == "x"
        host.open("open")
        with closing(sqlite3.connect(f"file:{host.server.store}?mode=ro", uri=True)) as store:
            for _ in range(30):
                assert host.submit("quick").status_code == 507
                for id in running:
                    told = host.job(id)
                    assert told["status"] == "running"
                    assert [part["key"] for part in told["partial"]] == ["before"]
            assert store.execute("SELECT count(*) FROM jobs WHERE phase = 'completed'").fetchone() == (1,)
        assert host.http.get("/readyz").status_code == 200
        limit(host.pid, resource.RLIM_INFINITY)
        for id in running:
            ended = host.becomes(id, "completed")
            assert [part["key"] for part in ended["partial"]] == ["before", "after"]
            assert (ended["result"], host.ends(id)) == ({"attempt": 1}, ["return"])
        accepted = host.submit("quick", key="once")
        assert (accepted.status_code, "replayed" in accepted.json()) == (202, False)
        host.becomes(accepted.json()["id"], "completed")


def untrusted(host: Host) -> None:
    """The server does not trust its store any more, says so, and still answers what it can."""
    ready = host.http.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert "start it again" in ready.json()["reason"]
    assert host.http.get("/healthz").status_code == 200
    refused = host.submit("quick")
    assert (refused.status_code, refused.json()["code"]) == (503, "NOT_READY")


def goes_on_after_a_restart(host: Host, running: str, key: str) -> None:
    """Started anew, what runs goes on from its step, and the submit that nobody could answer is one job."""
    host.server.kill()
    host.open("open")
    host.server.start()
    ended = host.becomes(running, "completed")
    assert ([part["key"] for part in ended["partial"]], host.ends(running)) == (["before", "after"], ["return"])
    again = host.submit("quick", key=key)
    assert again.status_code in (200, 202)
    host.becomes(again.json()["id"], "completed")
    assert len([job for job in host.http.get("/v1/jobs").json()["items"] if job["type"] == "quick"]) == 1


@pytest.mark.promise("fsync")
@pytest.mark.parametrize("fate", ["kept", "lost"])
def test_after_a_failed_sync_nothing_is_called_durable_and_a_restart_is_asked_for(tmp_path: Path, fate: str) -> None:
    failing = tmp_path / "failing"
    env = {"CHAOS_FSYNC": str(failing), "CHAOS_FOLDER": str(tmp_path), "JINDU_GRACE": "0"}
    with Host(tmp_path, FaultyServer("chaos.host_jobs:app", tmp_path, env=env)) as host:
        running = host.made("gated", gate="open")
        host.stepped(running)
        failing.write_text(fate)
        unknown = host.submit("quick", key="once")
        assert (unknown.status_code, unknown.json()["code"]) == (503, "NOT_READY")
        assert "repeat it with the same key" in unknown.json()["detail"]
        failing.unlink()
        untrusted(host)
        host.open("open")  # the body ends, its end cannot be kept: nobody is told that it ended
        until(lambda: "could not be written" in host.server.said())
        assert (host.job(running)["status"], host.ends(running)) == ("running", [])
        (tmp_path / "open").unlink()
        goes_on_after_a_restart(host, running, "once")


@pytest.mark.promise("fsync")
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here")
def test_a_real_error_of_fdatasync_is_taken_so(tmp_path: Path) -> None:
    with Host(tmp_path) as host:
        running = host.made("gated", gate="open")
        host.stepped(running)
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(host.pid)]
        calls = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"]
        with subprocess.Popen([*command, *calls], stderr=subprocess.PIPE) as tracer:
            until(lambda: _traced(host.pid))
            unknown = host.submit("quick", key="once")
            assert (unknown.status_code, unknown.json()["code"]) == (503, "NOT_READY")
            untrusted(host)
            tracer.send_signal(signal.SIGINT)
            tracer.communicate(timeout=10)
        goes_on_after_a_restart(host, running, "once")


def _traced(pid: int) -> bool:
    """Whether every thread has its tracer."""
    states = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    return all("TracerPid:\t0\n" not in state for state in states)


@pytest.mark.promise("locked")
def test_a_lock_of_another_program_is_waited_for_and_then_told(tmp_path: Path) -> None:
    with Host(tmp_path) as host:
        running = host.made("gated", gate="open")
        host.stepped(running)
        with closing(sqlite3.connect(host.server.store, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            shortly = threading.Timer(0.5, lambda: None)
            answers: list[httpx.Response] = []
            waiting = threading.Thread(target=lambda: answers.append(httpx.post(
                f"{host.server.url}/v1/jobs", json={"type": "quick", "params": {}}, timeout=15
            )))  # fmt: skip
            shortly.start()
            waiting.start()
            shortly.join()
            assert not answers
            other.execute("ROLLBACK")
            waiting.join(10)
            assert answers[0].status_code == 202, "a short lock is only waited for"
            host.becomes(answers[0].json()["id"], "completed")  # or its claim and its end wait for the lock before us
            other.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            refused = host.submit("quick")
            assert (refused.status_code, refused.json()["retryable"]) == (503, True)
            assert 3 < time.monotonic() - began < 14
            host.open("open")
            assert host.job(running)["status"] == "running"
            assert host.http.get("/readyz").status_code == 200
            other.execute("ROLLBACK")
        assert host.submit("quick").status_code == 202
        assert host.becomes(running, "completed")["result"] == {"attempt": 1}
        assert host.ends(running) == ["return"]


@pytest.mark.promise("damaged")
def test_damage_met_while_running_is_told_and_the_next_start_refused_with_advice(tmp_path: Path) -> None:
    with Host(tmp_path) as host:
        ids = [host.made("quick", text="x" * 20_000) for _ in range(60)]
        host.becomes(ids[-1], "completed")
        with closing(sqlite3.connect(host.server.store)) as store:
            until(lambda: store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        size = host.server.store.stat().st_size
        with host.server.store.open("r+b") as file:
            file.seek(100)
            file.write(b"\xff" * (size - 100))
        until(lambda: host.http.get(f"/v1/jobs/{ids[0]}").status_code == 503 or host.submit("quick").status_code == 503)
        untrusted(host)
        host.server.kill()
        said = refused(host.server)
        assert "restore a backup" in said
        assert "--store" in said


@pytest.mark.promise("damaged")
@pytest.mark.parametrize("fault", ["newer", "foreign", "no database"])
def test_a_file_that_cannot_be_used_is_refused_by_the_command_line(tmp_path: Path, fault: str) -> None:
    server = ServerProcess("chaos.host_jobs:app", tmp_path)
    if fault == "no database":
        server.store.write_bytes(b"a letter to a friend" * 500)
    else:
        with closing(sqlite3.connect(server.store)) as store:
            store.execute("CREATE TABLE recipes (name)" if fault == "foreign" else "PRAGMA user_version = 999")
            store.commit()
    before = server.store.read_bytes()
    advice = {"newer": "Upgrade jindu", "foreign": "something else", "no database": "restore a backup"}
    assert advice[fault] in refused(server)
    assert server.store.read_bytes() == before


@pytest.mark.promise("damaged")
@pytest.mark.parametrize("version", range(1, len(schema.migrations()) + 1))
def test_a_file_of_every_earlier_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    host = Host(tmp_path)
    with closing(sqlite3.connect(host.server.store)) as store:
        for number, text in enumerate(schema.migrations()[:version], 1):
            store.executescript(f"{text}; PRAGMA user_version = {number};")
    with host:
        assert host.becomes(host.made("quick"), "completed")["result"] == "x"
        with closing(sqlite3.connect(host.server.store)) as store:
            assert store.execute("PRAGMA user_version").fetchone() == (len(schema.migrations()),)


@pytest.mark.promise("one_process")
def test_a_second_server_on_the_same_file_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with Host(tmp_path) as host:
        running = host.made("gated", gate="open")
        host.stepped(running)
        second = ServerProcess("chaos.host_jobs:app", tmp_path)
        second.log = tmp_path / "second.log"
        said = refused(second)
        assert f"process {host.pid}" in said
        assert "--store" in said
        host.open("open")
        assert host.becomes(running, "completed")["result"] == {"attempt": 1}
        assert host.ends(running) == ["return"]


def refused(server: ServerProcess) -> str:
    """What `jindu serve` says when it will not start: sentences for people, exit code 1."""
    done = subprocess.run(server.command, env=server._env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("jindu: ")
    assert "Traceback" not in done.stderr
    return done.stderr
