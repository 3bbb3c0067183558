"""Whether `jindu` would take a line, without running it."""

import shlex
from typing import Any

import typer
from typer.main import get_command

from jindu.cli.main import cli

USED_WRONGLY: Any = typer.BadParameter.__base__  # the command line's own UsageError


def refused(arguments: list[str]) -> str | None:
    """What the command line has against these arguments, if anything; nothing is run."""
    command: Any = get_command(cli)
    name, rest = "jindu", arguments
    try:
        context = command.make_context(name, list(rest))
        while hasattr(command, "commands") and (left := [*context._protected_args, *context.args]):
            name, command, rest = command.resolve_command(context, left)
            context = command.make_context(name, list(rest), parent=context)
    except USED_WRONGLY as error:
        return f"{shlex.join(arguments)}: {error}"
    return None
