"""`jindu types`: what can be submitted here, how much of it there is, and whether it may start."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from . import tables
from .client_commands import Json, Token, Url, talking
from .watching import language

types = typer.Typer(help="The job types of a server; pause and resume one.", invoke_without_command=True)
Name = Annotated[str, typer.Argument(metavar="TYPE", help="The job type.")]


@types.callback()
def show(context: typer.Context, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """The job types: their stages, limits (time limit and keeping in s, m, h, d), how many jobs of each, whether paused."""
    if context.invoked_subcommand is not None:
        return
    with talking(url, token, as_json=as_json) as client:
        items = client.types()
    if as_json:
        print(json.dumps(items, ensure_ascii=False))
    else:
        lang = language()
        tables.terminal().print(tables.types(items, lang) if items else tables.say("no_types", lang))


@types.command()
def pause(context: typer.Context, type: Name, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Start nothing of this type until resume, or the server's next start; what runs goes on."""
    before = _before(context)
    as_json = as_json or before["as_json"]
    with talking(url or before["url"], token or before["token"], as_json=as_json) as client:
        _say(client.pause(type), "is_paused", as_json=as_json)


@types.command()
def resume(context: typer.Context, type: Name, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Let jobs of this type start again. Repeating is harmless."""
    before = _before(context)
    as_json = as_json or before["as_json"]
    with talking(url or before["url"], token or before["token"], as_json=as_json) as client:
        _say(client.resume(type), "is_resumed", as_json=as_json)


def _before(context: typer.Context) -> Mapping[str, Any]:
    """What was given before the word, as in `jindu types --json pause TYPE`: it counts as if it stood behind."""
    assert context.parent is not None
    return context.parent.params


def _say(item: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    print(json.dumps(item, ensure_ascii=False) if as_json else tables.say(text, language()))
