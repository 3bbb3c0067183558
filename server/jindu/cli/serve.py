"""`jindu serve`: load an app, check what would go wrong, serve."""

import gc
import importlib
import os
import sys
from typing import Annotated, NoReturn

import typer

from ..app import App
from ..monitor.alerts.config import AlertsRefused
from ..monitor.tracing import NoTraces
from ..settings import Settings, complaint
from ..store.contract import StoreRefused
from ..web.logs import NoLogFile
from ..web.server import BadCertificate, OpenToAll, Server
from .workers import WorkersRefused, inherited, refuse_unfit, supervise

Target = Annotated[str | None, typer.Argument(metavar="MODULE:APP", help="the App to serve, such as myjobs:app")]
Host = Annotated[str | None, typer.Option(help="address to listen on; without keys loopback only")]
Port = Annotated[int | None, typer.Option(help="port to listen on (8765)")]
Store = Annotated[
    str | None, typer.Option(help="sqlite:///jindu.db (relative), sqlite:////var/lib/jindu.db, redis://host:6379/0")
]
Volatile = Annotated[
    bool | None, typer.Option("--allow-volatile", help="start even on a Redis whose settings lose jobs: for trying things out")
]
Workers = Annotated[int, typer.Option(min=1, help="processes on this machine that share the port and a Redis")]
Concurrency = Annotated[int | None, typer.Option(help="jobs running at once, all types together (10)")]
LogLevel = Annotated[str | None, typer.Option(help="debug, info, warning, error")]
CertFile = Annotated[str | None, typer.Option("--ssl-certfile", metavar="FILE", help="certificate (PEM): https and wss")]
KeyFile = Annotated[str | None, typer.Option("--ssl-keyfile", metavar="FILE", help="its private key, if in another file")]
Config = Annotated[
    str | None, typer.Option(metavar="FILE", help="TOML file of settings (JINDU_CONFIG); without it none is read")
]

GARBAGE = 20_000  # objects made and not gone again, before the collector looks at them


def serve(
    target: Target = None,
    host: Host = None,
    port: Port = None,
    store: Store = None,
    allow_volatile: Volatile = None,
    workers: Workers = 1,
    concurrency: Concurrency = None,
    log_level: LogLevel = None,
    ssl_certfile: CertFile = None,
    ssl_keyfile: KeyFile = None,
    config: Config = None,
) -> None:
    """Serve an app: jobs, API and WebSocket."""
    app = load(target) if target else App()
    options = {
        "host": host, "port": port, "store": store, "allow_volatile": allow_volatile, "concurrency": concurrency,
        "log_level": log_level, "ssl_certfile": ssl_certfile, "ssl_keyfile": ssl_keyfile, "config": config,
    }  # fmt: skip
    if workers > 1:
        share(app, workers, **options)
    run(app, **options)


def share(app: App, workers: int, **options: object) -> NoReturn:
    """Serve with so many processes to the end."""
    settings = configure(app, **options)
    try:
        refuse_unfit(workers, settings.store)
        code = supervise(workers, settings)
    except (WorkersRefused, StoreRefused) as error:
        refuse(str(error))
    raise typer.Exit(code)


def run(app: App, **options: object) -> None:
    """Serve to the end. Exits 1 with a sentence for people when the store or the address refuses."""
    configure(app, **options)
    try:
        server = Server(app.asgi(), app.open, app.settings)
        spare_the_collector()
        server.run(inherited())
    except (BadCertificate, NoLogFile) as error:
        refuse(str(error))
    except (StoreRefused, AlertsRefused, NoTraces) as error:
        refuse(str(error))
    except OpenToAll as error:
        refuse(
            f"{error} is not a loopback address, and there are no keys: anybody could run jobs.\n"
            "Listen on 127.0.0.1, or make a key first: jindu keys create NAME --scope submit --scope watch"
        )
    if not server.started:
        raise typer.Exit(1)


def spare_the_collector() -> None:
    """What is loaded by now stays, so it is not looked at again; and of what comes, an update makes a few objects that go by
    themselves, beside the many that connections keep. By Python's own thresholds a tenth of the CPU went to looking."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)


def configure(app: App, **options: object) -> Settings:
    """The settings in force with these options, None standing for one that was not given. Exits 1 with what is wrong."""
    given = {name: value for name, value in options.items() if value is not None}
    try:
        app.configure(**given)
    except ValueError as error:
        refuse(complaint(error, given))
    return app.settings


def load(target: str) -> App:
    """The app named `module:attribute` (attribute `app` if left out), looked up from the current directory too."""
    module_name, _, attribute = target.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise
        refuse(f"there is no module {module_name!r} here; give MODULE:APP, such as myjobs:app")
    app = getattr(module, attribute or "app", None)
    if not isinstance(app, App):
        refuse(f"{module_name} has no jindu App named {attribute or 'app'!r}")
    return app


def refuse(text: str) -> NoReturn:
    """Say why not, and end with exit code 1."""
    typer.echo(f"jindu: {text}", err=True)
    raise typer.Exit(1)
