"""What the deploy script asks of Python: python -m examples.content_hub.checks NAME. One line; exit code 0 if it is good.

`dependencies`, `models` and `services` look at this installation; `state`, `tasks` and `rate` ask the server at
`CONTENTHUB_URL`.
"""

import importlib
import os
import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx

NEEDED = ("jindu", "jindu-client", "starlette", "uvicorn", "httpx", "pydantic", "typer", "rich", "python-dotenv")
MODULES = ("app", "cli", "database", "routes", "tasks", "writing")


class NotGood(Exception):
    """The text says what is missing."""


def dependencies() -> str:
    missing = []
    for name in NEEDED:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        raise NotGood(f"not installed: {', '.join(missing)}; pip install jindu")
    return f"{len(NEEDED)} packages, jindu {version('jindu')}"


def models() -> str:
    """The tables are there and whole, or are made now."""
    from . import settings
    from .database import Database

    accounts = Database(settings.database()).accounts()
    rows = sqlite3.connect(settings.database())
    try:
        found = rows.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        rows.close()
    if found != "ok":
        raise NotGood(f"{settings.database()}: {found}")
    return f"{settings.database()} is whole, {len(accounts)} accounts"


def services() -> str:
    package = __package__ or "examples.content_hub"
    for name in MODULES:
        importlib.import_module(f"{package}.{name}")
    return f"{len(MODULES)} modules"


def ask(path: str) -> Any:
    key = os.environ.get("CONTENTHUB_KEY", "")
    url = os.environ.get("CONTENTHUB_URL", "http://127.0.0.1:8765")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        return httpx.get(f"{url}{path}", headers=headers, timeout=10).raise_for_status().json()
    except httpx.HTTPError as error:
        raise NotGood(f"{url}{path}: {error}") from None


def state() -> str:
    ask("/readyz")
    return "正常"


def tasks() -> str:
    return str(ask("/api/v1/content/tasks/stats")["total"])


def rate() -> str:
    return f"{ask('/api/v1/content/tasks/stats')['success_rate']:.2%}"


CHECKS: dict[str, Callable[[], str]] = {check.__name__: check for check in (dependencies, models, services, state, tasks, rate)}


def main() -> int:
    try:
        sys.stdout.write(CHECKS[sys.argv[1]]() + "\n")
    except (NotGood, ImportError, ValueError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
