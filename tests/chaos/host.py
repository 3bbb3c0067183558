"""A server on a host that fails, and what its tests ask of it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from support.server import ServerProcess

SOON = 20.0  # seconds; what is waited for takes a fraction of one


class Host:
    """One server, its folder, and an HTTP client. Used as a context manager."""

    def __init__(self, folder: Path, server: ServerProcess | None = None, **env: str) -> None:
        env = {"JINDU_GRACE": "0", "CHAOS_FOLDER": str(folder), **env}
        self.folder = folder
        self.server = server or ServerProcess("chaos.host_jobs:app", folder, env=env)
        self.http = httpx.Client(base_url=self.server.url, timeout=15)

    def __enter__(self) -> "Host":
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self.server.__exit__()

    @property
    def pid(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    def submit(self, type: str, key: str | None = None, **params: Any) -> httpx.Response:
        headers = {} if key is None else {"idempotency-key": key}
        return self.http.post("/v1/jobs", json={"type": type, "params": params}, headers=headers)

    def made(self, type: str, **params: Any) -> str:
        """The id of a job that was accepted."""
        answer = self.submit(type, **params)
        assert answer.status_code in (200, 201, 202), answer.text
        return str(answer.json()["id"])

    def job(self, id: str) -> dict[str, Any]:
        answer = self.http.get(f"/v1/jobs/{id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def becomes(self, id: str, status: str) -> dict[str, Any]:
        """The job once it has this status."""
        return until(lambda: job if (job := self.job(id))["status"] == status else None)

    def stepped(self, id: str) -> None:
        """Wait until a `gated` job is past its first step."""
        until((self.folder / f"{id}.first").exists)
        until(lambda: any(part["key"] == "before" for part in self.job(id)["partial"]))

    def open(self, gate: str) -> None:
        (self.folder / gate).touch()

    def ends(self, id: str) -> list[str]:
        """Kinds of the events of a job that end it."""
        events = self.http.get(f"/v1/jobs/{id}/events").json()["items"]
        return [event["kind"] for event in events if event["kind"] in ("return", "fail", "cancel")]


def until(ask: Callable[[], Any], within: float = SOON) -> Any:
    """What `ask` gives, once it is true."""
    deadline = time.monotonic() + within
    while not (found := ask()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found
