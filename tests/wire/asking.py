"""What the tests of the wire ask of a server beside what they try."""

import time
from typing import Any

import httpx

from support.server import ServerProcess


def submitted(server: ServerProcess, kind: str, **params: Any) -> str:
    answer = httpx.post(f"{server.url}/v1/jobs", json={"type": kind, "params": params}, timeout=30)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def job(server: ServerProcess, job_id: str) -> dict[str, Any]:
    body: dict[str, Any] = httpx.get(f"{server.url}/v1/jobs/{job_id}", timeout=30).json()
    return body


def cancelled(server: ServerProcess, job_id: str) -> None:
    httpx.post(f"{server.url}/v1/jobs/{job_id}/cancel", timeout=30).raise_for_status()


def serves(server: ServerProcess) -> bool:
    """Whether a new job ends as it should."""
    answer = httpx.post(f"{server.url}/v1/jobs?wait=20", json={"type": "greet"}, timeout=30)
    return bool(answer.json().get("status") == "completed")


def soon(holds: Any, within: float = 10.0) -> bool:
    """Whether something comes to hold within some seconds."""
    deadline = time.monotonic() + within
    while not (found := bool(holds())) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
