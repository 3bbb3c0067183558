"""What the environment says, or the file `.env` in the folder the server is started in. Raises `SettingsError`."""

import os
from pathlib import Path

from dotenv import load_dotenv

from ..brand_diagnosis.platforms import SettingsError

PLATFORMS_VARIABLE = "CONTENT_PLATFORMS"
KEPT = "36500d"  # contents are kept until they are deleted
TIMEOUT = "5m"

load_dotenv(Path.cwd() / ".env")  # what the environment says is stronger


def number(name: str, usual: int, most: int) -> int:
    written = os.environ.get(name, "").strip() or str(usual)
    if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= most:
        raise SettingsError(f"{name} must be a whole number from 1 to {most}, not {written!r}")
    return int(written)


def concurrency() -> int:
    """`ASYNC_MAX_CONCURRENT_TASKS`: generations that run at once."""
    return number("ASYNC_MAX_CONCURRENT_TASKS", 5, 1000)


def poll_interval() -> int:
    """`ASYNC_POLL_INTERVAL`: seconds; no client is advised to wait longer before it asks again."""
    return number("ASYNC_POLL_INTERVAL", 30, 3600)


def webhook_secret() -> str | None:
    """`CONTENT_WEBHOOK_SECRET`: what callbacks are signed with (`whsec_…`, Standard Webhooks)."""
    return os.environ.get("CONTENT_WEBHOOK_SECRET", "").strip() or None


def database() -> Path:
    """`CONTENT_DB`: the SQLite file of accounts and contents."""
    return Path(os.environ.get("CONTENT_DB", "").strip() or "content-hub.db")
