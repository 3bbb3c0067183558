"""`jindu task log`, `jindu task cleanup` and `jindu types`: what a job said, what is done with, what may start."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from cli.running import Done, Jindu, read


def ended(jindu: Jindu, *submit: str) -> str:
    """A job that has ended, however."""
    job = jindu("submit", *submit).stdout.strip()
    jindu("watch", job)
    return job


def of_type(jindu: Jindu, name: str) -> dict[str, Any]:
    return next(item for item in read(jindu("types", "--json")) if item["type"] == name)


# log


def test_a_log_for_people_and_for_programs(jindu: Jindu) -> None:
    job = ended(jindu, "telling", "lines=3")
    for arguments in ([], ["--follow"]):
        shown = jindu("task", "log", job, *arguments)
        assert shown.returncode == 0
        assert [line[-6:] for line in shown.stdout.splitlines()] == ["line 0", "line 1", "line 2"]
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d  line 0\n", shown.stdout)
        told = [json.loads(line) for line in jindu("task", "log", job, "--json", *arguments).stdout.splitlines()]
        assert [entry["line"] for entry in told] == ["line 0", "line 1", "line 2"]
        assert all(entry["at"].endswith("Z") and entry["seq"] for entry in told)


def test_a_followed_log_ends_with_the_job_and_has_each_line_once(jindu: Jindu) -> None:
    job = jindu("submit", "telling", "lines=40", "pause=0.03").stdout.strip()
    shown = jindu("task", "log", job, "-f")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert [line.split("line ")[1] for line in shown.stdout.splitlines()] == [str(number) for number in range(40)]


def test_a_job_that_said_nothing_or_failed(jindu: Jindu) -> None:
    job = ended(jindu, "out_of_quota")
    assert jindu("task", "log", job, "--follow") == Done(0, "", "Nothing was logged.\n")
    assert jindu("task", "log", job, "--json") == Done(0, "", "")


def test_ctrl_c_ends_the_following_and_leaves_the_job_alone(jindu: Jindu) -> None:
    job = jindu("submit", "telling", "lines=1000", "pause=0.2").stdout.strip()
    command = [sys.executable, "-m", "jindu", "task", "log", job, "--follow"]
    env = {**os.environ, **jindu.env, "LANG": "en_GB.UTF-8"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stderr is not None
        assert following.stdout.readline().endswith("line 0\n")
        following.send_signal(signal.SIGINT)
        assert following.wait(timeout=30) == 130
        assert job in following.stderr.read()
    assert read(jindu("task", "cancel", job, "--json"))["status"] in ("running", "cancelled")


# cleanup


def test_what_has_ended_is_removed_by_age_and_state(jindu: Jindu) -> None:
    failed, completed = ended(jindu, "out_of_quota"), ended(jindu, "pouring", "results=1")
    assert jindu("task", "cleanup", "--older-than", "1d", "--yes") == Done(0, "Removed: 0.\n", "")
    done = jindu("task", "cleanup", "--older-than", "0", "--status", "failed", "--yes", "--json")
    assert read(done)["removed"] >= 1
    assert jindu("task", "show", failed).returncode == 4
    assert jindu("task", "show", completed).returncode == 0
    again = jindu("task", "cleanup", "--older-than", "0s", "--status", "failed", "-y", lang="zh_CN.UTF-8")
    assert again == Done(0, "已删除 0 个任务。\n", "")


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_where_nobody_can_be_asked_yes_is_needed(jindu: Jindu, arguments: list[str]) -> None:
    job = ended(jindu, "exiting")
    done = jindu("task", "cleanup", "--older-than", "0", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--yes" in (json.loads(done.stderr)["error"]["text"] if arguments else done.stderr)
    assert jindu("task", "show", job).returncode == 0


@pytest.mark.parametrize(("answer", "code", "there"), [("n", 1, 0), ("y", 0, 4)])
def test_in_a_terminal_it_asks(jindu: Jindu, answer: str, code: int, there: int) -> None:
    job = ended(jindu, "out_of_quota")
    terminal, stdin = pty.openpty()
    try:
        os.write(terminal, f"{answer}\n".encode())
        command = [sys.executable, "-m", "jindu", "task", "cleanup", "--older-than", "0s", "--status", "failed"]
        env = {**os.environ, **jindu.env, "LANG": "en_GB.UTF-8"}
        done = subprocess.run(command, env=env, stdin=stdin, capture_output=True, text=True, timeout=60)
    finally:
        os.close(terminal)
        os.close(stdin)
    assert done.returncode == code
    assert "Remove all failed jobs that ended 0s ago or earlier?" in done.stderr
    assert (done.stdout.startswith("Removed: "), "Nothing was removed." in done.stderr) == (code == 0, code == 1)
    assert jindu("task", "show", job).returncode == there


@pytest.mark.parametrize(
    "arguments", [[], ["--older-than", "soon"], ["--older-than", "-1"], ["--older-than", "7d", "--status", "running"]]
)
def test_ages_and_states_that_are_none(jindu: Jindu, arguments: list[str]) -> None:
    done = jindu("task", "cleanup", "--yes", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


# types


def test_the_types_for_people_and_for_programs(jindu: Jindu) -> None:
    rows = {line.split()[0]: line for line in jindu("types").stdout.splitlines()}
    assert rows["type"].split()[:4] == ["type", "stages", "at", "once"]
    assert "first → second → third" in rows["counting"]
    assert rows["pouring"].split()[1:6] == ["Working", "5", "2m", "1", "1d"]
    assert of_type(jindu, "pouring")["limits"]["timeout"] == 120
    assert "时" in jindu("types", lang="zh_CN.UTF-8").stdout.splitlines()[0]


def test_a_paused_type_starts_nothing_until_it_is_resumed(jindu: Jindu) -> None:
    assert jindu("types", "pause", "pouring").stdout.startswith("Paused")
    try:
        assert of_type(jindu, "pouring")["paused"] is True
        assert "paused" in next(line for line in jindu("types").stdout.splitlines() if line.startswith("pouring"))
        job = jindu("submit", "pouring", "results=1").stdout.strip()
        assert "paused" in json.dumps(read(jindu("task", "why", job, "--json")))
    finally:
        resumed = read(jindu("types", "--json", "resume", "pouring"))
    assert (resumed["type"], resumed["paused"]) == ("pouring", False)
    assert jindu("watch", job).returncode == 0
    assert jindu("types", "resume", "pouring").stdout.startswith("Resumed")


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_type_that_is_not_there(jindu: Jindu, command: str) -> None:
    done = jindu("types", command, "nothing", "--json")
    assert (done.returncode, done.stdout) == (4, "")
    assert json.loads(done.stderr)["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "command", [("types",), ("types", "pause", "x"), ("task", "log", "x"), ("task", "cleanup", "--older-than", "1d", "--yes")]
)
def test_no_server(jindu: Jindu, command: tuple[str, ...]) -> None:
    done = jindu(*command, "--url", "http://127.0.0.1:1")
    assert done.returncode == 4
    assert "cannot be reached" in done.stderr


def test_a_job_that_is_not_there(jindu: Jindu) -> None:
    for arguments in ([], ["--follow"]):
        began = time.monotonic()
        assert jindu("task", "log", "no-such-job-at-all", *arguments).returncode == 4
        assert time.monotonic() - began < 10
