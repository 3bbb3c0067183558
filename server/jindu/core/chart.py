"""The chart of `server/STATES.md`, made from the transition table so that the two cannot part.

``python -m jindu.core.chart`` prints it; a test compares it with the stored file.
"""

import sys
from collections import defaultdict

from .states import ENDS, STATUS, TABLE, Kind, Phase

HEAD = """# States of a job

Made from `server/jindu/core/states.py` by `make states`; a test compares. Do not edit by hand.

A phase is what is stored. `cancelling` is shown to people as status `running` with `cancelling: true`.
"""


def chart() -> str:
    """The whole text of STATES.md: a Mermaid state diagram and the table it is drawn from."""
    return f"{HEAD}\n```mermaid\n{_diagram()}\n```\n\n{_table()}"


def _diagram() -> str:
    arrows: dict[tuple[str, str], list[Kind]] = defaultdict(list)
    for (before, kind), then in TABLE.items():
        arrows[before.value if before else "[*]", then.value].append(kind)
    lines = ["stateDiagram-v2"]
    lines += [f"    {a} --> {b} : {', '.join(kinds)}" for (a, b), kinds in arrows.items()]
    lines += [f"    {end.value} --> [*]" for end in Phase if end in ENDS]
    return "\n".join(lines)


def _table() -> str:
    rows = ["| phase | event | phase after | status after |", "|---|---|---|---|"]
    for (before, kind), then in TABLE.items():
        rows.append(f"| {before.value if before else '-'} | {kind.value} | {then.value} | {STATUS[then].value} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(chart())
