"""kill -9 while webhooks wait and are sent: each end is told at least once, under one id, to who comes back."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from support.receiver import Receiver
from support.server import ServerProcess

JOBS = 20
NETWORKS = {"JINDU_WEBHOOK_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess("web.web_jobs:app", tmp_path, env={**os.environ, **NETWORKS}) as process:
        yield process


def all_due(store: Path) -> None:
    """A day passes for what waits, while the server is dead: its rows fall due."""
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE deliveries SET due_at = 0 WHERE state = 'pending'")


@pytest.mark.promise("webhook_kept")
def test_every_end_is_told_though_the_server_is_killed_again_and_again(server: ServerProcess) -> None:
    told: list[tuple[str, str]] = []
    with Receiver(answer=lambda number: (503, {})) as receiver:  # down, as far as anybody can see
        secrets = {}
        for number in range(JOBS):
            asked = {"type": "greet", "params": {"name": str(number)}, "webhook": receiver.url}
            job = httpx.post(f"{server.url}/v1/jobs?wait=10", json=asked).json()
            secrets[job["id"]] = job["webhook_secret"]
            assert job["is_completed"]
        server.kill()  # some were tried, some are being tried, some were not
        all_due(server.store)
        before = len(receiver.letters)
        server.start()
        receiver.wait(before + 5)
        server.kill()
        all_due(server.store)
        receiver.answer = lambda number: (204, {})
        seen = len(receiver.letters)
        server.start()
        for letter in receiver.wait(seen + JOBS):
            said = letter.verified(secrets[letter.said["data"]["id"]])
            told.append((said["data"]["id"], letter.id))
    assert {job for job, _ in told} == set(secrets)
    assert len(set(told)) == JOBS, "one id for each end, in every try"
    assert max(Counter(told).values()) <= 4
    assert httpx.get(f"{server.url}/v1/webhooks/deliveries?state=dead").json()["items"] == []
