"""What one measurement found, and how the load clients are started."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import host

MATCH = "ranking candidates"  # in each message that is a delivery, of ours and of peers


@dataclass(frozen=True, slots=True)
class Size:
    """How much a run asks for: short, full, or tiny (which only proves that everything works)."""

    name: str
    rounds: int
    seconds: float  # of each measurement
    watchers: int = 1000
    many: int = 1000  # jobs with a watcher each
    few: int = 200
    idle: int = 10_000
    together: int = 1000  # jobs of one request
    kept: int = 100_000  # jobs in the store for the last row
    curves: bool = False  # plots over more than one point need a full run


SIZES = {
    "tiny": Size("tiny", 1, 0.3, watchers=10, many=10, few=5, idle=20, together=5, kept=50),
    "short": Size("short", 1, 2.5),
    "full": Size("full", 3, 4, curves=True),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """`us`: CPU microseconds of all the server's processes for one unit of the load. `rate`: units a second of wall time.
    `pace` and `limits` say under which conditions, `more` holds what only this load knows."""

    us: float
    rate: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    conditions: str = ""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the compiled load clients lie, and how much is asked."""

    folder: Path
    size: Size

    def watch(self, port: int, pids: Sequence[int], *options: str | float) -> dict[str, Any]:
        return self._run("watch", port, pids, options)

    def ask(self, port: int, pids: Sequence[int], *options: str | float) -> dict[str, Any]:
        return self._run("ask", port, pids, options)

    def _run(self, client: str, port: int, pids: Sequence[int], options: Sequence[str | float]) -> dict[str, Any]:
        command = ["taskset", "-c", host.CLIENT_CORE, str(self.folder / client), "--port", str(port)]
        command += ["--pid", ",".join(map(str, pids)), *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode or not done.stdout:
            raise RuntimeError(f"{client} failed: {done.stderr.strip()[:500]}")
        found: dict[str, Any] = json.loads(done.stdout)
        if done.stderr:
            found["complaints"] = done.stderr.strip()[:500]
        return found


def delivered(found: dict[str, Any], conditions: str, **more: Any) -> Sample:
    """A sample of what `watch` counted: the unit is a delivery."""
    count = found["deliveries"]
    us = found["cpu_s"] / count * 1e6 if count else float("nan")
    return Sample(us, count / found["seconds"], found["p50_ms"], found["p99_ms"], conditions, {**found, **more})
