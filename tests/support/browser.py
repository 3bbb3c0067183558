"""A real Chromium, driven by its DevTools protocol over `websockets`. What a page complains of is collected as faults."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "no chromium found: the tests in a browser are skipped"
START_WITHIN = 60.0  # seconds
PATIENCE = 30.0  # seconds until what a test waits for must be seen
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--remote-debugging-port=0", "about:blank",
)  # fmt: skip


def found() -> str | None:
    """Where a Chromium is, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A Chromium with a new profile; `page` opens a tab. Ends with the `with` block."""

    def __init__(self, folder: Path) -> None:
        self._profile = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""

    def __enter__(self) -> "Browser":
        program = found()
        assert program is not None, NO_BROWSER
        command = [program, *FLAGS[:-1], f"--user-data-dir={self._profile}", FLAGS[-1]]
        env = {**os.environ, "HOME": str(self._profile)}
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        self._url = f"http://127.0.0.1:{self._port()}"
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _port(self) -> int:
        told = self._profile / "DevToolsActivePort"
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
                return int(told.read_text().splitlines()[0])
            time.sleep(0.02)
        raise AssertionError("chromium did not start")

    @contextlib.contextmanager
    def page(self, **looks: Any) -> Iterator["Page"]:
        """A new tab; `looks` as of `Page.look`."""
        made = httpx.put(f"{self._url}/json/new?about:blank").json()
        with connect(made["webSocketDebuggerUrl"], compression=None, max_size=None) as wire:
            page = Page(wire)
            page.look(**looks)
            yield page
        httpx.get(f"{self._url}/json/close/{made['id']}")


class Page:
    """One tab. `faults`: exceptions, console errors, refusals of the policy. `network`: what could not be loaded. `asked`: the
    address of every request that was made."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._number = 0
        self._loads = 0
        self.faults: list[str] = []
        self.network: list[str] = []
        self.asked: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._wire.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._wire.recv(timeout=PATIENCE + 30))
            if message.get("id") == self._number:
                assert "error" not in message, message
                answer: dict[str, Any] = message["result"]
                return answer
            self._event(message)

    def look(self, *, width: int = 1280, height: int = 800, dark: bool = False, language: str = "en-GB") -> None:
        """Size in CSS pixels, colours, language, as the page will find them."""
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Emulation.setUserAgentOverride", userAgent="Chromium", acceptLanguage=language)

    def before(self, script: str) -> None:
        """Run it in every document before the page's own scripts."""
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def open(self, url: str) -> None:
        self._loaded("Page.navigate", url=url)

    def reload(self) -> None:
        self._loaded("Page.reload")

    def leave_by(self, expression: str) -> None:
        """Do what loads a document anew, and wait for it."""
        self._loaded("Runtime.evaluate", expression=expression)

    def _loaded(self, method: str, **params: Any) -> None:
        before = self._loads
        self.call(method, **params)
        deadline = time.monotonic() + PATIENCE
        while self._loads == before:
            assert time.monotonic() < deadline, "the document was not loaded"
            self._event(json.loads(self._wire.recv(timeout=PATIENCE)))

    def see(self, expression: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str, patience: float = PATIENCE) -> Any:
        """Look at every frame of the screen until the expression is true; returns its value (of a node: True)."""
        looking = f"""new Promise((resolve) => {{
            const end = performance.now() + {patience * 1000};
            const look = () => {{
                let value; try {{ value = {expression} }} catch (error) {{ value = undefined }}
                if (value && typeof value === 'object') value = true;
                if (value || performance.now() > end) resolve(value || null); else requestAnimationFrame(look);
            }};
            look();
        }})"""
        value = self.see(looking)
        assert value, f"not seen within {patience} s: {expression}\nthe page says: {self.text()}\nfaults: {self.faults}"
        return value

    def text(self, selector: str = "body") -> str:
        return str(self.see(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def click(self, selector: str) -> None:
        """A real click, where a person would make it."""
        box = self.see(f"""(() => {{
            const node = document.querySelector({json.dumps(selector)}); node.scrollIntoView({{block: 'center'}});
            const box = node.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def press(self, key: str, code: int) -> None:
        for kind in ("rawKeyDown", "char", "keyUp"):
            text = {"text": "\r"} if kind == "char" and key == "Enter" else {}
            if kind != "char" or text:
                self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)

    def shot(self, path: Path) -> None:
        """A PNG of what is seen."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _event(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message["method"] == "Page.loadEventFired":
            self._loads += 1
        elif message["method"] == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif message["method"] == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.faults.append(str(details.get("exception", {}).get("description") or details["text"]))
        elif message["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.faults.append(str(params["args"]))
        elif message["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            entry = params["entry"]
            kept = self.network if entry["source"] == "network" or "WebSocket connection to" in entry["text"] else self.faults
            kept.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
