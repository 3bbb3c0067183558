"""`jindu scheduler`, `jindu webhooks`, `jindu report` with a real server, in tables, as JSON, in Chinese; and without one."""

import json
from pathlib import Path

import pytest

from cli.running import Jindu, read
from support.server import free_port


def test_a_schedule_from_its_making_to_its_end(jindu: Jindu) -> None:
    made = read(jindu("scheduler", "add", "cli-1", "counting", "number=7", "--every", "604800", "--overlap", "queue", "--json"))
    assert (made["id"], made["every"], made["params"], made["overlap"]) == ("cli-1", 604_800, {"number": 7}, "queue")
    table = jindu("scheduler", "list").stdout
    assert ("cli-1" in table, "every 604800s" in table, "paused" in table) == (True, True, False)
    assert "Paused" in jindu("scheduler", "pause", "cli-1").stdout
    assert "paused" in jindu("scheduler", "list").stdout
    assert "已暂停" in jindu("scheduler", "list", lang="zh_CN.UTF-8").stdout
    assert "Resumed; next: 20" in jindu("scheduler", "resume", "cli-1").stdout
    job = jindu("scheduler", "run", "cli-1").stdout.strip()
    assert read(jindu("task", "show", job, "--json"))["tags"] == ["schedule:cli-1"]
    shown = jindu("scheduler", "show", "cli-1").stdout
    assert ("next times" in shown, job in shown) == (True, True)
    assert read(jindu("scheduler", "show", "cli-1", "--json"))["runs"] == 1
    assert read(jindu("scheduler", "delete", "cli-1", "--json")) == {"id": "cli-1", "deleted": True}
    assert jindu("scheduler", "show", "cli-1").returncode == 4


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["add", "cli-2", "counting", "number=7"], 2, "either cron"),
        (["add", "cli-2", "counting", "number=7", "--cron", "* * *"], 2, "five fields"),
        (["add", "cli-2", "counting", "number=7", "--cron", "@daily", "--timezone", "Mars"], 2, "time zone"),
        (["add", "cli-2", "counting", "number=many", "--every", "5m"], 2, "/params/number"),
        (["add", "cli-2", "counting", "number=7", "--every", "soon"], 2, "/every"),
        (["add", "cli-2", "nobody", "--every", "5m"], 4, ""),
        (["pause", "cli-2"], 4, ""), (["resume", "cli-2"], 4, ""), (["run", "cli-2"], 4, ""), (["delete", "cli-2"], 4, ""),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_and_becomes_the_exit_code(jindu: Jindu, arguments: list[str], code: int, word: str) -> None:
    done = jindu("scheduler", *arguments)
    assert done.returncode == code, done.stderr
    assert word in done.stderr


def test_a_webhook_from_its_making_to_its_end(jindu: Jindu) -> None:
    done = jindu(
        "webhooks", "add", "https://receiver.invalid/hook", "--owner", "cli", "--type", "counting", "--description", "店"
    )
    id, said = done.stdout.splitlines()
    assert said.startswith("The signing secret is shown this once")
    table = jindu("webhooks", "list").stdout
    assert (id in table, "店" in table, "whsec_" in table) == (True, True, False)
    turned = read(jindu("webhooks", "rotate", id, "--json"))
    assert turned["secret"] not in done.stdout
    job = jindu("submit", "counting", "number=1", "--owner", "cli", "--watch").returncode
    assert job == 0
    [delivery] = read(jindu("webhooks", "deliveries", "--webhook", id, "--json"))
    assert (delivery["event"], delivery["url"]) == ("job.completed", "https://receiver.invalid/hook")
    assert delivery["id"] in jindu("webhooks", "deliveries", "--job", delivery["job"]).stdout
    assert "sent again" in jindu("webhooks", "redeliver", delivery["id"]).stdout
    assert "Removed" in jindu("webhooks", "delete", id).stdout
    assert jindu("webhooks", "redeliver", delivery["id"]).returncode == 4
    dead = read(jindu("webhooks", "deliveries", "--state", "dead", "--webhook", id, "--json"))
    assert [(one["id"], one["error"]) for one in dead] == [(delivery["id"], "the webhook was removed")]
    assert "No such deliveries" in jindu("webhooks", "deliveries", "--webhook", "none").stdout
    assert jindu("webhooks", "deliveries", "--state", "lost").returncode == 2
    assert jindu("webhooks", "add", "http://10.0.0.1/").returncode == 2


def test_the_report_of_a_server(jindu: Jindu, tmp_path: Path) -> None:
    done = jindu("report", "--folder", str(tmp_path / "reports"))
    assert done.returncode == 0
    assert ("Warm-up report" in done.stdout, "Saved: " in done.stdout) == (True, True)
    report = json.loads((tmp_path / "reports" / "warmup-report.json").read_text())
    assert report["missing"] == ["warmup_period", "community_pool", "user_testing"]
    printed = read(jindu("report", "--folder", str(tmp_path / "reports"), "--json"))
    assert printed == json.loads((tmp_path / "reports" / "warmup-report.json").read_text())
    assert "预热报告" in jindu("report", "--folder", str(tmp_path), lang="zh_CN.UTF-8").stdout


def test_the_report_comes_without_a_server(jindu: Jindu, tmp_path: Path) -> None:
    done = jindu("report", "--folder", str(tmp_path), "--url", f"http://127.0.0.1:{free_port()}", "--json")
    report = read(done)
    assert len(report["missing"]) == 6
    assert "No live metrics" in done.stderr
    (tmp_path / "file").write_text("")
    assert jindu("report", "--folder", str(tmp_path / "file")).returncode == 1
    assert jindu("report", "--url", "nowhere").returncode == 2
