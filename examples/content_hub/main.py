"""`python main.py` in this folder starts the content hub; what follows is handed to `jindu serve` (`--port 9000`)."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "jindu", "serve", "examples.content_hub.app:app", *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})  # a list, no shell


if __name__ == "__main__":
    main()
