"""Measure a live content hub and write `SYSTEM_READINESS.md`: python -m examples.content_hub.readiness --base-url URL

Functions are tried, times are measured now, on this machine; nothing in the file was written by hand but what is not measured.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
CONTENT, TASKS = "/api/v1/content", "/api/v1/content/tasks"
ASKED = {"account_id": 1, "topic": "web framework asyncio", "keywords": ["asyncio"], "auto_approve": True}
TIMES, PATIENCE = 20, 120.0  # requests of one kind; seconds that a task may take
DOCUMENTS = (
    "docs/guides/async-content-user-guide.md",
    "docs/guides/async-content-cli-quick-reference.md",
    "docs/api/async-content-api.md",
    "examples/content_hub/DEPLOYMENT_CHECKLIST.md",
)
LIMITS = (
    "The review reads form and keywords, not meaning: what passes may still be wrong.",
    "Cover images are drawn from the title; no picture is generated.",
    "A process that dies while a platform writes asks it again; what was written before is not charged back.",
    "60 submits of one client in a minute; more are answered 429.",
)


class Hub:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = self._http.request(method, path, **more)
        if answer.status_code != status:
            raise ValueError(f"{method} {path}: {answer.status_code}, not {status}")
        return answer.json()

    def generated(self) -> dict[str, Any]:
        """One task to its end."""
        task_id = self.ask("POST", f"{CONTENT}/generate/async", json=ASKED)["task_id"]
        give_up = time.monotonic() + PATIENCE
        while True:
            found: dict[str, Any] = self.ask("GET", f"{TASKS}/{task_id}")
            if found["poll_after"] is None or time.monotonic() > give_up:
                return found
            time.sleep(0.1)

    def functions(self) -> list[tuple[str, Callable[[], bool]]]:
        done = self.generated()
        one = f"{TASKS}/{done['task_id']}"
        return [
            ("a task is written, reviewed and kept", lambda: done["status"] == "completed"),
            ("it has a cover image and a verdict", lambda: bool(done["result"]["cover_image"] and done["result"]["review"])),
            ("it is in the list of its account", lambda: self.ask("GET", f"{TASKS}?account_id=1")["total"] >= 1),
            ("figures add up", lambda: self._adds_up()),
            ("an unknown account makes no task", lambda: bool(self._unknown_account())),
            ("an unknown task is 404", lambda: bool(self.ask("GET", f"{TASKS}/nobody", 404))),
            ("what has ended is neither cancelled nor retried", lambda: bool(self._refused(one))),
        ]  # fmt: skip

    def _adds_up(self) -> bool:
        stats = self.ask("GET", f"{TASKS}/stats")
        return bool(stats["total"] == sum(stats["by_status"].values()))

    def _unknown_account(self) -> Any:
        return self.ask("POST", f"{CONTENT}/generate/async", 404, json={**ASKED, "account_id": 2**40})

    def _refused(self, one: str) -> Any:
        self.ask("POST", f"{one}/cancel", 409)
        return self.ask("POST", f"{one}/retry", 409)

    def times(self, method: str, path: str, times: int, **more: Any) -> list[float]:
        """Milliseconds of each request."""
        took = []
        for _ in range(times):
            began = time.perf_counter()
            self.ask(method, path, **more)
            took.append(1000 * (time.perf_counter() - began))
        return took


def tried(functions: list[tuple[str, Callable[[], bool]]]) -> list[tuple[str, bool]]:
    found = []
    for name, check in functions:
        try:
            found.append((name, check()))
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            found.append((name, False))
    return found


def report(base_url: str, functions: list[tuple[str, bool]], times: dict[str, list[float]], stats: dict[str, Any]) -> str:
    lines = [
        "# System readiness",
        "",
        f"Measured {datetime.now(UTC).isoformat(timespec='seconds')} at {base_url} by "
        "`python -m examples.content_hub.readiness`: "
        f"jindu {version('jindu')}, Python {platform.python_version()}, {os.cpu_count()} cores.",
        "",
        "## Functions",
        "",
        *(f"- [{'x' if good else ' '}] {name}" for name, good in functions),
        "",
        "## Performance",
        "",
        "| request | times | median | slowest |",
        "|---|---|---|---|",
        *(f"| {name} | {len(took)} | {statistics.median(took):.1f} ms | {max(took):.1f} ms |" for name, took in times.items()),
        "",
        "## Quality",
        "",
        f"{stats['total']} tasks so far, success rate {stats['success_rate']:.2%}.",
        "",
        "## Documents",
        "",
        *(f"- [{'x' if (ROOT / name).exists() else ' '}] {name}" for name in DOCUMENTS),
        "",
        "## Known limits",
        "",
        *(f"- {limit}" for limit in LIMITS),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure a live content hub and write SYSTEM_READINESS.md.")
    parser.add_argument("--base-url", default="http://127.0.0.1:8765")
    parser.add_argument("--key", default="", help="an API key, where the server has some")
    parser.add_argument("--output", type=Path, default=Path("SYSTEM_READINESS.md"))
    options = parser.parse_args()
    headers = {"Authorization": f"Bearer {options.key}"} if options.key else {}
    try:
        with httpx.Client(base_url=options.base_url, headers=headers, timeout=30) as http:
            hub = Hub(http)
            functions = tried(hub.functions())
            times = {
                "submit": hub.times("POST", f"{CONTENT}/generate/async", 5, json=ASKED),
                "list": hub.times("GET", TASKS, TIMES),
                "figures": hub.times("GET", f"{TASKS}/stats", TIMES),
                "health": hub.times("GET", "/healthz", TIMES),
            }
            stats = hub.ask("GET", f"{TASKS}/stats")
    except (httpx.HTTPError, ValueError) as error:
        sys.stderr.write(f"{options.base_url} cannot be measured: {error}\n")
        return 1
    options.output.write_text(report(options.base_url, functions, times, stats), encoding="utf-8")
    sys.stdout.write(f"{options.output}\n")
    return 0 if all(good for _, good in functions) else 1


if __name__ == "__main__":
    sys.exit(main())
