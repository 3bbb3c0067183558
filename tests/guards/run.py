"""`make guards`: switch each guard off in a copy of the tree, and see the test that should notice turn red.

    python -m guards.run [WORDS …] [--jobs N]

With words only the guards are tried whose names contain one of them. First all named tests run with every guard on, and must be
green: a red test says something only if it is green otherwise. Exit code 1 when a guard can be off unnoticed, when its change
does not apply any more, or when a test is red for another reason than a failed assertion or exception of its own.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .off import ROOT, DoesNotApply
from .table import GUARDS, Guard

TREE = ("server", "client_sdk", "tests", "examples", "config", "docs", "pyproject.toml", "README.md", "README.zh-CN.md")
UNWANTED = shutil.ignore_patterns("__pycache__", "node_modules", ".mypy_cache", "*.db", "*.egg-info")
CODE = ("server", "client_sdk/python", ".", "tests")
T = TypeVar("T")

GREEN, RED = 0, 1  # exit codes of pytest: all passed, some failed
TEST_SECONDS = 300.0


@dataclass(frozen=True)
class Outcome:
    guard: Guard
    red: bool
    why: str = ""


class Copy:
    """A tree of our own, to break and to mend."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        for name in TREE:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=UNWANTED)
            elif source.exists():
                shutil.copy2(source, folder / name)

    def test(self, *tests: str) -> tuple[int, str]:
        """The exit code of pytest, and what it said. Nothing compiled is kept: a file changed twice within a second would be
        taken for the one before."""
        path = os.pathsep.join(str(self.root / part) for part in CODE)
        env = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"),
            *(f"tests/{test}" for test in tests),
        ]
        try:
            done = subprocess.run(
                command, cwd=self.root, env=env, capture_output=True, text=True, check=False, timeout=TEST_SECONDS * len(tests)
            )
        except subprocess.TimeoutExpired as late:
            return RED, f"no end within {late.timeout:.0f} s"
        return done.returncode, done.stdout + done.stderr

    def without(self, guard: Guard) -> Outcome:
        """Run the guard's test with the guard off."""
        try:
            changed = guard.off.apply(self.root)
        except DoesNotApply as error:
            return Outcome(guard, red=False, why=f"does not apply: {error}")
        before = changed.path.read_bytes()
        changed.path.write_text(changed.text, encoding="utf-8")
        try:
            code, said = self.test(guard.test)
        finally:
            changed.path.write_bytes(before)
        if code == RED:
            return Outcome(guard, red=True)
        return Outcome(guard, red=False, why="stays green" if code == GREEN else f"pytest ended with {code}: {said[-600:]}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="guards")
    parser.add_argument("words", nargs="*", help="parts of the names of guards; without any, all are tried")
    parser.add_argument("--jobs", type=int, default=1, help="copies of the tree that are tried at once")
    asked = parser.parse_args()
    chosen = [guard for guard in GUARDS if not asked.words or any(word in guard.name for word in asked.words)]
    with tempfile.TemporaryDirectory(prefix="jindu-guards-") as folder:
        copies: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for number in range(asked.jobs):
            copies.put(Copy(Path(folder) / str(number)))
        code, said = _borrowed(copies, lambda copy: copy.test(*dict.fromkeys(guard.test for guard in chosen)))
        if code != GREEN:
            print(f"not all of the named tests are green with every guard on:\n{said[-4000:]}")  # noqa: T201
            return 1
        with ThreadPoolExecutor(asked.jobs) as pool:
            outcomes = list(pool.map(lambda guard: _told(_borrowed(copies, lambda copy: copy.without(guard))), chosen))
    red = sum(outcome.red for outcome in outcomes)
    print(f"\n{len(outcomes)} guards switched off, one at a time; {red} noticed")  # noqa: T201
    return 0 if red == len(outcomes) else 1


def _borrowed(copies: "queue.SimpleQueue[Copy]", work: Callable[[Copy], T]) -> T:
    copy = copies.get()
    try:
        return work(copy)
    finally:
        copies.put(copy)


def _told(outcome: Outcome) -> Outcome:
    told = "red" if outcome.red else f"NOT RED ({outcome.why})"
    print(f"{outcome.guard.name:<58} {told:<5} {outcome.guard.test}", flush=True)  # noqa: T201
    return outcome


if __name__ == "__main__":
    sys.exit(main())
