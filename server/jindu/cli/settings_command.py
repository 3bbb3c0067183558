"""`jindu settings`: what is in force, and where each value comes from."""

import json
from typing import Annotated

import typer
from rich.table import Table

from ..app import App
from ..settings import PREFIX, Settings
from .serve import Concurrency, Config, Host, LogLevel, Port, Store, Target, configure, load
from .tables import terminal


def settings(
    target: Target = None,
    host: Host = None,
    port: Port = None,
    store: Store = None,
    concurrency: Concurrency = None,
    log_level: LogLevel = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs instead of a table for people.")] = False,
) -> None:
    """What `jindu serve` with the same arguments would run with: each setting, its unit, and where its value comes from."""
    app = load(target) if target else App()
    given = {"host": host, "port": port, "store": store, "concurrency": concurrency, "log_level": log_level, "config": config}
    in_force = configure(app, **given)
    if as_json:
        values = in_force.model_dump()
        shown = {name: {"value": value, "source": in_force.source(name), "unit": unit(name)} for name, value in values.items()}
        print(json.dumps(shown, ensure_ascii=False))
    else:
        terminal().print(table(in_force))


def table(in_force: Settings) -> Table:
    """One row for each setting. A value from the environment names its variable; the file is the first row."""
    rows = Table("setting", "value", "unit", "from", box=None, pad_edge=False)
    for name, value in in_force.model_dump().items():
        source = in_force.source(name)
        named = f" {PREFIX}{name.upper()}" if source == "environment" else ""
        style = "dim" if source == "default" else "bold"
        rows.add_row(name, written(value), unit(name), source + named, style=style)
    return rows


def written(value: object) -> str:
    """A value as a line of TOML writes it; nothing stays empty."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def unit(name: str) -> str:
    extra = Settings.model_fields[name].json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) else ""
