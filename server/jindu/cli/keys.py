"""`jindu keys …`: API keys, in the store while no server runs, else through the server that has it."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from jindu_client import Client

from ..app import App
from ..core.access import KEY_SCOPES, scopes_of
from ..core.clock import SystemClock
from ..core.durations import seconds
from ..store.contract import StoreError, StoreInUse, StoreRefused
from ..store.keyring import Keyring
from ..store.opener import open_store
from . import tables
from .client_commands import Json, Token, talking
from .serve import Config, Store, configure, refuse
from .watching import NOT_THERE, language

T = TypeVar("T")
Url = Annotated[
    str | None, typer.Option("--url", help="Ask this server and open no store; without it JINDU_URL, if the store is in use.")
]

USUAL = "submit,watch"  # scopes of a key for which none are named: to operate is for who asks for it

keys = typer.Typer(
    help="API keys: create, list, revoke, rotate. They are in the store; a server that has it is asked (operator's --token).",
    no_args_is_help=True,
)


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, in your words.")] = "default",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="submit, watch or operate; more than once, or with commas between. Without it: submit,watch"),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="The key knows this owner's jobs only.")] = None,
    expires: Annotated[str | None, typer.Option(help='When it ends: seconds from now, or "30d".')] = None,
    store: Store = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it: this once, it is not kept. The first one ends the time in which none was asked for."""
    if not name or len(name) > 100:
        raise typer.BadParameter("a name has 1 to 100 characters", param_hint="NAME")
    scopes = scopes_of([one for text in scope or [USUAL] for one in text.split(",")], KEY_SCOPES)
    if scopes is None:
        raise typer.BadParameter(f"the scopes of a key are {', '.join(KEY_SCOPES)}", param_hint="--scope")
    lasts = _duration(expires)

    async def offline(keyring: Keyring) -> dict[str, Any]:
        expires_at = None if lasts is None else SystemClock().wall() + lasts
        key, text = await keyring.create(name, scopes, owner, expires_at)
        return {**key.shown(), "key": text}

    def online(client: Client) -> dict[str, Any]:
        return client.create_key(name, sorted(scopes), owner=owner, expires_in=lasts)

    made = _either(offline, online, store=store, config=config, url=url, token=token, as_json=as_json)
    print(json.dumps(made, ensure_ascii=False) if as_json else made["key"])
    if not as_json:
        print(tables.say("shown_once", language()), file=sys.stderr)


@keys.command("list")
def list_keys(store: Store = None, config: Config = None, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Every key that was ever made, without its secret. With --json one array."""

    async def offline(keyring: Keyring) -> Sequence[dict[str, Any]]:
        return [key.shown() for key in keyring.keys]

    found = _either(
        offline, lambda client: client.list_keys(), store=store, config=config, url=url, token=token, as_json=as_json
    )
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    lang = language()
    tables.terminal().print(tables.keys(found, lang, SystemClock().wall()) if found else tables.say("no_keys", lang))


@keys.command()
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id: what stands between jk_ and the next _.")],
    store: Store = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """End a key, and the connections that live by it. Twice is harmless. Exit code 4: there is no such key."""

    async def offline(keyring: Keyring) -> bool:
        return await keyring.revoke(id)

    def online(client: Client) -> bool:
        client.revoke_key(id)
        return True

    if not _either(offline, online, store=store, config=config, url=url, token=token, as_json=as_json):
        print(tables.say("no_such_key", language()), file=sys.stderr)
        raise typer.Exit(NOT_THERE)
    print(json.dumps({"id": id, "revoked": True}) if as_json else tables.say("is_revoked", language()))


@keys.command()
def rotate(store: Store = None, config: Config = None, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Sign tokens with a new secret. Those signed with the one before stay good until the next time, keys are not touched."""

    async def offline(keyring: Keyring) -> None:
        await keyring.rotate()

    _either(
        offline, lambda client: client.rotate_keys(), store=store, config=config, url=url, token=token, as_json=as_json
    )  # fmt: skip
    print(json.dumps({"rotated": True}) if as_json else tables.say("is_rotated", language()))


def _either(
    offline: Callable[[Keyring], Awaitable[T]],
    online: Callable[[Client], T],
    *,
    store: str | None,
    config: str | None,
    url: str | None,
    token: str | None,
    as_json: bool,
) -> T:
    """In the store if nobody has it, else through the server. Exits 1 with a sentence when the store refuses."""
    if url is None:
        settings = configure(App(), store=store, config=config)
        try:
            return asyncio.run(_opened(settings.store, offline))
        except StoreInUse:
            pass  # by a server, which does it for us
        except (StoreRefused, StoreError) as error:
            refuse(str(error))
    with talking(url, token, as_json=as_json) as client:
        return online(client)


async def _opened(url: str, work: Callable[[Keyring], Awaitable[T]]) -> T:
    clock = SystemClock()
    store = await open_store(url, clock)
    writer = asyncio.create_task(store.run(), name="writer")
    try:
        keyring = Keyring(store, clock)
        await keyring.load()
        return await work(keyring)
    finally:
        await store.close()
        await writer


def _duration(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        lasts = seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--expires") from None
    if not lasts:
        raise typer.BadParameter("a key that ends at once opens nothing", param_hint="--expires")
    return lasts
