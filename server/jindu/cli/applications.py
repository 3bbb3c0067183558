"""Commands that applications of the examples bring along: found in a clone, or where they are installed."""

import importlib
import importlib.util
import sys
from pathlib import Path

from .serve import refuse


def contenthub() -> None:
    """`contenthub`: the command line of `examples/content_hub`."""
    root = Path(__file__).resolve().parents[3]
    if (root / "examples" / "content_hub" / "cli.py").exists():
        sys.path.insert(0, str(root))
        package = "examples"
    elif importlib.util.find_spec("jindu_examples") is not None:
        package = "jindu_examples"
    else:
        refuse("the examples are not installed; run this in a clone of the repository")
    importlib.import_module(f"{package}.content_hub.cli").main()
