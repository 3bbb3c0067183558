"""docs/cli-reference.md, written from the commands themselves: `python -m jindu.cli.reference_text FILE`.

A test compares the file with what this makes; `make docs` writes it.
"""

import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from .main import cli

_HEAD = """# Every command and its options

Made from the commands themselves (`make docs`). [cli.md](cli.md) shows them at work, and says what exit codes mean.
"""


def markdown() -> str:
    """The text of docs/cli-reference.md."""
    root: Any = typer.main.get_command(cli)
    return _HEAD + "".join(_command(path, command) for path, command in commands(root, ("jindu",)))


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What can be called, with its words, by name; a group that does something by itself before what is in it."""
    inside = command.list_commands(None) if hasattr(command, "list_commands") else []
    if not inside or (command.invoke_without_command and len(path) > 1):
        yield path, command
    for name in sorted(inside):
        yield from commands(command.get_command(None, name), (*path, name))


def _command(path: tuple[str, ...], command: Any) -> str:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option" and not parameter.hidden]
    words = " ".join([*path, *(_argument(argument) for argument in arguments), *(["[OPTIONS]"] if options else [])])
    text = " ".join((command.help or "").split())
    rows = "".join(f"| {_names(option)} | {_about(option)} |\n" for option in options)
    listed = "".join(f"- `{_plain(argument)}`: {argument.help}\n" for argument in arguments if getattr(argument, "help", None))
    table = f"\n| option | meaning |\n|---|---|\n{rows}" if rows else ""
    listed = f"\n{listed}" if listed else ""
    return f"\n## {' '.join(path)}\n\n`{words}`\n\n{text}\n{listed}{table}"


def _plain(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _argument(argument: Any) -> str:
    return _plain(argument) if argument.required else f"[{_plain(argument)}]"


def _names(option: Any) -> str:
    names = [*option.opts, *option.secondary_opts]
    value = "" if option.is_flag else f" {(option.metavar or _kind(option)).replace('|', ' or ')}"
    return f"`{', '.join(names)}{value}`"


def _kind(option: Any) -> str:
    """What its value is: the words to choose from, or the kind of value."""
    described = getattr(option, "type_descriptor", None)
    if described is None:  # typer before 0.24 has types of click
        choices = getattr(option.type, "choices", None)
        return " or ".join(map(str, choices)) if choices else str(option.type.name).upper()
    kind = described.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(str(choice.value) for choice in kind)
    return {int: "INTEGER", float: "FLOAT"}.get(kind, "TEXT")


def _about(option: Any) -> str:
    """Its help, its variable, its default."""
    parts = [" ".join((option.help or "").split()).rstrip(".").replace("|", "\\|")]
    if option.envvar:
        parts.append(f"`{option.envvar}`")
    if option.default not in (None, False, (), []) and not callable(option.default):
        parts.append(f"default {getattr(option.default, 'value', option.default)}")
    if option.multiple and "more than once" not in parts[0]:
        parts.append("may be given more than once")
    return "; ".join(parts)


def main() -> None:
    """Write each file named."""
    for name in sys.argv[1:]:
        Path(name).write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
