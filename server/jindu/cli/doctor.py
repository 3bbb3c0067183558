"""`jindu doctor`: what would go wrong, and what to do about it, before it does."""

import json
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ..app import App
from ..settings import complaint
from . import tables
from .checks import Check, checks, fit, refused
from .serve import CertFile, Config, Host, KeyFile, Port, Store
from .watching import FAILED, clean, language

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    host: Host = None,
    port: Port = None,
    store: Store = None,
    ssl_certfile: CertFile = None,
    ssl_keyfile: KeyFile = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs instead of a table for people.")] = False,
) -> None:
    """Look at what `jindu serve` with the same arguments needs: settings, alerts file, database, disk, port, clock, file
    descriptors, certificate, Redis where it is used; and say what to do. Exit code 1 if anything fails; a warning is none."""
    given = {
        "host": host, "port": port, "store": store, "ssl_certfile": ssl_certfile, "ssl_keyfile": ssl_keyfile, "config": config,
    }  # fmt: skip
    chosen = {name: value for name, value in given.items() if value is not None}
    app = App()
    try:
        app.configure(**chosen)
    except ValueError as error:
        found = [refused(complaint(error, chosen))]
    else:
        found = [fit(app.settings), *checks(app.settings)]
    if as_json:
        print(json.dumps([_body(check) for check in found], ensure_ascii=False))
    else:
        tables.terminal().print(_table(found, language()))
    if any(check.state == "fail" for check in found):
        raise typer.Exit(FAILED)


def _body(check: Check) -> dict[str, object]:
    return {
        "check": check.name,
        "state": check.state,
        "found": {"zh": check.found[0], "en": check.found[1]},
        "advice": {"zh": check.advice[0], "en": check.advice[1]},
    }


def _table(found: list[Check], lang: str) -> Table:
    place = 0 if lang == "zh" else 1
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in found:
        advice = check.advice[place]
        text = Text(clean(check.found[place]))
        if advice:
            text.append(f"\n→ {clean(advice)}", COLOURS[check.state])
        table.add_row(Text(check.state, COLOURS[check.state]), check.name, text)
    return table
