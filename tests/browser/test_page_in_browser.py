"""The page in a real Chromium against a real server: jobs move, end, fail kindly, and survive the server's death."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser.browser_jobs import EVIL
from support.browser import Page
from support.server import ServerProcess

Submit, Tab, Gate = Callable[..., str], Callable[..., Page], Callable[..., None]
LIVE = "document.getElementById('link').dataset.state === 'live'"
OF_THE_SDKS = {"ask", "feed", "dead"}  # what a vector expects that the page does not do
# What the SDKs do and the page's own session does not yet; they go with it when the page moves to the SDK.
NOT_YET = {
    "51-batch-refused", "56-token-asked-at-each-connection", "57-token-renewed-on-a-live-socket",
    "61-poll-answer-without-hello", "68-wrong-fields", "82-another-history-on-an-old-link",
}  # fmt: skip
VECTORS = sorted((Path(__file__).parents[1] / "contract" / "vectors").glob("*.json"))


def row(job: str) -> str:
    return f"document.querySelector('[data-job=\"{job}\"]')"


def in_row(job: str, selector: str) -> str:
    return f"{row(job)}.querySelector('{selector}').textContent"


def shown(name: str) -> str:
    return f"document.getElementById('{name}').textContent"


KEYS = "[...document.querySelectorAll('#partial h4')].map((node) => node.textContent).join()"


def test_a_job_moves_in_the_list_without_a_reload(server: ServerProcess, submit: Submit, tab: Tab, gate: Gate) -> None:
    page = tab()
    page.until(LIVE)
    page.see("window.stays = true")
    first = submit("hold")
    job = submit("diagnose", brand="X")
    page.until(f"{in_row(job, '.chip')} === 'running' && {in_row(job, '.stage')} === 'Asking platforms'")
    gate("one")
    page.until(f"{in_row(job, '.percent')} === '16.5%' && {in_row(job, '.message')} === '1/3 answered'")
    assert page.see(f"{row(job)}.querySelector('progress').value") == 16.5
    gate("two", "three", "ranked", "done")
    page.until(f"{in_row(job, '.chip')} === 'completed' && {in_row(job, '.percent')} === '100%'")
    assert page.see("window.stays"), "the document is still the same"
    order = page.see("[...document.querySelectorAll('#list > li')].map((node) => node.dataset.job)")
    assert order == [job, first], "newest first"


def test_an_opened_job_shows_stages_partial_results_in_order_and_the_result(submit: Submit, tab: Tab, gate: Gate) -> None:
    job = submit("diagnose", brand="X")
    page = tab()
    page.until(row(job))
    page.click(f'[data-job="{job}"] .name')
    page.until(f"location.hash === '#job={job}' && document.querySelectorAll('#stages li').length === 3")
    state = "[...document.querySelectorAll('#stages li')].map((node) => node.dataset.status).join()"
    page.until(f"{state} === 'running,pending,pending'")
    for number, name in enumerate(("one", "two", "three"), 1):
        gate(name)
        page.until(f"{KEYS} === '{','.join(('one', 'two', 'three')[:number])}'")
    assert '"rank": 3' in page.text("#partial")
    page.until(f"{state} === 'completed,running,pending'")
    gate("ranked", "done")
    page.until(f"{shown('job-status')} === 'completed' && {state} === 'completed,completed,completed'")
    assert json.loads(page.text("#result pre")) == {"brand": "X", "ranking": ["X", "another"]}
    assert page.see("document.getElementById('cancel').disabled")
    assert page.see(KEYS) == "one,two,three"
    page.reload()
    page.until(f"{KEYS} === 'one,two,three' && document.querySelector('#result pre')")


def test_a_server_with_keys_is_opened_with_one(server: ServerProcess, submit: Submit, tab: Tab) -> None:
    job = submit("hold")
    made = httpx.post(f"{server.url}/v1/keys", json={"name": "page", "scopes": ["watch", "operate"]}).json()
    page = tab()
    page.until("document.getElementById('door').open")
    assert page.see("document.querySelectorAll('#list > li').length") == 0
    page.see("document.getElementById('door-key').value = 'jk_wrong_key'")
    page.leave_by("document.getElementById('door-open').click()")
    page.until("document.getElementById('door')?.open && !document.getElementById('door-wrong').hidden")
    page.see(f"document.getElementById('door-key').value = {json.dumps(made['key'])}")
    page.leave_by("document.getElementById('door-open').click()")
    page.until(f"{LIVE} && {row(job)} !== null")
    assert not page.see("document.getElementById('door').open")


def test_cancel_asks_first(submit: Submit, tab: Tab) -> None:
    job = submit("hold")
    page = tab(f"/#job={job}")
    page.until(f"{shown('job-status')} === 'running'")
    page.click("#cancel")
    page.until("document.getElementById('ask').open")
    page.click("#ask-no")
    page.until("!document.getElementById('ask').open")
    assert page.see(shown("job-status")) == "running"
    page.click("#cancel")
    page.until("document.getElementById('ask').open")
    page.click("#ask-yes")
    page.until(f"{shown('job-status')} === 'cancelled' && document.getElementById('cancel').disabled")
    assert page.see(shown("error-title")) == "The job was cancelled"
    assert page.see(shown("job-percent")) == "reached 40.0%"
    assert page.see("document.getElementById('job-bar').value") == 40


@pytest.mark.promise("inert")
def test_what_a_job_says_is_text_and_never_markup(submit: Submit, tab: Tab) -> None:
    job = submit("nasty", text=EVIL)
    page = tab(f"/#job={job}")
    page.until(f"{shown('job-status')} === 'failed' && {shown('error-message')} && {KEYS}")
    page.until("document.querySelector('#params pre')")
    assert page.see(shown("error-message")) == page.see(shown("job-message")) == page.see(KEYS) == EVIL
    assert page.see(shown("error-id"))
    page.see("location.hash = 'job=' + encodeURIComponent('<img src=x onerror=alert(1)>')")
    page.until(f"{shown('job-note')} === 'Not found'  || {shown('job-note')}.includes('does not exist')")
    page.see("new Promise((resolve) => setTimeout(resolve, 300))")
    assert page.see("window.hurt") is None
    assert page.see("document.querySelectorAll('body script, main img').length") == 0


def test_killed_and_started_again_the_page_goes_on_by_itself(
    server: ServerProcess, submit: Submit, tab: Tab, gate: Gate
) -> None:
    other, job = submit("hold"), submit("diagnose", brand="X")
    gate("one")
    page = tab(f"/#job={job}")
    page.until(f"{LIVE} && {KEYS} === 'one'")
    page.see("window.stays = true")
    server.kill()
    page.until("document.getElementById('link').dataset.state === 'reconnecting'")
    assert page.see(KEYS) == "one", "what was seen stays"
    gate("two")
    server.start()
    page.until(f"{LIVE} && {KEYS} === 'one,two'")
    gate("three", "ranked", "done")
    page.until(f"{shown('job-status')} === 'completed'")
    assert page.see(KEYS) == "one,two,three"
    jobs = page.see("[...document.querySelectorAll('#list > li')].map((node) => node.dataset.job)")
    assert jobs == [job, other]
    assert page.see("window.stays")


NO_SOCKET = """
    window.RealSocket = WebSocket;
    window.WebSocket = class { static OPEN = 1; readyState = 0; close() {} };
"""


def test_without_a_socket_it_polls_and_says_so_and_comes_up_again(submit: Submit, tab: Tab, gate: Gate) -> None:
    job = submit("diagnose", brand="X")
    page = tab(f"/#job={job}", script=NO_SOCKET)
    page.until(f"{row(job)} && {shown('job-status')} === 'running'", 6)
    assert page.see("document.getElementById('link').dataset.state") != "live"
    page.until("document.getElementById('link').dataset.state === 'polling'")
    gate("one", "two")
    page.until(f"{KEYS} === 'one,two'")
    page.see("window.WebSocket = window.RealSocket; dispatchEvent(new Event('online'))")
    page.until(LIVE)
    gate("three")
    page.until(f"{KEYS} === 'one,two,three'")


def test_the_list_says_why_a_job_failed_and_its_marks_stand_below_each_other(submit: Submit, tab: Tab) -> None:
    failed, held = submit("out_of_quota"), submit("hold")
    page = tab(f"/#job={held}")
    page.until(f"{in_row(failed, '.stage')} === 'AI quota exhausted' && {in_row(held, '.percent')} === '40.0%'")
    right = "{}.querySelector('.chip').getBoundingClientRect().right"
    assert page.see(right.format(row(failed))) == page.see(right.format(row(held)))
    page.reload()
    page.until(f"{in_row(failed, '.stage')} === 'AI quota exhausted'")


def test_filters_stand_in_the_address_and_an_id_can_be_typed(submit: Submit, tab: Tab) -> None:
    held, failed = submit("hold"), submit("out_of_quota")
    page = tab()
    page.until(f"{row(held)} && {in_row(failed, '.chip')} === 'failed'")
    page.see("(s => { s.value = 'failed'; s.dispatchEvent(new Event('change', {bubbles: true})) })"
             "(document.getElementById('filter-status'))")  # fmt: skip
    page.until(f"!{row(held)} && {row(failed)} && location.search === '?status=failed'")
    page.reload()
    page.until(f"document.getElementById('filter-status').value === 'failed' && {row(failed)}")
    page.see("document.getElementById('find-id').focus()")
    page.call("Input.insertText", text=held)
    page.press("Enter", 13)
    page.until(f"{shown('job-id')} === '{held}' && {shown('job-status')} === 'running'")


def test_both_languages_and_the_choice_is_kept(submit: Submit, tab: Tab) -> None:
    job = submit("out_of_quota")
    page = tab(f"/#job={job}", language="zh-CN")
    page.until(f"{shown('error-title')} === 'AI 配额已用尽' && {shown('error-action')} === '切换平台'")
    assert page.see("document.documentElement.lang") == "zh-CN"
    assert page.see(shown("job-percent")) == "曾到 35.0%"
    page.click("#language")
    page.until(f"{shown('error-title')} === 'AI quota exhausted' && {shown('job-status')} === 'failed'")
    page.reload()
    page.until(f"{shown('error-title')} === 'AI quota exhausted' && document.documentElement.lang === 'en'")


def test_large_values_are_fetched_and_cut_with_a_way_to_all_of_them(submit: Submit, tab: Tab) -> None:
    job = submit("large")
    page = tab(f"/#job={job}")
    page.until("document.querySelector('#partial pre')?.textContent.length === 40002")
    page.until("document.querySelector('#result pre')?.textContent.length === 100000")
    assert page.see("document.querySelector('#result a').getAttribute('href')").endswith(f"/v1/jobs/{job}/result")


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_needs_no_sideways_scrolling(submit: Submit, tab: Tab, width: int) -> None:
    held, long = submit("hold", text="x" * 400), submit("nasty", text="y" * 300)
    page = tab(width=width, height=844)
    fits = "document.documentElement.scrollWidth <= innerWidth && innerWidth"
    page.until(f"{row(held)} && {in_row(long, '.chip')} === 'failed'")
    assert page.until(fits) == width
    page.click(f'[data-job="{long}"] .name')
    page.until(f"{shown('error-title')} && document.querySelector('#partial pre')")
    assert page.until(fits) == width
    page.click("#back")
    page.until(f"document.getElementById('job').hidden && {row(held)}.offsetHeight > 0")


def test_everything_that_is_worked_or_watched_has_a_name(submit: Submit, tab: Tab) -> None:
    job = submit("diagnose", brand="X")
    page = tab(f"/#job={job}")
    page.until("document.querySelectorAll('#stages li').length === 3")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    worked = [node for node in nodes if node.get("role", {}).get("value") in
              ("button", "link", "combobox", "textbox", "progressIndicator", "progressbar", "searchbox")]  # fmt: skip
    assert len(worked) > 8
    assert not [node for node in worked if not node.get("name", {}).get("value")]
    assert page.see("document.getElementById('link').getAttribute('aria-live')") == "polite"


REPLAY = """
(async (vectors) => {
  const { Session } = await import(new URL('static/session.js', document.baseURI));
  const same = (wanted, seen) => JSON.stringify(wanted) === JSON.stringify(seen);
  const sorted = (value) => Array.isArray(value) ? value.map(sorted) : value && typeof value === 'object'
    ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value;
  const view = (output) => ({ ...output.state, is_end: output.state?.is_completed, ...output });
  const part = (wanted, seen) => Object.entries(wanted).every(([key, value]) => same(sorted(value), sorted(seen?.[key])));
  const wrong = [];
  for (const vector of vectors) {
    const session = new Session({ jobs: vector.jobs, token: vector.token });
    for (const [number, step] of vector.steps.entries()) {
      let outputs = [], verdict = {};
      const at = step.at ?? 0;
      if (step.in === 'open') session.opened(at);
      else if ('close' in step.in) verdict = session.closed(step.in.close, at);
      else if ('snapshot' in step.in) outputs = session.snapshot(step.in.snapshot, at);
      else outputs = session.received(step.in.text ?? JSON.stringify(step.in.frame), at);
      const sent = session.outgoing().map((text) => JSON.parse(text));
      const jobs = [...session.held];
      const by = (what) => Object.fromEntries(jobs.map(([job, held]) => [job, what(held)]));
      const updates = outputs.filter((o) => ['progress', 'result', 'complete', 'error'].includes(o.kind)).map(view);
      const results = (held) => Object.fromEntries([...held.results].map(([key, entry]) => [key, entry.data ?? null]));
      const link = 'stop' in verdict ? 'stop' : verdict.done ? 'done' : 'delay' in verdict ? 'wait' : undefined;
      const checks = {
        updates: (wanted) => wanted.length === updates.length && wanted.every((one, at) => part(url(one), url(updates[at]))),
        problems: (wanted) => same(wanted, outputs.filter((o) => o.kind === 'problem').map(({ job, code }) => ({ job, code }))),
        send: (wanted) => same(sorted(wanted), sorted(sent)),
        cursor: (wanted) => part(wanted, by((held) => held.seq)),
        results: (wanted) => part(wanted, by(results)),
        progress: (wanted) => part(wanted, by((held) => held.state.progress ?? null)),
        state: (wanted) => Object.entries(wanted).every(([job, fields]) => part(fields, session.held.get(job).state)),
        epoch: (wanted) => wanted === session.epoch, live: (wanted) => wanted === session.live,
        leaving: (wanted) => wanted === session.leaving, over: (wanted) => wanted === session.over,
        dead_at: (wanted) => wanted === session.deadAt, link: (wanted) => wanted === link,
        code: (wanted) => wanted === verdict.stop,
        delay: ([least, most]) => verdict.delay >= least && verdict.delay <= most,
      };
      const url = (one) => { const { result_url, ...rest } = one; return result_url ? { ...rest, url: result_url } : rest; };
      for (const [name, wanted] of Object.entries(step.expect ?? {}))
        if (!checks[name](wanted)) wrong.push(`${vector.name}, step ${number + 1}, ${name}: ${JSON.stringify({
          wanted, updates, sent, verdict, held: by((held) => [held.seq, held.over, results(held)]) })}`);
    }
  }
  return wrong;
})
"""


def test_its_session_replays_the_shared_vectors(tab: Tab) -> None:
    """Those that speak of what the page does: neither of pace, nor of the ladder, feeds, batches and renewal of the SDKs."""
    vectors: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in VECTORS]
    of_a_watch = [
        vector
        for vector in vectors
        if vector.get("jobs") and not vector.keys() & {"kind", "pace"} and vector["name"] not in NOT_YET
    ]
    used = [vector for vector in of_a_watch if not any(OF_THE_SDKS & step.get("expect", {}).keys() for step in vector["steps"])]
    assert len(used) >= 40
    wrong = tab().see(f"{REPLAY}({json.dumps(used)})")
    assert not wrong, "\n".join(wrong)
