"""`jindu`: one typer application of small commands.

A command is imported when it is used or described: a server holds none of what the others need, and starts sooner.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

COMMANDS = {
    "serve": ".serve:serve",
    "submit": ".client_commands:submit",
    "watch": ".client_commands:watch",
    "demo": ".demo:demo",
    "settings": ".settings_command:settings",
    "backup": ".backups:backup",
    "restore": ".backups:restore",
    "repair": ".repair:repair",
    "report": ".report:report",
    "doctor": ".doctor:doctor",
    "drain": ".monitor:drain",
    "import": ".importing:take_over",
    "task": ".tasks:task",
    "monitor": ".monitor:monitor",
    "keys": ".keys:keys",
    "types": ".types:types",
    "scheduler": ".scheduler:scheduler",
    "webhooks": ".webhooks:webhooks",
}
"""A function or a group of commands for each name, in the order of `--help`."""


class Commands(TyperGroup):
    """Loads them by name, as click's "lazily loading subcommands" does."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = _loaded(cmd_name)
        return super().get_command(ctx, cmd_name)


def _loaded(name: str) -> Any:
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(import_module(module, __package__), attribute)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
        command.name = name
        return command
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return get_command(alone)


cli = typer.Typer(
    name="jindu", cls=Commands, help="Jindu (进度): a real-time progress server.", no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@cli.callback(invoke_without_command=True)
def options(
    show_version: Annotated[bool, typer.Option("--version", is_eager=True, help="print the version and end")] = False,
) -> None:
    if show_version:
        typer.echo(f"jindu {version('jindu')}")
        raise typer.Exit


def main() -> None:
    cli()
