"""`jindu`: one typer application of small commands."""

from importlib.metadata import version
from typing import Annotated

import typer

from .backups import backup, restore
from .client_commands import submit, watch
from .demo import demo
from .doctor import doctor
from .importing import take_over
from .keys import keys
from .monitor import drain, monitor
from .repair import repair
from .report import report
from .scheduler import scheduler
from .serve import serve
from .settings_command import settings
from .tasks import task
from .types import types
from .webhooks import webhooks

cli = typer.Typer(
    name="jindu", help="Jindu (进度): a real-time progress server.", no_args_is_help=True, pretty_exceptions_enable=False
)


@cli.callback(invoke_without_command=True)
def options(
    show_version: Annotated[bool, typer.Option("--version", is_eager=True, help="print the version and end")] = False,
) -> None:
    if show_version:
        typer.echo(f"jindu {version('jindu')}")
        raise typer.Exit


for command in (serve, submit, watch, demo, settings, backup, restore, repair, report, doctor, drain):
    cli.command()(command)
cli.command("import")(take_over)
cli.add_typer(task, name="task")
cli.add_typer(monitor, name="monitor")
cli.add_typer(keys, name="keys")
cli.add_typer(types, name="types")
cli.add_typer(scheduler, name="scheduler")
cli.add_typer(webhooks, name="webhooks")


def main() -> None:
    cli()
