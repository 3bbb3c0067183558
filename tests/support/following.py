"""A job of a server, seen as it moves: each look is held until there is something new, so that waiting costs nothing."""

from collections.abc import Iterator
from typing import Any

import httpx

HELD = 20  # seconds; below what the clients of tests wait for


def follow(http: httpx.Client, job_id: str) -> Iterator[dict[str, Any]]:
    """Snapshots, each after the one before it moved, up to the end."""
    since = ":0"
    while True:
        snapshot: dict[str, Any] = (
            http.get(f"/v1/jobs/{job_id}", params={"wait": HELD, "since": since}).raise_for_status().json()
        )
        if "status" not in snapshot:
            continue
        yield snapshot
        if snapshot["is_completed"]:
            return
        since = f"{snapshot['epoch']}:{snapshot['seq']}"


def until_status(http: httpx.Client, job_id: str, status: str) -> None:
    """Wait for a status; what ends with another fails."""
    for snapshot in follow(http, job_id):
        if snapshot["status"] == status:
            return
    raise AssertionError(f"{job_id} ended without having been {status}")
