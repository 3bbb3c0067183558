"""The pages of the applications in a real Chromium, all by one server: a bar that moves, an end in words, cancel, retry."""

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.browser import Browser, Page
from support.server import ROOT, ServerProcess

FEEDS = ROOT / "examples" / "warmup" / "feeds"
LICENSE = "60b136fbd044ba0df6708703b302d91942bf0a05"
# A hash that begins with 5 takes for ever, one that begins with f fails until a file is there.
SCRIPT = """
import pathlib, runpy, sys, time
if sys.argv[1].startswith("5"):
    time.sleep(3600)
if sys.argv[1].startswith("f") and not pathlib.Path({mended!r}).exists():
    sys.exit("broken")
if sys.argv[1].startswith("f"):
    print("mended"), sys.exit()
sys.path.insert(0, {folder!r})
sys.exit(__import__("find_name").main())
"""
FIRST = "document.querySelector('.job')"
SAID = f"{FIRST}?.querySelector('.said').textContent"


def settings(folder: Path, **more: str) -> dict[str, str]:
    script = folder / "script.py"
    script.write_text(SCRIPT.format(mended=str(folder / "mended"), folder=str(ROOT / "examples" / "calibration")))
    return {
        "CALIBRATION_NOTES": str(folder / "notes.db"),
        "CALIBRATION_SCRIPT": shlex.join([sys.executable, str(script)]),
        "CALIBRATION_TIMEOUT": "1.5",
        "CONTENT_DB": str(folder / "content.db"),
        "WARMUP_DB": str(folder / "warmup.db"),
        "WARMUP_EVERY": "1d",
        "LOCAL_PLATFORM_TOKENS_PER_SECOND": "120",
        "JINDU_GRACE": "0",
        **more,
    }


@contextmanager
def applications(folder: Path, **more: str) -> Iterator[ServerProcess]:
    with ServerProcess("examples.all:app", folder, env=settings(folder, **more)) as server:
        yield server
        server.stop()  # not killed: the scripts that still run end with it


@pytest.fixture(scope="module")
def server(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with applications(tmp_path_factory.mktemp("applications")) as server:
        yield server


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.see(f"document.getElementById({name!r}).value = {value!r}")
        page.see(f"document.getElementById({name!r}).dispatchEvent(new Event('change'))")


def moving(page: Page) -> None:
    """The bar of the newest job is seen at two places between its ends."""
    bar = f"{FIRST}?.querySelector('progress')"
    page.until(f"{bar}.value > 0 && {bar}.value < {bar}.max")
    seen = page.see(f"{bar}.value")
    page.until(f"{bar}.value > {seen}")


def send(page: Page, form: str = "form", **values: str) -> None:
    """Fill in a form and send it, as soon as it can be."""
    page.until(f"!document.querySelector('{form} button').disabled")
    fill(page, **values)
    page.click(f"{form} button")


def press(page: Page, act: str) -> None:
    """A button of the newest job, as soon as it is there."""
    page.until(f"{FIRST}?.querySelector('[data-act={act}]')")
    page.click(f".job [data-act={act}]")


def status(name: str) -> str:
    return f"{FIRST}?.dataset.status === {name!r}"


Tab = Callable[..., Page]


def test_a_calibration_moves_finds_a_name_runs_out_of_time_and_is_cancelled(tab: Tab) -> None:
    page = tab("/calibrate", language="zh-CN")
    assert "校准" in page.text("h1")
    send(page, hash=LICENSE)
    page.until(f"{status('completed')} && {SAID} === 'Jindu LICENSE'")

    send(page, hash="5a")
    page.until(status("running"))
    moving(page)
    page.until(f"{status('failed')} && {SAID} === '校准超时（1.5秒）'")
    assert page.see("document.querySelectorAll('.job').length") == 2

    press(page, "retry")
    page.until(status("running"))
    press(page, "cancel")
    page.until(status("cancelled"))
    assert page.see("document.querySelectorAll('.job').length") == 2, "a retry goes on in its line"


def test_a_failed_calibration_is_tried_again(tab: Tab, server: ServerProcess) -> None:
    page = tab("/calibrate")
    send(page, hash="f0")
    page.until(f"{status('failed')} && {SAID}.includes('校准失败')")
    (server.log.parent / "mended").touch()
    press(page, "retry")
    page.until(f"{status('completed')} && {SAID} === 'mended'")


def test_switched_off_the_page_waits_for_one_answer(chromium: Browser, tmp_path: Path) -> None:
    with applications(tmp_path, CALIBRATION_ASYNC="off") as server, chromium.page() as page:
        page.open(f"{server.url}/calibrate")
        page.until("document.getElementById('mode').textContent.includes('switched off')")
        send(page, hash="5b")
        moving(page)
        page.until(f"{status('failed')} && {SAID} === '校准超时（1.5秒）'")
        send(page, hash=LICENSE)
        page.until(f"{status('completed')} && {SAID} === 'Jindu LICENSE'")
        assert page.faults == []


def test_where_keys_exist_the_page_asks_for_one(chromium: Browser, tmp_path: Path) -> None:
    with applications(tmp_path) as server, chromium.page() as page:
        asked = {"name": "page", "scopes": ["submit", "watch"]}
        key = httpx.post(f"{server.url}/v1/keys", json=asked).json()["key"]
        page.open(f"{server.url}/calibrate")
        send(page, hash=LICENSE)
        page.until("document.querySelector('.wrong').textContent.includes('key')")
        assert not page.see(FIRST)
        send(page, key=key)
        page.until(f"{status('completed')} && {SAID} === 'Jindu LICENSE'")
        page.see("sessionStorage.clear()")
        page.open(f"{server.url}/content")
        page.until("document.getElementById('figures').textContent.includes('key')")
        fill(page, key=key)
        page.until(
            "document.querySelector('#account option') && document.getElementById('figures').textContent.startsWith('0')"
        )
        assert page.faults == []


def test_a_diagnosis_shows_answers_as_they_come_then_a_ranking_and_stands_in_the_history(tab: Tab) -> None:
    page = tab("/diagnosis")
    page.until("document.querySelector('#history table')")
    send(page)
    page.until(f"{status('running')} && {SAID}.startsWith('Asking AI platforms')")
    moving(page)
    page.until("document.querySelector('.job .answer summary')?.textContent.includes('Local')")
    page.until(status("completed"))
    assert page.see(f"{FIRST}.querySelector('progress').value") == 100
    assert page.see("document.querySelectorAll('.job .answer').length") == 3
    page.until("document.querySelector('.job tr.own')?.textContent.includes('starlette')")
    page.until("document.querySelector('#history tbody tr')?.textContent.includes('starlette')")

    send(page, brand="Frame", platforms="Local BM25")
    page.until(status("running"))
    press(page, "cancel")
    page.until(status("cancelled"))
    page.until("document.querySelector('#history tbody tr')?.textContent.includes('Frame')")

    send(page, brand=" ")
    page.until("document.querySelector('.wrong').textContent.includes('brand_list')")


def test_a_content_is_written_reviewed_and_listed(tab: Tab) -> None:
    page = tab("/content", language="zh-CN")
    page.until("document.querySelector('#account option')?.textContent === 'default'")
    page.see("document.getElementById('approve').checked = true")
    send(page)
    page.until(f"{status('running')} && {SAID}.startsWith('生成内容')")
    moving(page)
    page.until(f"{status('completed')} && document.querySelector('.verdict')?.textContent.startsWith('已通过')")
    page.until("document.querySelector('.cover').naturalWidth > 0")
    page.until("document.querySelector('#list tbody tr')?.textContent.includes('已通过')")
    assert "总任务数 1" in page.text("#figures")

    send(page)
    page.until(f"document.querySelectorAll('.job').length === 2 && {status('running')}")
    press(page, "cancel")
    page.until(status("cancelled"))
    press(page, "retry")
    page.until(f"{status('completed')} && document.querySelectorAll('.verdict').length === 2")
    page.until("document.getElementById('figures').textContent.includes('总任务数 2')")


def test_communities_are_added_warmed_and_spoken_of(tab: Tab) -> None:
    page = tab("/communities")
    send(page, "#add", name="python", feed=str(FEEDS / "python.xml"), members="41")
    page.until("document.querySelector('#communities tbody tr')?.textContent.includes('41')")
    send(page, "#add", name="gone", feed="/nothing.xml", members="0")
    page.until("document.querySelectorAll('#communities tbody tr').length === 2")
    send(page, "#warm")
    page.until(f"{status('completed')} && {SAID} === '1/2, failed: gone'")
    page.until("document.querySelector('#communities tbody .wrong')?.textContent.includes('nothing.xml')")
    send(page, "#say", tester="ann", text="quick")
    page.until("document.querySelector('#feedback tbody tr')?.textContent === 'ann5quick'")
    page.click("header a")
    page.until("document.querySelector('main')?.innerText.includes('Community pool')")


@pytest.mark.parametrize("path", ["/calibrate", "/diagnosis", "/content", "/communities"])
def test_a_page_fits_a_phone(tab: Tab, path: str) -> None:
    page = tab(path, width=375, height=700, dark=True)
    page.until("document.querySelector('form button')")
    assert page.see("document.documentElement.scrollWidth") <= 375
