"""Build the warm-up report of a server and save it: python generate_warmup_report.py [--folder reports]

The server is the one at `JINDU_URL` (`JINDU_TOKEN` where it has keys). What cannot be had is 0 and named in `missing`: a server
that is down too, which rings no alert. Saved as `warmup-report.json`, and in `archive/` by its time.
"""

import argparse
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from jindu import Report

SECTIONS = ("warmup_period", "community_pool", "cache_metrics", "api_usage", "user_testing", "system_performance")
TIMEOUT = 4.0  # seconds; below what the report waits for a source


class Live:
    """The report that the server itself builds, asked for once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: Mapping[str, Any] | None = None

    def section(self, name: str) -> Callable[[], Mapping[str, Any]]:
        """A source: what the server could give of a section. Raises `httpx.HTTPError`."""

        def source() -> Mapping[str, Any]:
            whole = self._report()
            missing = set(whole["missing"])
            if name in missing:
                return {}
            return {field: value for field, value in whole[name].items() if f"{name}.{field}" not in missing}

        return source

    def _report(self) -> Mapping[str, Any]:
        with self._lock:
            if self._found is None:
                token = os.environ.get("JINDU_TOKEN", "")
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                url = os.environ.get("JINDU_URL", "http://127.0.0.1:8765")
                answer = httpx.get(f"{url}/v1/report", headers=headers, timeout=TIMEOUT).raise_for_status()
                self._found = answer.json()
            return self._found or {}


def live_report() -> Report:
    report, live = Report(), Live()
    for name in SECTIONS:
        report.add(name, live.section(name))
    return report


async def build_report_async(precomputed_metrics: dict[str, Any] | None = None) -> dict[str, Any]:
    """The report. With `precomputed_metrics`, fields by section, nothing is fetched."""
    return await live_report().build_report_async(precomputed_metrics)


def build_report() -> dict[str, Any]:
    """The same, whether or not an event loop runs."""
    return live_report().build_report()


def main() -> int:
    """Build, save, and print the summary; 0, or 1 when it cannot be written."""
    parser = argparse.ArgumentParser(description="Build the warm-up report of a server and save it.")
    parser.add_argument("--folder", default="reports", help="where it is saved, with its archive (reports)")
    return live_report().main(parser.parse_args().folder)


if __name__ == "__main__":
    sys.exit(main())
