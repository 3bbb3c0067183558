"""Each page of the dashboard in a real Chromium: what it shows, what can be done there, how it looks, in which language.

The pictures lie in the temporary folder of the test (`--basetemp` says where).
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser.looking import LIVE, in_row, row, shown, there
from support.browser import Page
from support.server import ServerProcess

Submit, Tab = Callable[..., str], Callable[..., Page]

# Each page with what is there once it has been drawn.
PAGES = {
    "overview": "#tiles .tile b, #charts canvas",
    "jobs": ".row",
    "job": "#stages li",
    "types": "#types article",
    "types/form": "#submit #field-brand",
    "schedules": "#schedules tbody tr",
    "connections": "#connections tbody tr",
    "alerts": "#rules tbody tr",
    "report": "#report .facts",
}
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "phone": {"width": 390, "height": 844},
    "small": {"width": 320, "height": 640, "language": "zh-CN"},
    "dark": {"dark": True, "language": "zh-CN"},
}
NAMED = ("button", "link", "combobox", "textbox", "progressIndicator", "progressbar", "searchbox", "table", "checkbox")


def seed(server: ServerProcess) -> str:
    """Something of everything; returns a job that has failed."""
    made = [
        httpx.post(f"{server.url}/v1/jobs", json={"type": kind, "params": params, "owner": "ann", "tags": ["looks"]}).json()[
            "id"
        ]
        for kind, params in (("form", {"brand": "ab"}), ("hold", {"text": "x" * 400}), ("nasty", {"text": "y" * 300}))
    ]
    httpx.post(f"{server.url}/v1/jobs/{made[1]}/cancel")
    return str(made[-1])


@pytest.mark.parametrize("look", LOOKS)
def test_each_page_fits_and_everything_has_a_name(server: ServerProcess, tab: Tab, tmp_path: Path, look: str) -> None:
    failed = seed(server)
    page = tab("/", **LOOKS[look])
    chinese = LOOKS[look].get("language") == "zh-CN"
    background = "getComputedStyle(document.body).backgroundColor"
    page.until(LIVE)
    assert page.see(f"/^rgb\\((\\d+)/.exec({background})[1] < 60") is (look == "dark")
    for name, drawn in PAGES.items():
        page.see(f"location.hash = '#/{f'jobs/{failed}' if name == 'job' else name}'")
        page.until(f"{there(drawn)} && !document.querySelector('main .empty')?.textContent.includes('Loading')")
        page.until("document.documentElement.scrollWidth <= innerWidth")
        page.shot(tmp_path / f"{look}-{name.replace('/', '-')}.png")
        assert (tmp_path / f"{look}-{name.replace('/', '-')}.png").stat().st_size > 10_000
        said = page.text("main h1")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in said) is (chinese and name != "job"), said
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        worked = [node for node in nodes if not node.get("ignored") and node.get("role", {}).get("value") in NAMED]
        assert len(worked) > 8
        assert not [node for node in worked if not node.get("name", {}).get("value")], name


def test_when_a_job_will_end_is_told_once_runs_have_taught_it(
    server: ServerProcess, submit: Submit, tab: Tab, tmp_path: Path
) -> None:
    for _ in range(12):
        httpx.post(f"{server.url}/v1/jobs?wait=20", json={"type": "even"})
    job = submit("even", name="even.goes.on")
    page = tab(f"/#/jobs/{job}")
    page.until("/about \\d+ (s|min)/.test(document.querySelector('#job-attempt')?.textContent)")
    page.shot(tmp_path / "remaining.png")
    page.see("location.hash = '#/overview'")
    page.until(f"/about \\d+ (s|min)/.test(document.querySelector('#moving [data-job=\"{job}\"] .message')?.textContent)")


def test_the_overview_says_whether_all_is_well(server: ServerProcess, submit: Submit, tab: Tab) -> None:
    page = tab()
    page.until(f"{LIVE} && {there('#verdict')}?.dataset.level === 'good'")
    job = submit("hold")
    page.until(f"document.querySelector('#moving [data-job=\"{job}\"] progress')?.value === 40")
    running = "document.querySelector('#tiles .tile-value').textContent"
    page.until(f"{running} === '1'")
    httpx.post(f"{server.url}/v1/types/hold/pause")
    page.until(f"{there('#verdict')}.dataset.level === 'warn' && {shown('verdict')}.includes('hold are paused')")
    httpx.post(f"{server.url}/v1/types/hold/resume")
    page.until(f"{there('#verdict')}.dataset.level === 'good'")
    page.until("document.querySelectorAll('#charts canvas').length === 4")
    failed = submit("out_of_quota")
    listed = there(f'#failed [data-job="{failed}"]')
    page.until(f"{listed}?.textContent.includes('AI quota exhausted')")


def test_a_form_is_made_of_the_schema_and_says_what_is_wrong_where(tab: Tab) -> None:
    page = tab("/#/types/form")
    page.until(f"{there('#field-brand')} && {there('#field-more')}?.tagName === 'TEXTAREA'")
    page.see("document.getElementById('field-brand').focus()")
    page.call("Input.insertText", text="a")
    page.click("#submit-send")
    page.until(f"{there('#field-brand')}.getAttribute('aria-invalid') === 'true' && {shown('field-brand-hint')}.includes('2')")
    page.call("Input.insertText", text="b")
    page.see("document.getElementById('field-brand').focus()")
    page.call("Input.insertText", text="bc")
    page.see("document.getElementById('field-rivals').focus()")
    page.call("Input.insertText", text="one\n two \n")
    page.see("(s => { s.value = JSON.stringify('deep'); s.dispatchEvent(new Event('change', {bubbles: true})) })"
             "(document.getElementById('field-depth'))")  # fmt: skip
    page.click("#field-loud")
    page.see("document.getElementById('field-more').focus()")
    page.call("Input.insertText", text='{"a": [1, ')
    page.click("#submit-send")
    page.until(f"{shown('field-more-hint')}.includes('This is not JSON')")
    page.see("document.getElementById('field-more').focus()")
    page.call("Input.insertText", text="2]}")
    page.click("#submit-send")
    page.until(f"location.hash.startsWith('#/jobs/') && {there('#result pre')} && {there('#params pre')}")
    assert json.loads(page.text("#result pre")) == {
        "brand": page.see("JSON.parse(document.querySelector('#params pre').textContent).brand"),
        "rivals": ["one", "two"], "depth": "deep", "rounds": 3, "weight": None, "loud": True, "more": {"a": [1, 2]},
    }  # fmt: skip


def test_types_are_paused_and_schedules_run(server: ServerProcess, tab: Tab) -> None:
    page = tab("/#/types")
    page.until(there('[data-type="crowded"] .pause'))
    page.click('[data-type="crowded"] .pause')
    crowded = there('[data-type="crowded"]')
    page.until(f"{crowded}.dataset.paused === 'true'")
    assert [one["paused"] for one in httpx.get(f"{server.url}/v1/types").json()["items"] if one["type"] == "crowded"] == [True]
    page.click('[data-type="crowded"] .pause')
    page.until(f"{crowded}.dataset.paused === 'false'")
    page.see("location.hash = '#/schedules'")
    page.until(there("[data-run=leap_day]"))
    page.click("[data-run=leap_day]")
    page.until("document.querySelector('#schedules td a[href^=\"#/jobs/\"]')")
    ran = httpx.get(f"{server.url}/v1/jobs", params={"tag": "schedule:leap_day"}).json()["items"]
    assert len(ran) == 1, "once, whatever became of the request"
    httpx.post(f"{server.url}/v1/jobs/{ran[0]['id']}/cancel")
    page.click("[data-pause=leap_day]")
    page.until(f"{shown('schedules')}.includes('paused')")
    page.click("[data-pause=leap_day]")
    page.until(f"!{shown('schedules')}.includes('paused')")


def test_alerts_are_tried_and_the_report_is_saved(tab: Tab) -> None:
    page = tab("/#/alerts")
    page.until(there("#test-alerts"))
    page.click("#test-alerts")
    page.until("document.querySelector('.notices').textContent.includes('log: the test message arrived')")
    page.see("location.hash = '#/report'")
    page.until(f"{there('#report')}?.textContent.includes('no data')")
    page.click("#report-save")
    page.until("document.querySelector('.notices').textContent.includes('Saved: warmup-report.json')")
    page.see("location.hash = '#/connections'")
    page.until(f"{there('#connections tbody tr')}?.textContent.includes('WebSocket')")


def test_language_and_colours_are_chosen_and_kept(submit: Submit, tab: Tab) -> None:
    job = submit("out_of_quota")
    page = tab(f"/#/jobs/{job}", language="zh-CN")
    page.until(f"{there('#error-title')}?.textContent === 'AI 配额已用尽' && {shown('error-action')} === '切换平台'")
    assert page.see("document.documentElement.lang") == "zh-CN"
    assert page.see(shown("job-percent")) == "曾到 35.0%"
    page.click("#language")
    page.until(f"{shown('error-title')} === 'AI quota exhausted' && {shown('job-status')} === 'failed'")
    page.click("#theme")
    dark = "getComputedStyle(document.documentElement).colorScheme === 'dark'"
    page.until(dark)
    page.reload()
    page.until(
        f"{there('#error-title')}?.textContent === 'AI quota exhausted' && document.documentElement.lang === 'en' && {dark}"
    )
    page.see("localStorage.clear()")


def test_the_list_is_walked_by_keys(submit: Submit, tab: Tab) -> None:
    older, newer = submit("hold"), submit("hold")
    page = tab("/#/jobs")
    page.until(f"{LIVE} && {row(older)} && {row(newer)}")
    page.see("document.getElementById('list').focus()")
    here = "document.activeElement.closest('.row')?.dataset.job"
    page.press("ArrowDown", 40)
    page.until(f"{here} === '{newer}'")
    page.press("ArrowDown", 40)
    page.until(f"{here} === '{older}'")
    page.press("ArrowUp", 38)
    page.until(f"{here} === '{newer}'")
    page.press("Enter", 13)
    page.until(f"location.hash === '#/jobs/{newer}'")


def test_a_page_that_stays_open_for_days_holds_the_newest(submit: Submit, tab: Tab) -> None:
    """Above 30,000 jobs the oldest are let go; who scrolls there reads them again."""
    old = submit("hold")
    page = tab("/#/jobs?type=hold")
    page.until(f"{LIVE} && {row(old)}")
    page.see("""import(new URL('static/app/board.js', document.baseURI)).then(({ board }) => {
        const item = board.newest(1, (one) => one.type === 'hold')[0], begin = Date.now() + 1000
        for (let at = 0; at < 30_001; at += 1)
            board.take({ ...item, id: `made-up-${at}`, created_at: new Date(begin + at).toISOString() })
    })""")
    page.until(f"/^10,0\\d\\d read/.test({shown('count')}) && !{row(old)}")
    page.see("(list => { list.scrollTop = list.scrollHeight })(document.getElementById('list'))")
    page.until(f"{row(old)} && !{shown('count')}.includes('10,0')")


@pytest.fixture
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def test_ten_thousand_jobs_stay_smooth(http: httpx.Client, tab: Tab) -> None:
    """Few rows are in the document however many jobs there are; the last is reached; what moves is drawn ten times a second at
    most."""
    http.post("/v1/types/small/pause")  # they wait: a list is what is wanted, not ten thousand runs
    for _ in range(10):
        assert http.post("/v1/batches", json={"jobs": [{"type": "small"}] * 1000}).status_code == 202
    page = tab("/#/jobs?type=small")
    page.until(f"{LIVE} && document.querySelectorAll('.row').length > 10")
    page.see("""void (window.scrolling = setInterval(() => {
        const list = document.getElementById('list'); list.scrollTop = list.scrollHeight
    }, 50))""")
    page.until("document.getElementById('list').getAttribute('aria-rowcount') === '10000'")
    last = there('.row[data-at="9999"]')
    page.until(last)
    page.see("clearInterval(window.scrolling)")
    assert page.see("document.querySelectorAll('.row').length") < 80
    assert page.text("#count") == "10,000 jobs"
    page.see("document.getElementById('list').scrollTop = 0")
    page.until(there('.row[data-at="0"]'))
    page.see("""window.drawn = 0; window.began = performance.now(); new MutationObserver(() => { window.drawn += 1 })
        .observe(document.getElementById('count'), { subtree: true, childList: true, characterData: true })""")
    new = [http.post("/v1/jobs", json={"type": "small"}).json()["id"] for _ in range(100)]
    page.until(f"{shown('count')} === '10,100 jobs' && {in_row(new[-1], '.chip')} === 'waiting'")
    drawn, seconds = page.see("[window.drawn, (performance.now() - window.began) / 1000]")
    # Each job changes the count; by itself the page draws once a second more, and once at the beginning and at the end.
    assert 0 < drawn <= 11 * seconds + 2
    assert page.see("document.querySelector('.row').dataset.job") == new[-1]
    http.post(f"/v1/jobs/{new[-1]}/cancel")
    page.until(f"{in_row(new[-1], '.chip')} === 'cancelled'")
