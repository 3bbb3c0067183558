"""Rates and places: how often one may ask, how many may stay (RELIABILITY, Limits; REQUIREMENTS E3)."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus

from jindu.core.clock import ManualClock
from jindu.settings import Settings
from jindu.web.places import Places
from jindu.web.rates import BUCKETS, Rates, is_submit, network
from support.rawclient import opening, until
from support.server import ServerProcess

ID = "01JOBAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    ("method", "path", "submits"),
    [
        ("POST", "/v1/jobs", True), ("PUT", f"/v1/jobs/{ID}", True), ("POST", "/v1/batches", True),
        ("POST", f"/v1/jobs/{ID}/retry", True), ("GET", "/v1/jobs", False), ("POST", f"/v1/jobs/{ID}/cancel", False),
        ("POST", "/v1/poll", False), ("POST", "/v1/stream", False), ("DELETE", "/v1/jobs", False), ("PUT", "/v1/jobs", False),
    ],
)  # fmt: skip
def test_what_is_a_submit(method: str, path: str, submits: bool) -> None:
    assert is_submit(method, path) == submits


@given(
    rate=st.floats(0.5, 50),
    burst=st.integers(1, 20),
    pauses=st.lists(st.floats(0, 5) | st.just(0.0), min_size=1, max_size=80),
)
def test_a_bucket_never_gives_more_than_its_burst_and_its_rate(rate: float, burst: int, pauses: list[float]) -> None:
    clock = ManualClock()
    rates = Rates(Settings(reads_per_second=rate, rate_burst=burst), clock)
    passed: list[float] = []
    for pause in pauses:
        clock.advance(pause)
        wait = rates.refusal("key:a", None, "GET", "/v1/jobs")
        if wait is None:
            passed.append(clock.monotonic())
        else:
            assert 0 < wait <= 1 / rate + 1e-9
    for first, begin in enumerate(passed):
        for last, end in enumerate(passed[first:], 1):
            assert last <= burst + (end - begin) * rate + 1e-6


def test_the_usual_rates_hold_where_keys_exist_and_none_without() -> None:
    def granted(method: str, *, open_mode: bool, key: str | None = "key:a", tries: int = 400) -> int:
        rates = Rates(Settings(), ManualClock())
        asked = [rates.refusal(key, "10.0.0.1", method, "/v1/jobs", open_mode=open_mode) for _ in range(tries)]
        return asked.count(None)

    assert granted("POST", open_mode=False) == granted("GET", open_mode=False) == 200
    assert granted("GET", open_mode=False, key=None) == 200
    assert granted("GET", open_mode=True) == 400
    clock = ManualClock()
    rates = Rates(Settings(), clock)
    steady = []
    for _ in range(1_000):
        steady.append(rates.refusal("key:a", None, "POST", "/v1/jobs"))
        clock.advance(1 / 9)
    assert set(steady) == {None}


def test_callers_kinds_and_routes_are_counted_apart() -> None:
    rates = Rates(Settings(rate_burst=1), ManualClock())
    asked = [("key:a", "1.1.1.1"), ("key:b", "1.1.1.1"), (None, "1.1.1.1"), (None, "1.1.1.2"), (None, "2001:db8::1")]
    for key, address in asked:
        assert rates.refusal(key, address, "GET", "/v1/jobs") is None
        assert rates.refusal(key, address, "GET", "/v1/stats") is not None
        assert rates.refusal(key, address, "POST", "/v1/jobs") is None
        assert rates.refusal(key, address, "GET", "/healthz") is None
    assert rates.refusal(None, "2001:db8::2", "GET", "/v1/jobs") is not None  # one customer has all of a /64
    assert network("::ffff:1.2.3.4") == network("1.2.3.4")


def test_callers_without_number_do_not_fill_the_memory() -> None:
    rates = Rates(Settings(), ManualClock())
    for number in range(2 * BUCKETS):
        rates.refusal(f"key:{number}", None, "GET", "/v1/jobs")
    assert len(rates._buckets) <= BUCKETS


def test_places_of_an_address_and_in_all() -> None:
    places = Places(Settings(sockets=5, sockets_per_address=2))
    assert [places.take("10.0.0.1") for _ in range(3)] == [True, True, False]
    assert [places.take("127.0.0.1") for _ in range(4)] == [True, True, True, False]
    places.leave("10.0.0.1")
    assert [places.take("10.0.0.2"), places.take("10.0.0.3")] == [True, False]
    assert places.taken == 5


def test_never_more_than_half_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda which: (64, 4096))
    assert Places(Settings()).limit == 32


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, dict[str, str]]]:
    """A server with two keys, slow enough to meet its limits."""
    folder: Path = tmp_path_factory.mktemp("keyed")
    env = {"JINDU_RATE_BURST": "8", "JINDU_SUBMITS_PER_SECOND": "0.05", "JINDU_READS_PER_SECOND": "0.05"}
    server = ServerProcess("web.web_jobs:app", folder, env=env)
    keys = {}
    for name in ("a", "b"):
        asked = ("create", name, "--scope", "submit", "--scope", "watch", "--store", f"sqlite:///{server.store}", "--json")
        command = [sys.executable, "-m", "jindu", "keys", *asked]
        done = subprocess.run(command, env=server._env, capture_output=True, text=True, check=True)
        keys[name] = json.loads(done.stdout)["key"]
    with server:
        yield server, keys


def test_429_says_when_and_what(keyed: tuple[ServerProcess, dict[str, str]]) -> None:
    server, keys = keyed
    body = {"type": "greet", "params": {"name": "x"}}
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {keys['a']}", "Accept-Language": "zh"}) as http:
        answers = [http.post("/v1/jobs", json=body) for _ in range(10)]
        assert [answer.status_code for answer in answers] == [202] * 8 + [429] * 2
        problem = answers[-1].json()
        assert (problem["code"], problem["title"], problem["retryable"]) == ("TOO_MANY_REQUESTS", "请求太频繁", True)
        assert set(problem["text"]) == {"zh", "en"}
        assert int(answers[-1].headers["retry-after"]) >= 15
        assert http.get("/v1/jobs").status_code == 200  # reads have a limit of their own
        assert http.get("/healthz").status_code == 200
    other = httpx.get(f"{server.url}/v1/jobs", headers={"Authorization": f"Bearer {keys['b']}"})
    assert other.status_code == 200


def test_guessing_keys_is_counted_by_address(keyed: tuple[ServerProcess, dict[str, str]]) -> None:
    server, _ = keyed
    codes = [httpx.get(f"{server.url}/v1/jobs", headers={"Authorization": "Bearer jk_no_no"}).status_code for _ in range(10)]
    assert codes == [401] * 8 + [429] * 2


def test_a_trusted_proxy_is_believed(keyed: tuple[ServerProcess, dict[str, str]]) -> None:
    server, _ = keyed
    for address in ("203.0.113.7", "203.0.113.8"):
        codes = [httpx.get(f"{server.url}/v1/jobs", headers={"X-Forwarded-For": address}).status_code for _ in range(9)]
        assert codes == [401] * 8 + [429]


async def test_sockets_and_streams_beyond_the_limit_are_503_before_they_are_accepted(tmp_path: Path) -> None:
    with ServerProcess("web.web_jobs:app", tmp_path, env={"JINDU_SOCKETS": "2"}) as server:
        async with asyncio.timeout(30), AsyncExitStack() as stack:
            for _ in range(2):
                await until(await stack.enter_async_context(opening(server.url)), "hello")
            with pytest.raises(InvalidStatus) as refused:
                await stack.enter_async_context(opening(server.url))
            assert refused.value.response.status_code == 503
            assert refused.value.response.headers["Retry-After"] == "5"
            answer = httpx.get(f"{server.url}/v1/stream?channels=jobs")
            assert (answer.status_code, answer.json()["code"]) == (503, "TOO_MANY_CONNECTIONS")
            assert httpx.get(f"{server.url}/v1/poll?channels=job:{ID}&wait=0").status_code == 200
        async with asyncio.timeout(30):
            while httpx.get(f"{server.url}/v1/stats").json()["connections"]:
                await asyncio.sleep(0.02)
            async with opening(server.url) as again:
                await until(again, "hello")


async def test_a_socket_that_floods_is_closed_and_others_are_not(server: ServerProcess) -> None:
    async with asyncio.timeout(30), opening(server.url) as good, opening(server.url) as bad:
        await until(good, "hello")
        for _ in range(60):
            await bad.send('{"type":"later"}')
        assert (await until(bad, "bye"))["code"] == 4104
        await bad.wait_closed()
        assert bad.close_code == 4104
        await good.send('{"type":"subscribe","channels":{"jobs":0}}')
        await until(good, "subscribed")
