"""`jindu`: one typer application of small commands."""

import typer

from .client_commands import submit, watch
from .demo import demo
from .serve import serve

cli = typer.Typer(
    name="jindu", help="Jindu (进度): a real-time progress server.", no_args_is_help=True, pretty_exceptions_enable=False
)
for command in (serve, submit, watch, demo):
    cli.command()(command)


def main() -> None:
    cli()
