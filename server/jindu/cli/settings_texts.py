"""docs/settings.md and config/jindu.toml, written from the settings themselves: `python -m jindu.cli.settings_texts FILE…`.

A test compares both files with what this makes; `make docs` writes them.
"""

import sys
from pathlib import Path

from ..settings import PREFIX, Settings
from .settings_command import unit, written

_MARKDOWN = """# Settings

In rising order of strength: the default, the settings file, the environment, an argument (`--port`, or `Settings(port=…)` in
code). `jindu settings` prints what is in force and where each value comes from; with `--json` for programs.

The file is TOML: `jindu serve --config FILE`, or `JINDU_CONFIG=FILE`. Without a name no file is read, wherever the server is
started. [config/jindu.toml](../config/jindu.toml) has every setting with its default. A key that is no setting is refused.

| setting | unit | default | environment | meaning |
|---|---|---|---|---|
"""

_TOML = """# Settings of a Jindu server, each with its unit and its default. Take a copy, change it, and name it:
#
#     jindu serve myjobs:app --config /etc/jindu.toml        (or JINDU_CONFIG=/etc/jindu.toml)
#
# The environment (JINDU_PORT=9000) wins over this file, and an argument (--port 9000) over both. A key that is no setting is
# refused. `jindu settings --config FILE` prints what is in force and where each value comes from.
"""


def markdown() -> str:
    """The text of docs/settings.md."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = written(field.get_default(call_default_factory=True))
        shown = f"`{default}`" if default else "none"
        rows.append(f"| `{name}` | {unit(name)} | {shown} | `{PREFIX}{name.upper()}` | {field.description} |\n")
    return _MARKDOWN + "".join(rows)


def toml() -> str:
    """The text of config/jindu.toml."""
    parts = [_TOML]
    for name, field in Settings.model_fields.items():
        if name != "config":  # a file cannot name another
            default = written(field.get_default(call_default_factory=True))
            parts.append(f"\n# {field.description} [{unit(name)}]\n{name} = {default}\n")
    return "".join(parts)


def main() -> None:
    """Write each file named: TOML where its name says so, else Markdown."""
    for name in sys.argv[1:]:
        Path(name).write_text(toml() if name.endswith(".toml") else markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
