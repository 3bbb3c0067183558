"""The dashboard in a real Chromium against a real server: jobs move, are found, cancelled, retried, and fail kindly."""

import json
from collections.abc import Callable

import httpx
import pytest

from browser.browser_jobs import EVIL
from browser.looking import KEYS, LIVE, in_row, row, shown, there
from support.browser import Page
from support.server import ServerProcess

Submit, Tab, Gate = Callable[..., str], Callable[..., Page], Callable[..., None]


def test_a_job_moves_in_the_list_without_a_reload(submit: Submit, tab: Tab, gate: Gate, brand: str) -> None:
    page = tab("/#/jobs")
    page.until(LIVE)
    page.see("window.stays = true")
    first = submit("hold")
    job = submit("diagnose", brand=brand)
    page.until(f"{in_row(job, '.chip')} === 'running' && {in_row(job, '.stage')} === 'Asking platforms'")
    gate("one")
    page.until(f"{in_row(job, '.percent')} === '16.5%' && {in_row(job, '.message')} === '1/3 answered'")
    assert page.see(f"{row(job)}.querySelector('progress').value") == 16.5
    gate("two", "three", "ranked", "done")
    page.until(f"{in_row(job, '.chip')} === 'completed' && {in_row(job, '.percent')} === '100%'")
    assert page.see("window.stays"), "the document is still the same"
    order = page.see("[...document.querySelectorAll('.row')].map((node) => node.dataset.job)")
    assert order[:2] == [job, first], "newest first"


def test_an_opened_job_shows_stages_partial_results_in_order_and_the_result(
    submit: Submit, tab: Tab, gate: Gate, brand: str
) -> None:
    job = submit("diagnose", brand=brand)
    page = tab("/#/jobs")
    page.until(row(job))
    page.click(f'.row[data-job="{job}"] .name')
    page.until(f"location.hash === '#/jobs/{job}' && document.querySelectorAll('#stages li').length === 3")
    state = "[...document.querySelectorAll('#stages li')].map((node) => node.dataset.status).join()"
    page.until(f"{state} === 'running,pending,pending'")
    for number, name in enumerate(("one", "two", "three"), 1):
        gate(name)
        page.until(f"{KEYS} === '{','.join(('one', 'two', 'three')[:number])}'")
    assert '"rank": 3' in page.text("#partial")
    page.until(f"{state} === 'completed,running,pending'")
    gate("ranked", "done")
    page.until(f"{shown('job-status')} === 'completed' && {state} === 'completed,completed,completed'")
    page.until(there("#result pre"))
    assert json.loads(page.text("#result pre")) == {"brand": brand, "ranking": [brand, "another"]}
    assert not page.see(there("#cancel"))
    assert page.see("[...document.querySelectorAll('#stages .when')].every((node) => /\\d/.test(node.textContent))")
    left = page.see("[...document.querySelectorAll('#stages .stretch')].map((node) => parseFloat(node.style.left))")
    assert left == sorted(left), "one after the other on the line of time"
    page.reload()
    page.until(f"{KEYS} === 'one,two,three' && {there('#result pre')}")


def test_cancel_asks_first(submit: Submit, tab: Tab) -> None:
    job = submit("hold")
    page = tab(f"/#/jobs/{job}")
    page.until(f"{shown('job-status')} === 'running' && {there('#cancel')}")
    page.click("#cancel")
    page.until("document.getElementById('ask').open")
    page.click("#ask-no")
    page.until("!document.getElementById('ask')")
    assert page.see(shown("job-status")) == "running"
    page.click("#cancel")
    page.until("document.getElementById('ask').open")
    page.click("#ask-yes")
    page.until(f"{shown('job-status')} === 'cancelled' && !{there('#cancel')}")
    assert page.see(shown("error-title")) == "The job was cancelled"
    assert page.see(shown("job-percent")) == "reached 40.0%"
    assert page.see("document.querySelector('#job-bar progress').value") == 40


def test_retry_makes_a_new_job_and_shows_it(submit: Submit, tab: Tab) -> None:
    job = submit("out_of_quota")
    page = tab(f"/#/jobs/{job}")
    page.until(f"{shown('job-status')} === 'failed' && {there('#retry')}")
    assert page.see(shown("error-action")) == "Switch platform"
    page.click("#behind")
    page.until(f"{there('#traceback pre')}?.textContent.includes('JobError')")
    page.click("#retry")
    page.until(f"/^#\\/jobs\\/[0-9A-Z]+$/.test(location.hash) && location.hash !== '#/jobs/{job}'")
    page.until(f"{shown('job-status')} === 'failed' && {shown('job-facts')}.includes('Retry of{job}')")
    page.click("#back")
    page.until(f"{row(job)} && location.hash === '#/jobs'")


def test_what_is_tried_again_tells_of_each_attempt(submit: Submit, tab: Tab) -> None:
    job = submit("second_time")
    page = tab(f"/#/jobs/{job}")
    page.until(f"{shown('job-status')} === 'completed' && document.querySelectorAll('.events li').length > 5")
    said = page.text(".events")
    assert said.index("submitted") < said.index("failed, will retry") < said.index("completed")
    assert said.count("beginning") == 2
    assert "Attempt 2 of 2" in page.text("#job-attempt")


def test_it_says_why_a_job_waits(submit: Submit, tab: Tab) -> None:
    submit("crowded")
    submit("crowded")
    waits = submit("crowded")
    page = tab(f"/#/jobs/{waits}")
    page.until(f"{shown('job-status')} === 'waiting' && {there('#why li')}?.textContent.includes('2/2')")


@pytest.mark.promise("inert")
def test_what_a_job_says_is_text_and_never_markup(submit: Submit, tab: Tab) -> None:
    job = submit("nasty", text=EVIL)
    page = tab(f"/#/jobs/{job}")
    page.until(f"{shown('job-status')} === 'failed' && {shown('error-message')} && {KEYS}")
    page.until("document.querySelector('#params pre')")
    assert page.see(shown("error-message")) == page.see(shown("job-message")) == page.see(KEYS) == EVIL
    assert page.see(shown("error-id"))
    page.see("location.hash = '#/jobs'")
    page.until(f"{in_row(job, '.message')} === {json.dumps(EVIL)}")
    page.see("location.hash = '#/jobs?q=' + encodeURIComponent('\"><img src=x onerror=alert(1)>')")
    page.until(f"{shown('list-note')} === 'No job fits the filter.'")
    page.see("location.hash = '#/jobs/' + encodeURIComponent('<img src=x onerror=alert(1)>')")
    page.until(f"{shown('job-note')}.includes('<img src=x')")
    page.see("location.hash = '#/'")
    page.until(f"{there('#failed li')}?.textContent.includes('<script>')")
    page.see("new Promise((resolve) => setTimeout(resolve, 300))")
    assert page.see("window.hurt") is None
    assert page.see("document.querySelectorAll('body script, main img').length") == 0


def test_the_list_says_why_a_job_failed(submit: Submit, tab: Tab) -> None:
    failed, held = submit("out_of_quota"), submit("hold")
    page = tab("/#/jobs")
    page.until(f"{in_row(failed, '.stage')} === 'AI quota exhausted' && {in_row(held, '.percent')} === '40.0%'")
    right = "{}.querySelector('progress').getBoundingClientRect().right"
    assert page.see(right.format(row(failed))) == page.see(right.format(row(held)))
    page.reload()
    page.until(f"{in_row(failed, '.stage')} === 'AI quota exhausted'")


def test_filters_stand_in_the_address_and_an_id_can_be_typed(submit: Submit, tab: Tab) -> None:
    held, failed = submit("hold"), submit("out_of_quota")
    page = tab("/#/jobs")
    page.until(f"{row(held)} && {in_row(failed, '.chip')} === 'failed'")
    page.click('.segments [data-value="failed"]')
    page.until(f"!{row(held)} && {row(failed)} && location.hash === '#/jobs?status=failed'")
    page.see("(s => { s.value = 'out_of_quota'; s.dispatchEvent(new Event('change', {bubbles: true})) })"
             "(document.getElementById('filter-type'))")  # fmt: skip
    page.until("location.hash === '#/jobs?status=failed&type=out_of_quota'")
    page.reload()
    page.until(f"document.getElementById('filter-type').value === 'out_of_quota' && {row(failed)}")
    assert page.see("document.querySelector('.segments [aria-pressed=true]').dataset.value") == "failed"
    another = submit("out_of_quota")
    page.until(f"{row(another)}", 30)
    page.see("document.getElementById('find-id').focus()")
    page.call("Input.insertText", text=held)
    page.press("Enter", 13)
    page.until(f"{shown('job-id')} === '{held}' && {shown('job-status')} === 'running'")


def test_bulk_cancels_and_retries_all_that_fit(server: ServerProcess, submit: Submit, tab: Tab, brand: str) -> None:
    def tagged(kind: str) -> str:
        body = {"type": kind, "tags": [brand]}
        return str(httpx.post(f"{server.url}/v1/jobs", json=body).json()["id"])

    jobs, spared = [tagged("hold") for _ in range(5)], submit("hold")
    page = tab(f"/#/jobs?tag={brand}")
    page.until(f"document.querySelectorAll('.row').length === 5 && !{row(spared)}")
    page.click("#bulk-cancel")
    page.until("document.getElementById('ask').open")
    assert "Cancel 5 jobs?" in page.text("#ask-title")
    page.click("#ask-yes")
    page.until("[...document.querySelectorAll('.row .chip')].every((chip) => chip.textContent === 'cancelled')")
    page.until("document.querySelector('.notices').textContent.includes('5 cancelled, 0 could not be')")
    assert httpx.get(f"{server.url}/v1/jobs/{spared}").json()["status"] == "running"
    page.until("document.getElementById('bulk-retry')")
    page.click("#bulk-retry")
    page.until("document.getElementById('ask')?.open")
    page.click("#ask-yes")
    page.until("document.querySelectorAll('.row').length === 10")
    page.until("document.querySelectorAll('.row .chip[data-status=running]').length === 5")
    made = httpx.get(f"{server.url}/v1/jobs", params={"tag": brand, "status": "running"}).json()["items"]
    assert {job["retry_of"] for job in made} == set(jobs)
    for job in made:
        httpx.post(f"{server.url}/v1/jobs/{job['id']}/cancel")


def test_large_values_are_fetched_and_cut_with_a_way_to_all_of_them(submit: Submit, tab: Tab) -> None:
    job = submit("large")
    page = tab(f"/#/jobs/{job}")
    page.until("document.querySelector('#partial pre')?.textContent.length === 40002")
    page.until("document.querySelector('#result pre')?.textContent.length === 100000")
    page.click("#result .link")
    page.until("document.querySelector('#result pre')?.textContent.length === 200002")
