"""`jindu task …` against a real server: what people see, what programs read, and the exit codes."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from cli.running import Jindu, read


def submitted(jindu: Jindu, *arguments: str) -> str:
    done = jindu("task", "submit", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def until(jindu: Jindu, job: str, status: str) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        snapshot: dict[str, Any] = read(jindu("task", "show", job, "--json"))
        if snapshot["status"] == status:
            return snapshot
        time.sleep(0.05)
    raise AssertionError(f"not {status}: {snapshot}")


@pytest.fixture(scope="module")
def counted(jindu: Jindu) -> str:
    """A job that completed."""
    job = submitted(jindu, "counting", "number=7", "--owner", "ada", "--tag", "[b]:x:")
    assert jindu("task", "watch", job).returncode == 0
    return job


@pytest.fixture(scope="module")
def failed(jindu: Jindu) -> str:
    job = submitted(jindu, "out_of_quota")
    assert jindu("task", "watch", job).returncode == 1
    return job


# list


def test_a_list_for_people(jindu: Jindu, counted: str, failed: str) -> None:
    done = jindu("task", "list")
    assert done.returncode == 0
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert lines["id"] == ["id", "type", "status", "stage", "progress", "%", "age", "owner"]
    assert lines[counted][1:3] == ["counting", "completed"]
    assert "100.0" in lines[counted]
    assert "ada" in lines[counted]
    assert " ".join(lines[failed]).startswith(f"{failed} out_of_quota failed AI quota exhausted 0.0")


def test_a_list_in_chinese(jindu: Jindu, failed: str) -> None:
    shown = jindu("task", "list", lang="zh_CN.UTF-8").stdout
    assert shown.split()[:3] == ["编号", "类型", "状态"]
    assert "AI 配额已用尽" in shown


def test_filters(jindu: Jindu, counted: str, failed: str) -> None:
    def ids(*arguments: str) -> list[str]:
        return [item["id"] for item in read(jindu("task", "list", "--json", *arguments))]

    assert ids("--owner", "ada") == ids("--tag", "[b]:x:") == ids("--q", counted[:20]) == [counted]
    assert ids("--type", "out_of_quota") == [failed]
    assert failed in ids("--status", "failed")
    assert counted not in ids("--status", "failed")
    assert ids("--type", "nothing") == []
    assert ids("--limit", "1") == ids()[:1]
    assert {failed, counted} <= set(ids("--all", "--limit", "1"))


def test_no_jobs_and_more_jobs_are_said(jindu: Jindu, counted: str, failed: str) -> None:
    assert jindu("task", "list", "--type", "nothing").stdout == "No such jobs.\n"
    assert jindu("task", "list", "--limit", "1").stdout.splitlines()[-1] == "There are more: --limit or --all"
    assert "There are more" not in jindu("task", "list", "--limit", "1", "--all").stdout


# show


def test_one_job_for_people(jindu: Jindu, counted: str) -> None:
    shown = jindu("task", "show", counted).stdout
    assert shown.startswith(f"counting  {counted}\n")
    for text in ("100.0% completed", "ada", "[b]:x:", "finished", 'number": 7', "Completed", "+ 1: "):
        assert text in shown
    stages = [line.split()[:3] for line in shown.splitlines() if line.startswith(("first", "second", "third"))]
    assert stages == [[name, "completed", "100.0"] for name in ("first", "second", "third")]


def test_a_failed_job_tells_why_and_what_to_do(jindu: Jindu, failed: str) -> None:
    shown = jindu("task", "show", failed, lang="zh_CN.UTF-8").stdout
    for text in ("AI 配额已用尽", "请切换到其他平台", "建议: 切换平台", f"错误编号: {failed}-1"):
        assert text in shown


# result and cancel


def test_a_result(jindu: Jindu, counted: str) -> None:
    assert read(jindu("task", "result", counted))["number"] == 7
    one_line = jindu("task", "result", counted, "--json").stdout
    assert one_line.count("\n") == 1
    assert json.loads(one_line)["number"] == 7


def test_the_result_of_a_job_that_failed(jindu: Jindu, failed: str) -> None:
    done = jindu("task", "result", failed)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("AI quota exhausted")
    done = jindu("task", "result", failed, "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(done.stderr)["error"]["code"] == "AI_QUOTA_EXHAUSTED"


def test_a_job_that_is_cancelled(jindu: Jindu) -> None:
    job = submitted(jindu, "waiting", "name=x")
    until(jindu, job, "running")
    done = jindu("task", "result", job)
    assert done.returncode == 1
    assert f"jindu watch {job}" in done.stderr
    assert "10.0% running · Working · waiting" in jindu("task", "show", job).stdout
    assert jindu("task", "cancel", job, "--reason", "no longer needed").returncode == 0
    until(jindu, job, "cancelled")
    again = jindu("task", "cancel", job)
    assert (again.returncode, again.stdout) == (0, "The job is cancelled.\n")
    assert read(jindu("task", "cancel", job, "--json"))["status"] == "cancelled"
    assert jindu("task", "result", job).returncode == 3
    assert jindu("task", "watch", job).returncode == 3


def test_cancelling_what_has_ended(jindu: Jindu, counted: str) -> None:
    done = jindu("task", "cancel", counted)
    assert (done.returncode, done.stdout) == (1, "")
    assert "It has ended" in done.stderr
    assert "任务已经结束" in jindu("task", "cancel", counted, lang="zh_CN.UTF-8").stderr


# retry, why and delete


def test_a_job_is_tried_again_and_removed(jindu: Jindu, counted: str) -> None:
    job = submitted(jindu, "exiting")
    assert jindu("task", "watch", job).returncode == 1
    again = jindu("task", "retry", job)
    assert again.returncode == 0
    new = again.stdout.strip()
    assert read(jindu("task", "retry", job, "--json"))["retry_of"] == job
    assert jindu("task", "watch", new).returncode == 1
    assert jindu("task", "retry", counted).returncode == 1
    assert jindu("task", "delete", new).stdout == "The job is removed.\n"
    assert jindu("task", "show", new).returncode == 4
    assert read(jindu("task", "delete", job, "--json")) == {"id": job, "deleted": True}


def test_why_a_job_is_not_moving(jindu: Jindu, counted: str) -> None:
    job = submitted(jindu, "counting", "number=1", "--delay", "1h")
    assert jindu("task", "why", job).stdout.strip() not in ("", "Nothing holds it up.")
    assert read(jindu("task", "why", job, "--json"))["reasons"]
    assert jindu("task", "delete", job).returncode == 1
    assert jindu("task", "cancel", job).returncode == 0


# What is refused.

ON_ONE_JOB = [("show",), ("watch",), ("cancel",), ("result",), ("retry",), ("why",), ("delete",)]


@pytest.mark.parametrize("command", ON_ONE_JOB, ids=" ".join)
def test_a_job_that_is_not_there(jindu: Jindu, command: tuple[str, ...]) -> None:
    done = jindu("task", *command, "nobody")
    assert (done.returncode, done.stdout) == (4, "")
    assert "does not exist" in done.stderr
    done = jindu("task", *command, "nobody", "--json")
    assert (done.returncode, done.stdout) == (4, "")
    assert json.loads(done.stderr)["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("command", [("list",), ("submit", "counting"), *((*c, "x") for c in ON_ONE_JOB)], ids=" ".join)
def test_no_server(jindu: Jindu, command: tuple[str, ...]) -> None:
    done = jindu("task", *command, "--url", "http://127.0.0.1:1")
    assert done.returncode == 4
    assert "cannot be reached" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["task", "list", "--status", "odd"], "'odd' is not one of"),
        (["task", "list", "--limit", "0"], "Invalid value for '--limit'"),
        (["task", "list", "--limit", "many"], "Invalid value for '--limit'"),
        (["task", "show"], "Missing argument"),
        (["task", "show", "x", "--url", "ftp://x"], "begins with http"),
        (["task", "show", "x", "--url", "http://a b"], "names a host"),
        (["task", "show", "x", "--url", "http://a:b"], "names a host"),
        (["task", "show", "x", "--token", "密"], "Invalid value for --token"),
        (["task", "submit", "counting", "number"], "is not key=value"),
        (["task", "nothing"], "No such command"),
        (["nothing"], "No such command"),
        (["task", "list", "--nothing"], "No such option"),
        (["settings", "--port", "x"], "Invalid value for '--port'"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(jindu: Jindu, arguments: list[str], said: str) -> None:
    done = jindu(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_parameter_that_does_not_fit(jindu: Jindu) -> None:
    done = jindu("task", "submit", "counting", "number=many", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["error"]["errors"][0]["pointer"] == "/params/number"


# --json


def test_every_command_prints_json(jindu: Jindu, counted: str) -> None:
    job = read(jindu("task", "submit", "counting", "number=1", "--json"))["id"]
    lines = jindu("task", "watch", job, "--json").stdout.splitlines()
    assert [json.loads(line)["job"] for line in lines] == [job] * len(lines)
    assert json.loads(jindu("task", "submit", "counting", "number=1", "--watch", "--json").stdout.splitlines()[-1])["result"]
    assert read(jindu("task", "show", counted, "--json"))["id"] == counted
    assert {"port", "store"} <= set(read(jindu("settings", "--json")))


def test_settings_are_those_that_serve_would_use(jindu: Jindu, tmp_path: Path) -> None:
    file = tmp_path / "some.toml"
    file.write_text("grace = 3\n")
    shown = jindu("settings", "--config", str(file), "--port", "9000").stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in shown}
    assert rows["grace"] == ["3.0", "seconds", "file"]
    assert rows["port"] == ["9000", "port", "argument"]
    assert rows["concurrency"] == ["10", "jobs", "default"]


def test_settings_of_a_file_that_is_wrong(jindu: Jindu, tmp_path: Path) -> None:
    file = tmp_path / "some.toml"
    file.write_text("prot = 3\n")
    for command in ("settings", "serve"):
        done = jindu(command, "--config", str(file))
        assert done.returncode == 1
        assert done.stderr.startswith(f"jindu: 'prot' in {file} is no setting")


def test_in_a_process_of_its_own(jindu: Jindu, counted: str) -> None:
    for arguments in (["task", "show", counted, "--json"], ["task", "show", "nobody"]):
        assert jindu.outside(*arguments) == jindu(*arguments)
    wrong = jindu.outside("task", "list", "--status", "odd")
    assert (wrong.returncode, wrong.stdout, "Traceback" in wrong.stderr) == (2, "", False)


# error


def test_an_error_for_operators(jindu: Jindu, failed: str) -> None:
    shown = jindu("task", "error", f"{failed}-1").stdout
    assert shown.startswith(f"AI_QUOTA_EXHAUSTED  {failed}-1\n")
    for text in ("out_of_quota", "JobError", "Traceback"):
        assert text in shown
    by_job = read(jindu("task", "error", failed, "--json"))
    assert by_job == read(jindu("task", "error", f"{failed}-1", "--json"))
    assert [(one["id"], one["job"], one["code"]) for one in by_job] == [(f"{failed}-1", failed, "AI_QUOTA_EXHAUSTED")]


def test_an_error_that_is_not_kept(jindu: Jindu, counted: str) -> None:
    for id in (counted, "nothing-of-this-name"):
        done = jindu("task", "error", id)
        assert (done.returncode, done.stdout) == (4, "")
        assert "older than what is kept" in done.stderr
