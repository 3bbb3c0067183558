"""`contenthub`: the content hub from a terminal, over its routes. Settings `CONTENTHUB_URL`, `CONTENTHUB_KEY`.

Exit codes: 0 done, 1 refused by the server, 2 wrong input, 4 not found, or no server.
"""

import csv
import json
import sys
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console
from rich.table import Table

REFUSED, NOT_THERE = 1, 4
CONTENT, TASKS = "/api/v1/content", "/api/v1/content/tasks"
COLUMNS = ("task_id", "status", "progress", "account_id", "topic", "priority", "created_at")


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"


class Server:
    """The server and the way to print, as the options before the command say."""

    def __init__(self, url: str, key: str, format: Format) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60)
        self._format = format

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """The answer; ends the program with a sentence for what is refused."""
        try:
            answer = self._http.request(method, path, **more)
        except httpx.TransportError as error:
            leave(f"没有服务器应答 / no server answers at {self._http.base_url}: {error}", NOT_THERE)
        body = json.loads(answer.content or b"null") if "json" in answer.headers.get("content-type", "") else answer.text
        if not answer.is_success:
            text = body.get("error") or body.get("detail") if isinstance(body, dict) else answer.reason_phrase
            leave(str(text), NOT_THERE if answer.status_code == 404 else REFUSED)
        return body

    def show(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Rows for people, or for programs."""
        if self._format is Format.json:
            self.raw(rows)
        elif self._format is Format.csv:
            sheet = csv.writer(sys.stdout)
            sheet.writerow(columns)
            sheet.writerows([[cell(row.get(column)) for column in columns] for row in rows])
        else:
            table = Table(*columns)
            for row in rows:
                table.add_row(*(cell(row.get(column)) for column in columns))
            Console(width=None if sys.stdout.isatty() else 160).print(table)

    def facts(self, found: Mapping[str, Any]) -> None:
        """One thing, a line for each of its fields."""
        if self._format is Format.json:
            self.raw(found)
        else:
            self.show([{"field": name, "value": value} for name, value in found.items()], ("field", "value"))

    def raw(self, value: Any) -> None:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def cell(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def leave(text: str, code: int) -> NoReturn:
    sys.stderr.write(f"contenthub: {text}\n")
    raise typer.Exit(code)


app = typer.Typer(help="Contents: tasks, their figures, schedules.", no_args_is_help=True, pretty_exceptions_enable=False)
task, monitor, scheduler, content, account = (typer.Typer(no_args_is_help=True) for _ in range(5))
for name, group, about in (
    ("task", task, "Tasks: list, show, result, watch, cancel, retry, stats, cleanup."),
    ("monitor", monitor, "Health, metrics, active and failed tasks, types."),
    ("scheduler", scheduler, "Schedules: list, show, pause, resume, run."),
    ("content", content, "Have a content written."),
    ("account", account, "Accounts: list, add."),
):
    app.add_typer(group, name=name, help=about)

Id = Annotated[str, typer.Argument(metavar="TASK_ID")]


@app.callback()
def options(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="CONTENTHUB_URL")] = "http://127.0.0.1:8765",
    key: Annotated[str, typer.Option(envvar="CONTENTHUB_KEY", help="an API key, where the server has some")] = "",
    format: Annotated[Format, typer.Option("--format", "-f")] = Format.table,
) -> None:
    context.obj = Server(url, key, format)


@content.command()
def generate(
    context: typer.Context,
    topic: str,
    account_id: Annotated[int, typer.Option("--account")] = 1,
    keywords: Annotated[str, typer.Option(help="divided by commas")] = "",
    priority: int = 5,
    auto_approve: bool = False,
    callback_url: Annotated[str | None, typer.Option("--callback")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="until it has ended; exit code 1 if it failed")] = False,
) -> None:
    """Have a content written; prints its task."""
    body = {"account_id": account_id, "topic": topic, "keywords": keywords, "priority": priority}
    body |= {"auto_approve": auto_approve, "callback_url": callback_url}
    made = context.obj.ask("POST", f"{CONTENT}/generate/async", json=body)
    if wait:
        watch(context, made["task_id"])
    else:
        context.obj.facts(made)


@task.command("list")
def list_tasks(
    context: typer.Context,
    account_id: Annotated[int | None, typer.Option("--account")] = None,
    status: str | None = None,
    limit: int = 20,
) -> None:
    """Tasks, newest first."""
    asked = {"account_id": account_id, "status": status, "limit": limit}
    params = {name: value for name, value in asked.items() if value is not None}
    context.obj.show(context.obj.ask("GET", TASKS, params=params)["items"], COLUMNS)


@task.command()
def show(context: typer.Context, task_id: Id) -> None:
    """One task with all its fields."""
    context.obj.facts(context.obj.ask("GET", f"{TASKS}/{task_id}"))


@task.command()
def result(context: typer.Context, task_id: Id) -> None:
    """The content itself; exit code 1 while there is none."""
    found = context.obj.ask("GET", f"{TASKS}/{task_id}")
    if found["result"] is None:
        leave(found["error"] or f"状态 / status: {found['status']}", REFUSED)
    context.obj.facts(found["result"])


@task.command()
def watch(context: typer.Context, task_id: Id) -> None:
    """Wait for the end of a task; exit code 1 if it failed or was cancelled."""
    while True:
        found = context.obj.ask("GET", f"{TASKS}/{task_id}")
        if found["poll_after"] is None:
            break
        time.sleep(min(found["poll_after"], 1.0))
    context.obj.facts(found)
    if found["status"] != "completed":
        raise typer.Exit(REFUSED)


@task.command()
def cancel(context: typer.Context, task_id: Id) -> None:
    """Ask for the end of a task."""
    context.obj.facts(context.obj.ask("POST", f"{TASKS}/{task_id}/cancel"))


@task.command()
def retry(context: typer.Context, task_id: Id) -> None:
    """Try a failed or cancelled task again, under its id."""
    context.obj.facts(context.obj.ask("POST", f"{TASKS}/{task_id}/retry"))


@task.command()
def stats(context: typer.Context) -> None:
    """How many tasks there are of each status."""
    context.obj.facts(context.obj.ask("GET", f"{TASKS}/stats"))


@task.command()
def cleanup(
    context: typer.Context,
    days: int = 30,
    yes: Annotated[bool, typer.Option("--yes", help="without being asked")] = False,
) -> None:
    """Remove tasks that ended so many days ago, with their contents."""
    if not yes and not (
        sys.stdin.isatty() and typer.confirm(f"删除 {days} 天前结束的任务？ Remove what ended {days} days ago?")
    ):
        leave("没有删除 / nothing was removed: add --yes if you are sure", REFUSED)
    context.obj.facts(context.obj.ask("DELETE", f"{TASKS}/cleanup", params={"days": days}))


@monitor.command()
def health(context: typer.Context) -> None:
    """系统状态, 总任务数, 成功率: exit code 1 unless the server is ready."""
    ready = context.obj.ask("GET", "/readyz")
    figures = context.obj.ask("GET", f"{TASKS}/stats")
    context.obj.facts(told(figures, "正常" if ready else "异常"))


@monitor.command()
def metrics(context: typer.Context) -> None:
    """系统状态, 总任务数, 成功率 and the tasks by status."""
    figures = context.obj.ask("GET", f"{TASKS}/stats")
    context.obj.facts({**told(figures, "正常"), **figures["by_status"]})


def told(figures: Mapping[str, Any], state: str) -> dict[str, Any]:
    return {"系统状态": state, "总任务数": figures["total"], "成功率": f"{figures['success_rate']:.2%}"}


@monitor.command()
def active(context: typer.Context, limit: int = 20) -> None:
    """Tasks that run now."""
    found = context.obj.ask("GET", TASKS, params={"status": "running", "limit": limit})["items"]
    context.obj.show(found, COLUMNS)


@monitor.command()
def failures(context: typer.Context, limit: int = 20) -> None:
    """Tasks that failed, and why."""
    found = context.obj.ask("GET", TASKS, params={"status": "failed", "limit": limit})["items"]
    context.obj.show(found, ("task_id", "topic", "error", "updated_at"))


@monitor.command("types")
def job_types(context: typer.Context) -> None:
    """The job types of the server, how many of each wait, run and have ended (for operators)."""
    found = context.obj.ask("GET", "/v1/types")["items"]
    context.obj.show(found, ("type", "concurrency", "paused", "counts"))


@scheduler.command("list")
def schedules(context: typer.Context) -> None:
    """What runs by itself, and when next (for operators)."""
    context.obj.show(context.obj.ask("GET", "/v1/schedules")["items"], ("id", "type", "cron", "every", "paused", "next"))


@scheduler.command("show")
def schedule(context: typer.Context, schedule_id: str) -> None:
    """One schedule."""
    context.obj.facts(context.obj.ask("GET", f"/v1/schedules/{schedule_id}"))


@scheduler.command()
def pause(context: typer.Context, schedule_id: str) -> None:
    """Let nothing fall due until resume."""
    context.obj.facts(context.obj.ask("POST", f"/v1/schedules/{schedule_id}/pause"))


@scheduler.command()
def resume(context: typer.Context, schedule_id: str) -> None:
    """Count due times from now on."""
    context.obj.facts(context.obj.ask("POST", f"/v1/schedules/{schedule_id}/resume"))


@scheduler.command("run")
def run_now(context: typer.Context, schedule_id: str) -> None:
    """A run out of turn."""
    context.obj.facts(context.obj.ask("POST", f"/v1/schedules/{schedule_id}/run"))


@account.command("list")
def accounts(context: typer.Context) -> None:
    """All accounts."""
    context.obj.show(context.obj.ask("GET", "/api/v1/accounts")["items"], ("id", "name"))


@account.command()
def add(context: typer.Context, name: str) -> None:
    """An account of this name, new or not."""
    context.obj.facts(context.obj.ask("POST", "/api/v1/accounts", json={"name": name}))


def main() -> None:
    app()


if __name__ == "__main__":
    main()
