"""`jindu submit` and `jindu watch`: what people see, what programs read, and the exit codes."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from client_python.hostile_server import Answer, Asked, HostileServer
from client_python.stories import JOB, Story, telling, told
from jindu.cli.client_commands import submit, watch
from jindu.cli.watching import LineView, Words, short, show
from jindu_client import Client, Update

app = typer.Typer()
app.command()(submit)
app.command()(watch)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


def answering(story: Story) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        if asked.method == "POST":
            body = json.loads(asked.body)
            if body["params"] == {}:
                errors = [{"pointer": "/params/n", "detail": "Field required"}]
                text = {"zh": "请按提示修改参数。", "en": "Correct the parameters."}
                return Answer(422, {"code": "INVALID_PARAMS", "title": "Invalid", "text": text, "errors": errors})
            return Answer(202, {**story.snapshot(1), "got": body})
        if asked.path == f"/v1/jobs/{JOB}":
            return Answer(200, story.snapshot(1))
        return Answer(404, {"code": "NOT_FOUND", "title": "Not found", "text": {"en": "Not there.", "zh": "没有找到。"}})

    return answer


def run(story: Story, *arguments: str) -> tuple[Result, HostileServer]:
    with HostileServer(telling(story), answers=answering(story)) as server:
        return CliRunner().invoke(app, [*arguments, "--url", server.url]), server


@pytest.mark.parametrize(("end", "code"), [("completed", 0), ("failed", 1), ("cancelled", 3)])
def test_the_exit_code_says_how_it_ended(end: str, code: int) -> None:
    assert run(told(5, end=end), "watch", JOB)[0].exit_code == code


def test_plain_lines_where_there_is_no_terminal() -> None:
    story = told(5)
    result, _ = run(story, "watch", JOB)
    assert "\x1b" not in result.stdout
    lines = result.stdout.splitlines()
    assert lines[0] == "  0.0% Working"
    assert lines[-4:] == ["Completed", "{", '  "n": 5', "}"]
    for frame in story.frames:
        if frame["type"] == "result":
            assert f"+ {frame['key']}: {frame['data']}" in lines


def test_a_friendly_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    shown = run(told(5, end="failed"), "watch", JOB)[0].stdout
    for text in ("AI 配额已用尽 (停在 42%)", "请切换到其他平台。", "建议: 切换平台", f"错误编号: {JOB}-1"):
        assert text in shown


def test_one_json_line_for_each_update() -> None:
    story = told(5)
    result, _ = run(story, "watch", JOB, "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["seq"] for line in lines] == [frame["seq"] for frame in story.frames]
    assert lines[-1]["result"] == {"n": 5}
    assert "state" not in lines[0]


def test_a_live_bar_in_a_terminal() -> None:
    terminal = io.StringIO()
    with HostileServer(telling(told(5)), answers=answering(told(5))) as server, Client(server.url) as client:
        code = show(client, JOB, console=Console(file=terminal, force_terminal=True, width=100), lang="zh")
    assert code == 0
    assert "100.0%" in terminal.getvalue()
    assert "已完成" in terminal.getvalue()


def test_stage_titles_and_attempts_are_told_in_one_language() -> None:
    words = Words("zh", told(1).snapshot()["stages"])
    update = Update("progress", JOB, 2, stage="working", message="第 3 页", attempt=2, max_attempts=3)
    assert words.line(update) == "处理中 · 第 3 页 · 第 2/3 次尝试"
    assert words.line(Update("progress", JOB, 1, stage="init")) == "等待开始"
    assert Words("en", []).line(Update("progress", JOB, 1, stage="unheard_of")) == "unheard_of"


def test_a_lost_connection_is_said() -> None:
    said: list[str] = []
    view = LineView(Words("en", []), said.append)
    for link in ("connecting", "waiting", "waiting", "live"):
        view.link(link)
    assert said == ["connection lost, trying again…\n"]


def test_long_partial_results_are_cut() -> None:
    assert short("x" * 500) == "x" * 199 + "…"
    assert short({"a": "值"}) == '{"a": "值"}'


def test_not_found_and_no_server() -> None:
    result, server = run(told(3), "watch", "another")
    assert result.exit_code == 4
    assert "Not there." in result.stderr
    result = CliRunner().invoke(app, ["watch", JOB, "--url", server.url])
    assert result.exit_code == 4
    assert "cannot be reached" in result.stderr


def test_submit_prints_the_id() -> None:
    result, server = run(
        told(3), "submit", "story", "n=3", "name=X", 'tags=["a"]', "odd=NaN", "--priority", "5", "--delay", "5m"
    )
    assert result.stdout == f"{JOB}\n"
    wanted: dict[str, Any] = {"n": 3, "name": "X", "tags": ["a"], "odd": "NaN"}
    assert json.loads(server.asked[0].body) == {"type": "story", "params": wanted, "priority": 5, "delay": 300}


def test_submit_and_watch() -> None:
    result, _ = run(told(3), "submit", "story", "n=3", "--watch")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == JOB
    assert "Completed" in result.stdout
    result, _ = run(told(3), "submit", "story", "n=3", "--json")
    assert json.loads(result.stdout)["id"] == JOB


def test_wrong_parameters_are_pointed_at() -> None:
    result, _ = run(told(3), "submit", "story")
    assert result.exit_code == 2
    assert result.stderr == "Correct the parameters.\n  /params/n: Field required\n"
    assert run(told(3), "submit", "story", "no-equals-sign")[0].exit_code == 2
    assert run(told(3), "submit", "story", "n=1", "--delay", "soon")[0].exit_code == 2
