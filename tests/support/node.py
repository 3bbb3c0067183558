"""Node.js, where there is one that is new enough."""

import shutil
import subprocess
from functools import cache

LEAST = 20  # the version whose fetch and streams the texts count on
NO_NODE = f"no node {LEAST} found: the examples in JavaScript are skipped"


@cache
def found() -> str | None:
    """Where a Node.js of version `LEAST` or later is, if there is one."""
    program = shutil.which("node")
    if program is None:
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return program if int(said.removeprefix("v").partition(".")[0]) >= LEAST else None
