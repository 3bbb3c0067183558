"""The JavaScript client in a real Chromium, as the ES modules that it is written in, on a page of another origin."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from support.browser import Browser, Page
from support.javascript import NO_PACKAGES, SDK, has_packages
from support.node import NO_NODE
from support.node import found as node
from support.server import ServerProcess

Tab = Callable[..., Page]
RESULTS = 60
KEYS = ",".join(f"k{number}" for number in range(RESULTS))

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Watching</title>
<progress id="bar"></progress><div id="drawn"></div>
<script type="module" nonce="ours">
import { createClient } from '/src/index.js'
import { progressBar } from '/src/bar.js'
const query = new URLSearchParams(location.search)
window.states = []
window.make = (more = {}) => {
  const client = createClient({ baseUrl: query.get('server'), lang: 'en', ...more })
  client.on('state', (state, transport) => window.states.push(transport ? `${state}(${transport})` : state))
  return client
}
window.follow = (id, client = window.jindu) => {
  const seen = { keys: [], seqs: [], end: null, stale: [] }
  client.watch(id, progressBar('#bar', {
    onPartial: (update) => seen.keys.push(update.key),
    onUpdate: (update) => seen.seqs.push(update.seq),
    onDone: (update) => { seen.end = update.status },
    onError: (error) => { seen.end = error.code },
    onStale: (stale) => seen.stale.push(stale),
  }))
  return (window.seen = seen)
}
window.jindu = window.make()
window.ready = true
if (query.get('job')) window.follow(query.get('job'))
</script>"""

WORKER = """
import { createClient } from '/src/index.js'
const server = new URL(location.href).searchParams.get('server')
const jindu = createClient({ baseUrl: server, lang: 'en' })
self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    const keys = []
    jindu.watch(data, {
      onPartial: (update) => keys.push(update.key),
      onUpdate: ({ status }) => port.postMessage({ keys, status, transport: jindu.transport }),
    })
  }
}
"""


def readme_page(server: str) -> str:
    """The page that the README shows."""
    [page] = re.findall(r"```html\n(.*?)```", (SDK / "README.md").read_text(), re.DOTALL)
    assert len(page.strip().splitlines()) <= 10
    return f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script>SERVER = "{server}"</script>{page}'


class Pages(BaseHTTPRequestHandler):
    """The page, the worker and the client's modules. `?csp=` asks for a policy."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        kind, text = "text/javascript", ""
        if url.path == "/page":
            kind, text = "text/html; charset=utf-8", PAGE
        elif url.path == "/worker.js":
            text = WORKER
        elif url.path == "/readme":
            kind, text = "text/html; charset=utf-8", readme_page(parse_qs(url.query)["server"][0])
        elif url.path == "/jindu.iife.js":
            text = (SDK / "dist" / "jindu.iife.js").read_text()
        elif (SDK / url.path[1:]).is_file() and url.path.startswith("/src/"):
            text = (SDK / url.path[1:]).read_text()
        body = text.encode()
        self.send_response(200 if text else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for policy in parse_qs(url.query).get("csp", []):
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    """The origin of the pages."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as listening:
        thread = Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()
        thread.join()


@pytest.fixture
def server(chromium: Browser, pages: str, tmp_path: Path) -> Iterator[ServerProcess]:
    env = {"JOURNEY_COUNT": str(tmp_path / "count"), "JINDU_GRACE": "4", "JINDU_CONCURRENCY": "20", "JINDU_ORIGINS": pages}
    with ServerProcess("journeys.journey_jobs:app", tmp_path, env=env) as process:
        yield process


@pytest.fixture
def watching(chromium: Browser, server: ServerProcess, pages: str) -> Iterator[Tab]:
    """Open a tab of the page; `job` is watched from the start."""
    with ExitStack() as tabs:

        def opening(**query: str) -> Page:
            page = tabs.enter_context(chromium.page())
            page.open(f"{pages}/page?{httpx.QueryParams({'server': server.url, **query})}")
            page.until("window.ready")
            return page

        yield opening


@pytest.fixture
def submit(server: ServerProcess) -> Callable[..., str]:
    def submitted(kind: str, **params: Any) -> str:
        return str(httpx.post(f"{server.url}/v1/jobs", json={"type": kind, "params": params}).json()["id"])

    return submitted


def all_is_there(page: Page) -> None:
    """The end, each partial result once and in order, and no step backwards."""
    page.until("seen.end === 'completed'")
    assert page.see("seen.keys.join()") == KEYS
    assert page.see("seen.seqs.every((seq, at) => !at || seq > seen.seqs[at - 1])")


def test_a_bar_moves_to_the_end_over_one_socket(watching: Tab, submit: Callable[..., str]) -> None:
    page = watching(job=submit("pouring", results=RESULTS, pause=0.02))
    page.until("document.getElementById('bar').value > 0 && document.getElementById('bar').dataset.status === 'running'")
    all_is_there(page)
    page.until("document.getElementById('bar').value === 100 && document.getElementById('bar').dataset.status === 'completed'")
    assert page.see("states.join()") == "connecting,live(ws)"
    assert not page.faults
    assert not [url for url in page.asked if "/v1/jobs" in url], "no call beside the socket"


def test_a_tab_behind_another_goes_on(watching: Tab, submit: Callable[..., str]) -> None:
    page = watching(job=submit("pouring", results=RESULTS, pause=0.02))
    page.until("seen.keys.length > 3")
    other = watching()
    other.call("Page.bringToFront")
    assert page.see("document.visibilityState") == "hidden"
    page.see("new Promise((resolve) => { const look = () => seen.end ? resolve() : setTimeout(look, 50); look() })")
    page.call("Page.bringToFront")
    all_is_there(page)
    assert not page.faults


def test_a_hidden_tab_is_told_and_asks_on_return(watching: Tab, submit: Callable[..., str]) -> None:
    """Timers of a hidden page are held up; on return the link is asked, and is not dropped if it answers."""
    page = watching(job=submit("pouring", results=RESULTS, pause=0.02))
    page.until("seen.keys.length > 3")
    page.see("""(() => {
        window.hidden_ = true
        Object.defineProperty(document, 'hidden', { get: () => window.hidden_, configurable: true })
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
    })()""")
    before = page.see("seen.keys.length")
    page.until(f"seen.keys.length > {before}")
    page.see("(() => { window.hidden_ = false; document.dispatchEvent(new Event('visibilitychange', { bubbles: true })) })()")
    all_is_there(page)
    assert page.see("states.join()") == "connecting,live(ws),suspect,live(ws)"


def test_offline_pauses_and_online_comes_back(watching: Tab, submit: Callable[..., str]) -> None:
    page = watching()
    link = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.call("Network.emulateNetworkConditions", offline=True, **link)
    page.until("!navigator.onLine")
    page.see(f"void follow({json.dumps(submit('pouring', results=RESULTS, pause=0.01))})")
    page.until("jindu.state === 'paused'")
    page.call("Network.emulateNetworkConditions", offline=False, **link)
    all_is_there(page)
    assert page.see("states.filter((state) => state.startsWith('live')).join()") == "live(ws)"


def test_a_policy_that_forbids_sockets_leaves_the_stream(
    watching: Tab, server: ServerProcess, submit: Callable[..., str]
) -> None:
    policy = f"default-src 'self' data:; script-src 'self' 'nonce-ours'; connect-src {server.url}"
    page = watching(job=submit("pouring", results=RESULTS, pause=0.05), csp=policy)
    all_is_there(page)
    assert page.see("states.filter((state) => state.startsWith('live')).join()") == "live(stream)"
    assert all("Content Security Policy" in fault for fault in page.faults)


def test_six_event_sources_do_not_starve_it(watching: Tab, server: ServerProcess, submit: Callable[..., str]) -> None:
    """The page's own six hold all connections that a browser gives a server; a socket is none of them."""
    page = watching()
    held = submit("stubborn")
    address = f"{server.url}/v1/stream?channels=job:{held}@0"
    page.see(f"""Promise.all(Array.from({{ length: 6 }}, () => new Promise((resolve) => {{
        const source = new EventSource({json.dumps(address)})
        source.onmessage = resolve
    }})))""")
    page.see(f"void follow({json.dumps(submit('pouring', results=RESULTS, pause=0.01))})")
    all_is_there(page)
    assert page.see("states.join()") == "connecting,live(ws)"


def test_eight_clients_without_sockets_share_what_connections_there_are(watching: Tab, submit: Callable[..., str]) -> None:
    page = watching()
    jobs = [submit("pouring", results=5, pause=0.3) for _ in range(8)]
    page.see(f"""window.all = {json.dumps(jobs)}.map((id) => {{
        const client = make({{ transports: ['stream', 'longpoll', 'poll'] }})
        return client.watch(id)
    }}); void Promise.all(all.map((one) => one.result)).then((ends) => {{ window.ends = ends.map((end) => end.result) }})""")
    page.until("window.ends")
    assert page.see("ends.join()") == "5,5,5,5,5,5,5,5"
    assert page.see("states.includes('live(stream)') && states.includes('live(poll)')")


def test_a_reload_in_the_middle_shows_all_of_it_again(watching: Tab, submit: Callable[..., str]) -> None:
    page = watching(job=submit("pouring", results=RESULTS, pause=0.03))
    page.until("seen.keys.length > 5")
    page.reload()
    page.until("window.ready")
    all_is_there(page)


def test_tabs_share_one_socket_through_a_worker(watching: Tab, server: ServerProcess, submit: Callable[..., str]) -> None:
    job = submit("pouring", results=RESULTS, pause=0.05)
    script = f"""(() => {{
        const worker = new SharedWorker('/worker.js?server=' + {json.dumps(quote(server.url))}, {{ type: 'module' }})
        worker.port.onmessage = ({{ data }}) => {{ window.told = data }}
        worker.port.postMessage({json.dumps(job)})
        worker.port.start()
    }})()"""
    first, second = watching(), watching()
    for page in (first, second):
        page.call("Page.bringToFront")  # who is not seen looks at nothing
        page.see(script)
        page.until("window.told?.keys.length > 0")
    assert httpx.get(f"{server.url}/v1/stats").json()["connections"] == 1
    for page in (first, second):
        page.call("Page.bringToFront")
        page.until("told.status === 'completed'")
        assert page.see("told.keys.join()") == KEYS
        assert page.see("told.transport") == "ws"


def test_the_page_of_the_readme(chromium: Browser, pages: str, tmp_path: Path) -> None:
    program = node()
    if program is None:
        pytest.skip(NO_NODE)
    if not has_packages():
        pytest.skip(NO_PACKAGES)
    if not (SDK / "dist" / "jindu.iife.js").exists():
        subprocess.run([program, "build.js"], cwd=SDK, check=True, capture_output=True)
    env = {"JINDU_ORIGINS": pages}
    with ServerProcess("client_javascript.readme_jobs:app", tmp_path, env=env) as server, chromium.page() as page:
        page.open(f"{pages}/readme?server={server.url}")
        page.until("document.getElementById('said').textContent === 'rank 1'")
        assert page.see("document.getElementById('bar').value") == 100
        assert not page.faults
