"""What Jindu promises under faults and attacks, and which tests prove it: the rows here, the proofs by marks on the tests.

    @pytest.mark.promise("killed")

``python -m support.promises`` writes docs/promises.md; with ``--check`` it says what is out of date or unproven, and exits 1.
Tests are found by reading their source, so that nothing has to run.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "promises.md"

# By mark: the fault or attack, and what is promised.
PROMISES: Mapping[str, tuple[str, str]] = {
    "killed": (
        "kill -9 of the server, again and again, at any moment",
        "no acknowledged job or end is lost, no job ends twice; running jobs go on from their committed steps",
    ),
    "quarantine": (
        "a job that kills the process",
        "three deaths in a row without a new step, and it is set aside, kindly; the server lives",
    ),
    "disk_full": (
        "disk full",
        "submits are answered 507 kindly, reads go on, nothing is called durable that is not; ends and results wait for space",
    ),
    "fsync": (
        "an error of the disk while committing",
        "the outcome is called unknown: not ready, until the store is opened anew",
    ),
    "locked": ("the database locked by another program", "waits, then an error that may be tried again"),
    "damaged": (
        "a file that is damaged, foreign, older or newer",
        "refused with what to do; an older one is brought up to date",
    ),
    "one_process": ("a second process on the same database", "refused kindly; jobs of the first are untouched"),
    "restored": ("a backup restored, an older file put in place", "a new epoch: clients are told to forget, and go on"),
    "half_open": (
        "stalled reader, half-open peer, loss, low bandwidth, mute proxy",
        "gone in bounded time, in bounded memory; others are not slowed; a client ends with the same state, each result once",
    ),
    "blocked_loop": ("the event loop blocked by a job", "nothing is lost, and the log names it"),
    "clock": ("the clock jumps", "time-outs, pauses and retries are not affected"),
    "exhausted": (
        "descriptors exhausted, a storm of connections, a flood of messages",
        "refused with when to come back; running jobs are unharmed; it recovers",
    ),
    "once": ("double submit, double end, cancel racing completion", "one job, one end, the first wins"),
    "deadly_bodies": ("SystemExit, an endless loop, an exhausted child process", "that job fails; the server lives"),
    "protocol": (
        "violations of the WebSocket protocol and of ours",
        "told or closed with a code, as the text says; others unharmed",
    ),
    "bad_http": ("any HTTP request", "never a 500, only answers that are documented"),
    "bad_json": ("malformed, huge, deep JSON; NaN; lone surrogates", "4xx or `problem`; others unharmed"),
    "foreign": (
        "a foreign Origin or Host, a stolen, expired or foreign token, a guessed id",
        "refused before accept; what is foreign looks exactly like what never was",
    ),
    "secrets": ("secrets and stack traces", "never in an answer, a frame or a page"),
    "inert": ("script in a job's name, message or error", "inert: shown as text under a strict policy"),
    "draining": (
        "SIGTERM",
        "drains in time, clients are told when to come back, exit 0, work handed back without costing an attempt",
    ),
    "webhook_inside": (
        "a webhook to an inside address, a name that changes its mind, a redirect",
        "never leaves: each address is looked at and pinned for the connection, nothing is followed",
    ),
    "webhook_kept": (
        "kill -9 between the end of a job and its webhook, a receiver that is down",
        "told at least once, with one id: the delivery is kept with the end and tried for about a day",
    ),
    "slow_header": ("half a request, sent slowly", "closed within 10 seconds"),
}
LATER = """\
Rows that come with what they are about: Redis (failover, kill of a node) with the store on Redis.

That these tests would notice is shown by `make guards`: it switches each guard off in a copy of the tree, one at a time, and
runs the test that must turn red. tests/guards/table.py lists them, and says how to add one.
"""


def proofs() -> Mapping[str, list[str]]:
    """Node ids of tests by the promise that they are marked with. Raises `SystemExit` for a mark that is no promise."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for mark in (mark for decorator in node.decorator_list for mark in _marks(decorator)):
                    found[mark].append(f"{name}::{node.name}")
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
                for mark in _marks(node.value):
                    found[mark].append(name)
    if unknown := set(found) - set(PROMISES):
        raise SystemExit(f"no such promise: {', '.join(sorted(unknown))}; known are {', '.join(PROMISES)}")
    return found


def _marks(node: ast.AST) -> Iterator[str]:
    """Names given to `pytest.mark.promise(…)` anywhere in an expression."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "pytest.mark.promise":
            yield from (argument.value for argument in inner.args if isinstance(argument, ast.Constant))


def page(found: Mapping[str, list[str]]) -> str:
    lines = [
        "# Promises, and the tests that prove them",
        "",
        "Made from marks on the tests by `make docs`. A promise without a test fails `make check`.",
        "",
        "| fault or attack | promise | proof |",
        "|---|---|---|",
    ]
    for mark, (fault, promise) in PROMISES.items():
        tests = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in found.get(mark, []))
        lines.append(f"| {fault} | {promise} | {tests} |")
    return "\n".join([*lines, "", LATER])


def main() -> None:
    found = proofs()
    if "--check" not in sys.argv:
        PAGE.write_text(page(found), encoding="utf-8")
        return
    if unproven := [mark for mark in PROMISES if not found.get(mark)]:
        raise SystemExit(f"promises without a test: {', '.join(unproven)}")
    if PAGE.read_text(encoding="utf-8") != page(found):
        raise SystemExit("docs/promises.md is out of date: make docs")


if __name__ == "__main__":
    main()
