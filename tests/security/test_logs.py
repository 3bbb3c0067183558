"""No credential in the log: keys, tokens, tickets, headers, queries; also in the text of an exception, and at level debug."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from jindu.web.logs import HIDDEN, Scrubbed, scrubbed
from support.server import ServerProcess

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2I6MSJ9.c2lnbmF0dXJl"
KEY = "jk_0123456789abcdef_Zm9vYmFy-c2VjcmV0"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ('- "WebSocket /v1/ws?ticket=abc&q=shoes" [accepted]', f'- "WebSocket /v1/ws?{HIDDEN}" [accepted]'),
        ("< GET /v1/ws?ticket=abc&q=shoes HTTP/1.1", f"< GET /v1/ws?{HIDDEN} HTTP/1.1"),
        ('"GET /v1/jobs?q=brand HTTP/1.1" 200', f'"GET /v1/jobs?{HIDDEN} HTTP/1.1" 200'),
        (f"< authorization: Bearer {JWT}", f"< authorization: {HIDDEN}"),
        ("Authorization: Basic dXNlcjpwYXNz", f"Authorization: {HIDDEN}"),
        (f"< TEXT '{{\"type\":\"auth\",\"token\":\"{KEY}\"}}'", f"< TEXT '{{\"type\":\"auth\",\"token\":\"{HIDDEN}\"}}'"),
        ("< TEXT '{\"type\":\"auth\",\"token\":\"hunter2\"}'", f"< TEXT '{{\"type\":\"auth\",\"token\":\"{HIDDEN}\"}}'"),
        ("at /v1/stream?ticket=abc.def&x=1", f"at /v1/stream?ticket={HIDDEN}&x=1"),
        ("a basic difference for the bearer of news", "a basic difference for the bearer of news"),
        ("job 01JOB (work) failed", "job 01JOB (work) failed"),
    ],
)  # fmt: skip
def test_what_is_written_of_what_is_said(said: str, written: str) -> None:
    assert scrubbed(said) == written


def test_the_text_of_an_exception_is_scrubbed_too() -> None:
    error = RuntimeError(f"no luck with {KEY}")
    record = logging.LogRecord("jindu", logging.ERROR, __file__, 1, "for %s", (JWT,), (type(error), error, None))
    written = Scrubbed("%(message)s").format(record)
    assert "no luck with" in written
    assert KEY not in written
    assert JWT not in written


async def knocked(server: ServerProcess, query: str, token: str) -> None:
    """A socket that is opened with credentials in its address, its header and its first frame."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with connect(f"ws://127.0.0.1:{server.port}/v1/ws?{query}", additional_headers=headers) as socket:
            await socket.send(orjson.dumps({"type": "auth", "token": token}).decode())
            await asyncio.wait_for(socket.recv(), 5)
    except (WebSocketException, TimeoutError):
        return


@pytest.mark.promise("secrets")
def test_a_server_at_level_debug_writes_no_credential(tmp_path: Path) -> None:
    server = ServerProcess("web.web_jobs:app", tmp_path, args=("--log-level", "debug"))
    made = subprocess.run(
        [sys.executable, "-m", "jindu", "keys", "create", "a", "--scope", "operate", "--scope", "submit", "--scope", "watch",
         "--store", f"sqlite:///{server.store}", "--json"],
        env=server._env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    key = orjson.loads(made.stdout)["key"]
    with server, httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {key}"}) as http:
        job = http.post("/v1/jobs", json={"type": "hold", "params": {}}).json()
        ticket = http.post("/v1/tickets", json={"channels": [f"job:{job['id']}"]}).json()["ticket"]
        wrong = [KEY, JWT, "canary-4711-canary"]
        for credential in (key, job["token"], ticket, *wrong):
            httpx.get(f"{server.url}/v1/jobs", headers={"authorization": f"Bearer {credential}"}, params={"q": "canary-4711"})
            asyncio.run(knocked(server, f"ticket={credential}&q=canary-4711", credential))
        assert server.stop() == 0
        said = server.said()
    assert "WebSocket" in said, "nothing was logged that could hold a credential"
    for secret in (key, key.rpartition("_")[2], job["token"], ticket, *wrong, "canary-4711"):
        assert secret not in said
