"""`jindu submit` and `jindu watch`: the commands that talk to a server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from jindu_client import Client, JinduError

from ..core.durations import seconds
from .watching import complain, language, show

Url = Annotated[str | None, typer.Option("--url", envvar="JINDU_URL", help="The server; default http://127.0.0.1:8765.")]
Token = Annotated[str | None, typer.Option("--token", envvar="JINDU_TOKEN", help="API key, where the server asks for one.")]
Id = Annotated[str, typer.Argument(help="The job id.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for programs instead of text for people.")]


def submit(
    type: Annotated[str, typer.Argument(help="The job type.")],
    params: Annotated[
        list[str] | None, typer.Argument(metavar="key=value…", help="Parameters; a value that is JSON is taken as such.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Watch the job to its end.")] = False,
    priority: Annotated[int | None, typer.Option(help="Seconds of head start, -3600 to 3600.")] = None,
    delay: Annotated[str | None, typer.Option(help='Not before: seconds, or "5m".')] = None,
    owner: Annotated[str | None, typer.Option(help="Whose job it is.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag; may be given more than once.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Submit a job and print its id (with --json: its snapshot). With --watch the exit codes of watch."""
    values = dict(pair(text) for text in params or ())
    with talking(url, token, as_json=as_json) as client:
        job = client.submit_with(type, values, priority=priority, delay=duration(delay, "--delay"), owner=owner, tags=tag)
        if not (as_json and watch):
            print(json.dumps(job.status(), ensure_ascii=False) if as_json else job.id, flush=True)
        if watch:
            raise typer.Exit(show(client, job.id, as_json=as_json, with_result=True))


def watch(
    id: Id,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Watch a job to its end. Exit code: 0 completed, 1 failed, 3 cancelled, 4 not found or no server."""
    with talking(url, token, as_json=as_json) as client:
        raise typer.Exit(show(client, id, as_json=as_json, with_result=True))


@contextmanager
def talking(url: str | None, token: str | None, *, as_json: bool) -> Iterator[Client]:
    """A client for one command. What the server refuses is told kindly, and becomes the exit code."""
    if token is not None and not (token.isascii() and token.isprintable()):
        raise typer.BadParameter("a key has no other characters than letters, digits and signs", param_hint="--token")
    try:
        client = Client(url, token=token)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None
    with client:
        try:
            yield client
        except JinduError as error:
            raise typer.Exit(complain(error, language(), as_json=as_json)) from None


def duration(text: str | None, option: str) -> float | None:
    """Seconds of an option such as "5m"; None if it was not given."""
    try:
        return None if text is None else seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def pair(text: str) -> tuple[str, Any]:
    """The name and value of a parameter as key=value; a value that is JSON is taken as such."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not key=value", param_hint="key=value…")
    try:
        return name, json.loads(value, parse_constant=_no_constant)
    except ValueError:
        return name, value


def _no_constant(name: str) -> Any:
    # json.loads takes NaN and Infinity, which are not JSON: they stay text.
    raise ValueError(name)
