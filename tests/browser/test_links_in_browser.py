"""The dashboard and servers that die and come back, have keys, or cannot be had live. A server for each test."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from browser.conftest import House, open_house
from browser.looking import KEYS, LIVE, in_row, row, shown, there
from support.browser import Browser, Page
from support.server import ServerProcess

Submit, Tab, Gate = Callable[..., str], Callable[..., Page], Callable[..., None]
STATE = "document.getElementById('link').dataset.state"


@pytest.fixture
def house(chromium: Browser, tmp_path: Path) -> Iterator[House]:
    house = open_house(tmp_path)
    with house.server:
        yield house


def test_killed_and_started_again_the_page_says_so_and_goes_on_by_itself(
    server: ServerProcess, submit: Submit, tab: Tab, gate: Gate, brand: str
) -> None:
    other, job = submit("hold"), submit("diagnose", brand=brand)
    gate("one")
    page = tab(f"/#/jobs/{job}")
    page.until(f"{LIVE} && {KEYS} === 'one'")
    page.see("window.stays = true")
    server.kill()
    page.until(f"{STATE} === 'reconnecting' && {there('#banner')}?.textContent.includes('What you see is of')")
    assert page.see(KEYS) == "one", "what was seen stays"
    gate("two")
    server.start()
    page.see("dispatchEvent(new Event('online'))")
    page.until(f"{LIVE} && !{there('#banner')} && {KEYS} === 'one,two'")
    gate("three", "ranked", "done")
    page.until(f"{shown('job-status')} === 'completed'")
    assert page.see(KEYS) == "one,two,three"
    page.see("location.hash = '#/jobs'")
    page.until(f"{in_row(job, '.chip')} === 'completed' && {row(other)}")
    jobs = page.see("[...document.querySelectorAll('.row')].map((node) => node.dataset.job)")
    assert jobs == [job, other]
    assert page.see("window.stays")


def test_what_happened_while_the_server_could_not_be_reached_is_seen_afterwards(house: House, submit: Submit, tab: Tab) -> None:
    """A feed does not replay: the list is read again, and what was removed meanwhile goes."""
    removed, kept = submit("out_of_quota"), submit("hold")
    page = tab("/#/jobs")
    page.until(f"{LIVE} && {in_row(removed, '.chip')} === 'failed' && {in_row(kept, '.chip')} === 'running'")
    house.server.kill()
    page.until(f"{STATE} === 'reconnecting'")
    with open_house(house.gates).server as elsewhere:  # the same store behind another port, which the page does not know
        assert httpx.delete(f"{elsewhere.url}/v1/jobs/{removed}").status_code == 204
        new = str(httpx.post(f"{elsewhere.url}/v1/jobs", json={"type": "hold"}).json()["id"])
    house.server.start()
    page.see("dispatchEvent(new Event('online'))")
    page.until(f"{LIVE} && !{row(removed)} && {in_row(new, '.chip')} === 'running'")


@pytest.mark.parametrize("scopes", [["watch", "operate", "submit"], ["watch"]], ids="+".join)
def test_a_server_with_keys_is_opened_with_one(server: ServerProcess, submit: Submit, tab: Tab, scopes: list[str]) -> None:
    job = submit("hold")
    made = httpx.post(f"{server.url}/v1/keys", json={"name": "page", "scopes": scopes}).json()
    page = tab("/#/jobs")
    page.until("document.getElementById('door')?.open")
    assert page.see("document.querySelectorAll('.row').length") == 0
    page.see("document.getElementById('door-key').value = 'jk_wrong_key'")
    page.leave_by("document.getElementById('door-open').click()")
    page.until("document.getElementById('door')?.open && document.getElementById('door-wrong')")
    page.see(f"document.getElementById('door-key').value = {json.dumps(made['key'])}")
    page.leave_by("document.getElementById('door-open').click()")
    page.until(f"{row(job)} !== null && !document.getElementById('door')")
    if "operate" in scopes:
        page.until(LIVE)
        return
    page.until(f"{STATE} === 'polling' && {there('#banner')}")
    page.see(f"location.hash = '#/jobs/{job}'")
    page.until(f"{there('#cancel')} && {shown('job-status')} === 'running' && {LIVE}")
    page.click("#cancel")
    page.until("document.getElementById('ask')?.open")
    page.click("#ask-yes")
    page.until(f"{there('.notices')}.textContent.includes('may not do that') && document.getElementById('cancel').disabled")
    page.see("location.hash = '#/alerts'")
    page.until(f"{there('.empty')}?.textContent.includes('scope operate')")


def test_the_key_of_an_owner_shows_that_owners_jobs_live(server: ServerProcess, tab: Tab) -> None:
    def submitted(owner: str, key: str | None = None) -> str:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return str(httpx.post(f"{server.url}/v1/jobs", json={"type": "hold", "owner": owner}, headers=headers).json()["id"])

    mine, others = submitted("ann"), submitted("bob")
    key = httpx.post(f"{server.url}/v1/keys", json={"name": "ann", "scopes": ["watch", "submit"], "owner": "ann"}).json()["key"]
    page = tab("/#/jobs", script=f"sessionStorage.setItem('jindu-key', '{key}')")
    page.until(f"{LIVE} && {in_row(mine, '.chip')} === 'running' && !{row(others)}")
    new = submitted("ann", key)
    page.until(f"{in_row(new, '.chip')} === 'running'")
    page.see("location.hash = '#/'")
    page.until("document.querySelector('.note')?.textContent.includes('your own jobs')")


def test_without_a_live_transport_it_polls_and_says_so(submit: Submit, tab: Tab, gate: Gate, brand: str) -> None:
    job = submit("diagnose", brand=brand)
    page = tab("/#/jobs", script="delete window.WebSocket; delete window.ReadableStream")
    page.until(f"{in_row(job, '.chip')} === 'running' && {STATE} === 'polling' && {there('#banner')}")
    gate("one", "two")
    page.until(f"{in_row(job, '.percent')} === '33.0%'")
    page.see(f"location.hash = '#/jobs/{job}'")
    page.until(f"{KEYS} === 'one,two'")
    gate("three")
    page.until(f"{KEYS} === 'one,two,three'")
