"""`jindu backup` and `jindu restore`: a copy of the store while it is used, and putting one back while nobody uses it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ..app import App
from ..store.contract import StoreRefused
from ..store.opener import restore as put_back
from . import tables
from .client_commands import Json, Token, Url, talking
from .serve import Config, Store, configure, refuse
from .watching import language

File = Annotated[Path, typer.Argument(metavar="FILE", help="the backup")]


def backup(file: File, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Write a backup of a running server's store to a new FILE, while work goes on. Exit code: 1 refused, 4 no server."""
    if file.exists():
        refuse(f"{file} is there already; name a new file")
    if not file.absolute().parent.is_dir():
        refuse(f"there is no folder {file.absolute().parent}; create it first")
    with talking(url, token, as_json=as_json) as client:
        client.backup(file.absolute())
    size = file.stat().st_size
    said = tables.say("backed_up", language(), file=file, n=size)
    print(json.dumps({"file": str(file), "bytes": size}) if as_json else said)


def restore(file: File, store: Store = None, config: Config = None, as_json: Json = False) -> None:
    """Put a backup in the place of a store that no server uses; what was there is set aside. Clients that come back are told to
    forget what they hold (a new epoch). Exit code: 1 refused, and nothing was changed."""
    address = configure(App(), store=store, config=config).store
    try:
        aside = put_back(address, file)
    except StoreRefused as error:
        refuse(str(error))
    if as_json:
        print(json.dumps({"store": address, "set_aside": None if aside is None else str(aside)}))
    else:
        print(tables.say("restored", language(), store=address))
        if aside is not None:
            print(tables.say("set_aside", language(), file=aside))
