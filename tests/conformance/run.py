"""`make conformance`: Autobahn's fuzzing client against our echo server, where CPython 2.7 with autobahntestsuite is at hand.

Elsewhere one line says that it was skipped, and why; the cases in tests/wire/test_violations.py run everywhere. Exits 1 if a
case FAILED that is not allowed to.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from support.server import free_port

SUITE = "autobahntestsuite==25.10.1"
ALLOWED = frozenset({"7.1.5"})
FINE = frozenset({"OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"})
AGENT = "jindu"


def missing(python: str | None) -> str | None:
    """Why the suite cannot run here; None if it can."""
    if python is None or not _runs(python, "pass"):
        return f"no python2.7 here, which {SUITE} needs (PYTHON27 may name one)"
    return None if _runs(python, "import autobahntestsuite") else f"it is not installed: {python} -m pip install {SUITE}"


def _runs(python: str, code: str) -> bool:
    found = shutil.which(python)
    return found is not None and subprocess.run([found, "-c", code], capture_output=True, check=False).returncode == 0


def failed(report: dict[str, dict[str, str]]) -> list[str]:
    """Cases that neither went well nor are allowed to go wrong."""
    bad = {case for case, told in report.items() if not {told["behavior"], told["behaviorClose"]} <= FINE}
    return sorted(bad - ALLOWED)


def fuzz(python: str, folder: Path) -> dict[str, dict[str, str]]:
    """Run all cases; what became of each."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "conformance.echo", str(port)])
    try:
        _until_it_answers(port)
        spec = {
            "outdir": str(folder),
            "servers": [{"agent": AGENT, "url": f"ws://127.0.0.1:{port}"}],
            "cases": ["*"],
            "exclude-cases": ["12.*", "13.*"],  # compression, which is never agreed to
            "exclude-agent-cases": {},
        }
        (folder / "spec.json").write_text(json.dumps(spec))
        run = "from autobahntestsuite.wstest import run; run()"
        subprocess.run([python, "-c", run, "-m", "fuzzingclient", "-s", str(folder / "spec.json")], check=True)
        report: dict[str, dict[str, str]] = json.loads((folder / "index.json").read_text())[AGENT]
        return report
    finally:
        server.terminate()
        server.wait()


def _until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("conformance: the echo server did not start")


def main() -> None:
    python = os.environ.get("PYTHON27") or shutil.which("python2.7")
    if (why := missing(python)) is not None or python is None:
        print(f"conformance: skipped: {why}")  # noqa: T201
        return
    with tempfile.TemporaryDirectory() as folder:
        report = fuzz(python, Path(folder))
    bad = failed(report)
    print(f"conformance: {len(report)} cases, {len(bad)} failed {' '.join(bad)}".rstrip())  # noqa: T201
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
