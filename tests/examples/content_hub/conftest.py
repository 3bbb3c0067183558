"""A content hub in a process of its own."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from examples.content_hub.document import document

from support.described import Described
from support.server import ForkedServer

APP = "examples.content_hub.app:app"
Serve = Callable[..., Any]


def platforms(*urls: str) -> str:
    return json.dumps(
        [{"name": name, "base_url": url, "model": "local-bm25"} for name, url in zip(("Good", "Spare"), urls, strict=False)]
    )


@pytest.fixture(scope="session")
def described() -> Callable[[httpx.Response], None]:
    """Holds every answer against the document of the content hub."""
    told = Described(document())

    def hold(answer: httpx.Response) -> None:
        answer.read()
        told.holds(answer)

    return hold


@pytest.fixture
def serve(tmp_path: Path, described: Callable[[httpx.Response], None]) -> Serve:
    """Context managers of servers that share store and database; the platforms' addresses, and further environment."""

    @contextmanager
    def serve(*urls: str, **env: str) -> Iterator[tuple[ForkedServer, httpx.Client]]:
        known = {"CONTENT_DB": str(tmp_path / "content.db"), "CONTENT_PLATFORMS": platforms(*urls), **env}
        hooks = {"response": [described]}
        with (
            ForkedServer(APP, tmp_path, env=known) as server,
            httpx.Client(base_url=server.url, timeout=30, event_hooks=hooks) as http,
        ):
            yield server, http

    return serve
