"""`/docs` and `/redoc` in a real Chromium: each call is shown, one can be tried, no other host is asked, nothing complains."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from jindu import App
from jindu.web.document.calls import CALLS
from support.browser import Browser, Page
from support.server import START_WITHIN, free_port

PREFIX = "/behind"


@pytest.fixture(scope="module")
def address(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of which a proxy shows only what is below a prefix."""
    app = App(store=f"sqlite:///{tmp_path_factory.mktemp('documents')}/jindu.db")
    app.job(greet)
    inner, port = app.asgi(), free_port()
    outer = Starlette(routes=[Mount(PREFIX, inner)], lifespan=lambda _: inner.router.lifespan_context(inner))
    server = uvicorn.Server(uvicorn.Config(outer, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + START_WITHIN
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}{PREFIX}"
    server.should_exit = True
    thread.join()


async def greet(name: str) -> str:
    return f"hello {name}"


def untroubled(page: Page, address: str) -> None:
    """Nothing complained, nothing was missing, and only this server was asked, below the prefix."""
    page.see("1")  # brings what was said meanwhile
    assert (page.faults, page.network) == ([], [])
    asked = [one for one in page.asked if not one.startswith(("data:", "blob:"))]
    assert len(asked) >= 4
    assert [one for one in asked if not one.startswith(f"{address}/")] == []
    assert {urlsplit(one.removeprefix("blob:")).netloc for one in page.asked if one.startswith("blob:")} <= {
        urlsplit(address).netloc
    }


def test_docs_shows_every_call_and_lets_one_be_tried(chromium: Browser, address: str, tmp_path: Path) -> None:
    with chromium.page(height=1400) as page:
        page.open(f"{address}/docs")
        page.until(f"document.querySelectorAll('.opblock').length === {len(CALLS)}")
        page.click("#operations-operation-readStats .opblock-summary-control")
        page.until("document.querySelector('#operations-operation-readStats .try-out__btn')")
        page.click("#operations-operation-readStats .try-out__btn")
        page.until("document.querySelector('#operations-operation-readStats .execute')")
        page.click("#operations-operation-readStats .execute")
        told = (
            "document.querySelector('#operations-operation-readStats .live-responses-table tr.response .response-col_status')"
        )
        page.until(f"{told}?.textContent.includes('200')")
        assert f"{address}/v1/stats" in page.asked
        assert "left_behind" in page.text("#operations-operation-readStats")
        untroubled(page, address)


def test_redoc_shows_every_call_and_finds_them(chromium: Browser, address: str) -> None:
    with chromium.page(height=1400) as page:
        page.open(f"{address}/redoc")
        for call in CALLS.values():
            page.until(f"document.body.innerText.includes({call.summary!r})")
        page.until("document.querySelector('[role=search] input')")
        page.see("document.querySelector('[role=search] input').focus()")
        page.call("Input.insertText", text="partial")
        page.until("document.querySelectorAll('[data-role=\"search:results\"] li').length > 0")
        untroubled(page, address)


def test_the_dashboard_lives_behind_a_prefix(chromium: Browser, address: str) -> None:
    """Its files, calls and socket: all lie below it."""
    with chromium.page() as page:
        page.open(f"{address}/#/jobs")
        page.until("document.getElementById('link')?.dataset.state === 'live'")
        job = httpx.post(f"{address}/v1/jobs", json={"type": "greet", "params": {"name": "you"}}).json()["id"]
        page.until(f"document.querySelector('.row[data-job=\"{job}\"] .chip')?.textContent === 'completed'")
        page.click(f'.row[data-job="{job}"] .name')
        page.until("document.querySelector('#result pre')?.textContent.includes('hello you')")
        assert page.see("document.querySelector('#job-result a').href") == f"{address}/v1/jobs/{job}/result"
        page.see("location.hash = '#/'")
        page.until("document.querySelectorAll('#charts canvas').length === 4")
        untroubled(page, address)
