"""What of the code nobody uses: python -m support.dead_code. Exit code 1 if there is something.

Fields and variables are left out: most are read by others than us, who get them as JSON.
"""

import sys
from pathlib import Path

from vulture import Vulture

from jindu.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("server/jindu", "client_sdk/python/jindu_client", "examples", "tests", "benchmarks")
OURS = ("server", "client_sdk", "examples")
KINDS = frozenset({"class", "function", "import", "method", "property", "unreachable_code"})
# Called by libraries, by names that are theirs.
THEIRS = ["settings_customise_sources", "field_title_should_be_set", "send_receive_event_to_app", "handle_exit", "Span"]
DECORATORS = ["@app.*", "@*.command*", "@cli.*", "@*.job*", "@*.section*", "@pytest.*", "@schemathesis*", "@*_validator*"]


def unused(root: Path = ROOT) -> list[str]:
    """Names that are defined and never used, with where they are."""
    looker = Vulture(ignore_names=THEIRS, ignore_decorators=DECORATORS)
    looker.scavenge([str(root / folder) for folder in FOLDERS if (root / folder).exists()])
    looker.used_names.update(place.partition(":")[2] for place in COMMANDS.values())  # imported by name when they are used
    found = [item for item in looker.get_unused_code(min_confidence=60) if item.typ in KINDS]
    named = [(Path(item.filename).relative_to(root), item) for item in found]
    return [f"{path}:{item.first_lineno}: {item.typ} {item.name}" for path, item in named if path.parts[0] in OURS]


def main() -> int:
    found = unused()
    sys.stdout.write("".join(f"nobody uses {line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
