"""The page of `examples/browser` in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.browser import Browser
from support.server import ServerProcess


@pytest.fixture
def parcels(chromium: Browser, tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess("examples.browser.app:app", tmp_path) as process:
        yield process


def test_a_job_is_submitted_watched_and_found_again_after_a_reload(chromium: Browser, parcels: ServerProcess) -> None:
    with chromium.page() as page:
        page.open(f"{parcels.url}/watch")
        page.see("document.getElementById('parcels').value = 3")
        page.click("#send")
        page.until("document.querySelectorAll('#sent li').length === 3")
        page.until("document.getElementById('said').textContent === 'All 3 sent.'")
        assert page.see("document.getElementById('bar').value") == 100
        page.reload()
        page.until("document.getElementById('said').textContent === 'All 3 sent.'")
        assert page.see("document.querySelectorAll('#sent li').length") == 3


def test_a_failure_is_told_in_words(chromium: Browser, parcels: ServerProcess) -> None:
    with chromium.page() as page:
        page.open(f"{parcels.url}/watch")
        page.see("document.getElementById('parcels').value = 2")
        page.see("document.getElementById('lost').value = 2")
        page.click("#send")
        page.until("document.getElementById('cancel').disabled && document.getElementById('said').textContent.includes(': ')")
        assert page.see("document.querySelectorAll('#sent li').length") == 1
