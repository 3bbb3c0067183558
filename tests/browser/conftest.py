"""One Chromium for the room, one server for each file of tests, a tab for each test. A page that complains fails its test, and
so does one that asks anything of another host."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from support.browser import NO_BROWSER, Browser, Page, found
from support.server import ServerProcess

number = count()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if found() is None:
        pytest.skip(NO_BROWSER)
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


class House(NamedTuple):
    server: ServerProcess
    gates: Path


def open_house(folder: Path) -> House:
    env = {
        "BROWSER_GATES": str(folder), "JINDU_GRACE": "4", "JINDU_CONCURRENCY": "60", "JINDU_QUEUE_LIMIT": "20000",
        "JINDU_REPORT_FOLDER": str(folder),
    }  # fmt: skip
    return House(ServerProcess("browser.browser_jobs:app", folder, env=env), folder)


@pytest.fixture(scope="module")
def house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = open_house(tmp_path_factory.mktemp("house"))
    with house.server:
        yield house


@pytest.fixture
def server(house: House) -> ServerProcess:
    return house.server


@pytest.fixture
def brand() -> str:
    """A name that no other test has."""
    return f"Brand{next(number)}"


@pytest.fixture
def gate(house: House, brand: str) -> Callable[..., None]:
    """Let the diagnosis of the test's brand go on."""

    def opened(*names: str) -> None:
        for name in names:
            (house.gates / f"{brand}.{name}").touch()

    return opened


@pytest.fixture
def submit(server: ServerProcess) -> Iterator[Callable[..., str]]:
    """Submit a job; what is left of it at the end of the test is cancelled, so that others find a quiet house."""
    made: list[str] = []

    def submitted(kind: str, **params: Any) -> str:
        answer = httpx.post(f"{server.url}/v1/jobs", json={"type": kind, "params": params})
        assert answer.status_code == 202, answer.text
        made.append(str(answer.json()["id"]))
        return made[-1]

    yield submitted
    for job in made:
        httpx.post(f"{server.url}/v1/jobs/{job}/cancel")


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
            home = (server.url, server.url.replace("http", "ws"), "data:")
            assert not [url for url in page.asked if not url.startswith(home)], "another host was asked"
