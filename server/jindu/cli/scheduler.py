"""`jindu scheduler …`: jobs that run again and again."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from . import operating_texts as texts
from . import tables
from .client_commands import Json, Token, Url, pair, talking
from .watching import language

Id = Annotated[str, typer.Argument(metavar="ID", help="The schedule.")]
SHOWN = (
    "type", "cron", "every", "timezone", "params", "overlap", "missed", "owner", "priority", "tags", "declared", "paused",
    "created_at", "next", "held_at", "last_at", "last_job", "runs", "skipped",
)  # fmt: skip

scheduler = typer.Typer(
    help="Schedules: list, show, pause, resume, run, add, delete. Exit code: 1 refused, 2 wrong input, 4 not found, no server.",
    no_args_is_help=True,
)


@scheduler.command("list")
def list_schedules(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """All schedules with their next times. With --json one array."""
    with talking(url, token, as_json=as_json) as client:
        items = client.schedules()
    if as_json:
        print(json.dumps(items, ensure_ascii=False))
    else:
        lang = language()
        tables.terminal().print(texts.schedules(items, lang) if items else texts.say("no_schedules", lang))


@scheduler.command()
def show(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """One schedule: when it runs, the next few times, how often it has run. Exit code 4: there is none."""
    with talking(url, token, as_json=as_json) as client:
        item = client.schedule(id)
    if as_json:
        print(json.dumps(item, ensure_ascii=False))
    else:
        tables.terminal().print(texts.facts(item, ("id", *SHOWN), language()))


@scheduler.command()
def pause(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Let nothing fall due until resume, also across restarts; what runs goes on."""
    with talking(url, token, as_json=as_json) as client:
        _told(client.pause_schedule(id), "is_paused", as_json=as_json)


@scheduler.command()
def resume(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Count due times from now on. Repeating is harmless."""
    with talking(url, token, as_json=as_json) as client:
        _told(client.resume_schedule(id), "is_resumed", as_json=as_json)


@scheduler.command()
def run(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """A run out of turn; prints the id of its job (with --json: its snapshot)."""
    with talking(url, token, as_json=as_json) as client:
        job = client.run_schedule(id)
    print(json.dumps(job, ensure_ascii=False) if as_json else job["id"])


@scheduler.command()
def add(
    id: Id,
    type: Annotated[str, typer.Argument(metavar="TYPE", help="The job type.")],
    params: Annotated[
        list[str] | None, typer.Argument(metavar="key=value…", help="Parameters; a value that is JSON is taken as such.")
    ] = None,
    cron: Annotated[str | None, typer.Option(help='Five fields, as "*/10 * * * *", or @daily.')] = None,
    every: Annotated[str | None, typer.Option(help='An interval: seconds, or "10m".')] = None,
    timezone: Annotated[str, typer.Option(help="Of the cron, such as Europe/Berlin.")] = "UTC",
    overlap: Annotated[str, typer.Option(help="While the run before has not ended: skip, or queue.")] = "skip",
    missed: Annotated[str, typer.Option(help="What fell due while no server ran: once for all, or skip.")] = "once",
    owner: Annotated[str | None, typer.Option(help="Whose jobs its runs are.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Run a job again and again. Exit code: 2 wrong input, or the id is taken, 4 no such job type."""
    values = dict(pair(text) for text in params or ())
    interval: float | str | None = float(every) if every is not None and every.replace(".", "", 1).isdecimal() else every
    options = {"timezone": timezone, "overlap": overlap, "missed": missed, "owner": owner}
    with talking(url, token, as_json=as_json) as client:
        made = client.create_schedule(type, values, id=id, cron=cron, every=interval, **options)
        _told(made, "is_added", as_json=as_json)


@scheduler.command()
def delete(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Run it no more; its runs stay. Exit code 1: it is declared in the server's code."""
    with talking(url, token, as_json=as_json) as client:
        client.remove_schedule(id)
    print(json.dumps({"id": id, "deleted": True}) if as_json else texts.say("is_deleted", language()))


def _told(item: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    print(json.dumps(item, ensure_ascii=False) if as_json else texts.say(text, language(), item["next_at"] or "-"))
