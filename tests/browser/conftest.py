"""One Chromium for the room, a server and a tab for each test. A page that complains fails its test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.browser import NO_BROWSER, Browser, Page, found
from support.server import ServerProcess


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if found() is None:
        pytest.skip(NO_BROWSER)
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def server(chromium: Browser, tmp_path: Path) -> Iterator[ServerProcess]:
    env = {"BROWSER_GATES": str(tmp_path), "JINDU_GRACE": "4", "JINDU_CONCURRENCY": "20"}
    with ServerProcess("browser.browser_jobs:app", tmp_path, env=env) as process:
        yield process


@pytest.fixture
def gate(tmp_path: Path) -> Callable[..., None]:
    """Let the jobs of the test go on."""

    def opened(*names: str) -> None:
        for name in names:
            (tmp_path / name).touch()

    return opened


@pytest.fixture
def submit(server: ServerProcess) -> Callable[..., str]:
    def submitted(kind: str, **params: Any) -> str:
        answer = httpx.post(f"{server.url}/v1/jobs", json={"type": kind, "params": params})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    return submitted


@pytest.fixture
def tab(chromium: Browser, server: ServerProcess) -> Iterator[Callable[..., Page]]:
    """Open the page of the server; keywords as of `Page.look`, and `script` that runs before the page's own."""
    with ExitStack() as tabs:
        opened: list[Page] = []

        def opening(path: str = "/", *, script: str = "", **looks: Any) -> Page:
            page = tabs.enter_context(chromium.page(**looks))
            opened.append(page)
            if script:
                page.before(script)
            page.open(server.url + path)
            return page

        yield opening
        for page in opened:
            page.see("1")  # brings what was said meanwhile
            assert not page.faults
