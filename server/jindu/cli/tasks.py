"""`jindu task …`: the jobs of a server, through the same client that programs use."""

import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

import typer

from jindu_client import Client, NotFound

from ..core.clock import SystemClock
from ..core.states import Status
from . import tables
from .client_commands import Id, Json, Token, Url, duration, submit, talking, watch
from .watching import FAILED, INTERRUPTED, USAGE, Words, clean, language

PAGE = 1_000  # items the server gives at once


class Ended(StrEnum):
    """The states that a job can be removed in."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


task = typer.Typer(
    help="The jobs of a server: list, show, submit, watch, cancel, result, log, retry, why, error, delete, cleanup.",
    no_args_is_help=True,
)
task.command()(submit)
task.command()(watch)


@task.command("list")
def list_jobs(
    status: Annotated[Status | None, typer.Option(help="Only jobs in this state.")] = None,
    type: Annotated[str | None, typer.Option(help="Only jobs of this type.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this owner's jobs.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only jobs with this tag.")] = None,
    q: Annotated[str | None, typer.Option("--q", help="Beginning of an id, a tag or a type.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="All of them, whatever --limit says.")] = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Jobs, newest first. With --json one array."""
    filters = {"status": status and status.value, "type": type, "owner": owner, "tag": tag, "q": q}
    with talking(url, token, as_json=as_json) as client:
        # One more than asked for tells whether there are more.
        found = client.list(**filters, limit=PAGE if everything else min(limit + 1, PAGE))
        if as_json:
            _print_array(found if everything else islice(found, limit))
            return
        items = list(found if everything else islice(found, limit + 1))
    shown = items if everything else items[:limit]
    console, lang = tables.terminal(), language()
    console.print(tables.jobs(shown, lang, SystemClock().wall()) if shown else tables.say("none", lang))
    if len(items) > len(shown):
        console.print(tables.say("more", lang), style="dim")


@task.command()
def show(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """One job: its state, stages, times, partial results, and how it ended. With --json its snapshot."""
    with talking(url, token, as_json=as_json) as client:
        snapshot = client.status(id)
    if as_json:
        _print(snapshot)
        return
    console = tables.terminal()
    for part in tables.job(snapshot, language(), SystemClock().wall()):
        console.print(part)


@task.command()
def cancel(
    id: Id,
    reason: Annotated[str | None, typer.Option(help="Why, for those who read it later.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Cancel a job. Cancelling twice is harmless; one that ended otherwise is refused (exit code 1)."""
    with talking(url, token, as_json=as_json) as client:
        snapshot = client.cancel(id, reason)
    if as_json:
        _print(snapshot)
    else:
        print(tables.say("is_cancelled" if snapshot.get("status") == "cancelled" else "cancel_asked", language()))


@task.command()
def result(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Print a result as JSON (with --json on one line). Exit code: 1 failed or not ended yet, 3 cancelled."""
    with talking(url, token, as_json=as_json) as client:
        value = client.result(id)
    print(json.dumps(value, ensure_ascii=False, indent=None if as_json else 2))


@task.command()
def retry(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Try a failed or cancelled job again and print the new job's id (with --json: its snapshot). Twice gives the same job."""
    with talking(url, token, as_json=as_json) as client:
        job = client.retry(id)
        shown = json.dumps(job.status(), ensure_ascii=False) if as_json else job.id
    print(shown)


@task.command()
def why(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Why a job is not moving, a reason a line."""
    with talking(url, token, as_json=as_json) as client:
        told = client.why(id)
    if as_json:
        _print(told)
        return
    words = Words(language(), [])
    reasons = [clean(words.pick(reason.get("text"), str(reason.get("code")))) for reason in told.get("reasons") or ()]
    print("\n".join(reasons) or tables.say("no_reason", words.lang))


@task.command()
def error(
    id: Annotated[str, typer.Argument(help="An error id, or a job id for all its failed attempts.")],
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """For operators: what happened behind an error id. Exit code 4 if nothing is kept of it."""
    with talking(url, token, as_json=as_json) as client:
        found = _contexts(client, id)
    if as_json:
        _print_array(found)
        return
    console = tables.terminal()
    for context in found:
        for part in tables.context(context, language()):
            console.print(part)


def _contexts(client: Client, id: str) -> list[dict[str, Any]]:
    """The context of an error id, or those of a job, newest first. Raises the `NotFound` of the error id."""
    try:
        return [client.error(id)]
    except NotFound:
        if not (listed := client.errors(job=id)):
            raise
        return [client.error(context["id"]) for context in listed]


@task.command()
def delete(id: Id, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Remove a job that has ended, with its results; one that has not is refused (exit code 1). With --json its id."""
    with talking(url, token, as_json=as_json) as client:
        client.delete(id)
    if as_json:
        _print({"id": id, "deleted": True})
    else:
        print(tables.say("deleted", language()))


@task.command()
def log(
    id: Id,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with the lines to come, until the job has ended.")
    ] = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """What a job logged, each line with its local time; with --json an object a line. However the job ended: exit code 0."""
    with talking(url, token, as_json=as_json) as client:
        number = 0
        try:
            for number, entry in enumerate(client.log(id, follow=follow), 1):  # noqa: B007 - how many, afterwards
                print(json.dumps(entry, ensure_ascii=False) if as_json else tables.line(entry), flush=True)
        except KeyboardInterrupt:
            print(Words(language(), []).say("goes_on", id=id), file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
    if not (number or as_json):
        print(tables.say("no_lines", language()), file=sys.stderr)


@task.command()
def cleanup(
    older_than: Annotated[str, typer.Option(help='How long ago they ended: seconds, or "7d"; 0 for all that has ended.')],
    status: Annotated[Ended | None, typer.Option(help="Only those that ended so.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Remove jobs that ended long enough ago, with their results. Asks before it does; elsewhere than in a terminal --yes is
    needed (exit code 2). Exit code 1 if you say no."""
    age, lang = duration(older_than, "--older-than") or 0.0, language()
    if not yes:
        _make_sure(older_than, status, lang, as_json=as_json)
    with talking(url, token, as_json=as_json) as client:
        removed = client.cleanup(age, status and status.value)
    if as_json:
        _print({"removed": removed})
    else:
        print(tables.say("removed", lang, n=removed))


def _make_sure(age: str, status: Ended | None, lang: str, *, as_json: bool) -> None:
    """Ask whether to remove them; leaves the command where the answer is no, or nobody can be asked."""
    if not sys.stdin.isatty():
        text = tables.say("ask_yes", lang)
        told = {"error": {"code": "NOT_CONFIRMED", "text": text, "errors": []}}
        print(json.dumps(told, ensure_ascii=False) if as_json else text, file=sys.stderr)
        raise typer.Exit(USAGE)
    what = "" if status is None else tables.say(status.value, lang) + ("" if lang == "zh" else " ")
    # Asked on standard error: standard output is for what was done.
    print(tables.say("sure", lang, old=age, what=what), "[y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "是"):
        print(tables.say("kept", lang), file=sys.stderr)
        raise typer.Exit(FAILED)


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _print_array(items: Iterable[Any]) -> None:
    """An array, an element a line, written as its elements arrive."""
    for line in _array(items):
        print(line)


def _array(items: Iterable[Any]) -> Iterator[str]:
    before = "["
    for item in items:
        yield before + json.dumps(item, ensure_ascii=False)
        before = ","
    yield "[]" if before == "[" else "]"
