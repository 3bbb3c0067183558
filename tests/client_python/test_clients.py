"""Both clients against real sockets, and a server that misbehaves. Each story is told to the blocking client and to the
asyncio client; what comes out must be the same."""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import jindu_client
from client_python.hostile_server import Answer, Asked, HostileServer, Peer
from client_python.stories import JOB, Story, state, telling, told
from jindu_client import (
    AccessDenied,
    AsyncClient,
    Client,
    InvalidParams,
    JobCancelled,
    JobFailed,
    NotEnded,
    NotFound,
    Patience,
    Unavailable,
    Update,
    WaitTimeout,
    WatchStopped,
    as_completed,
)  # fmt: skip
from jindu_client._sync_http import credited

STORY = told(12)
Watcher = Callable[..., list[Update]]


def by_blocking(url: str, **options: Any) -> list[Update]:
    with Client(url, token=options.pop("token", None), patience=options.pop("patience", STEADY)) as client:
        return list(client.watch(JOB, **options))


def by_asyncio(url: str, **options: Any) -> list[Update]:
    async def watch() -> list[Update]:
        async with AsyncClient(url, token=options.pop("token", None), patience=options.pop("patience", STEADY)) as client:
            return [update async for update in client.watch(JOB, **options)]

    return asyncio.run(watch())


@pytest.fixture(params=[by_blocking, by_asyncio], ids=["blocking", "asyncio"])
def watched(request: pytest.FixtureRequest) -> Watcher:
    watcher: Watcher = request.param
    return watcher


# The same rules with shorter waits between attempts, and where a path does not work, until that is seen. The waits themselves
# are tested with a manual clock.
STEADY = Patience(least=0.01, most=0.05)
QUICK = Patience(hello=0.3, stream_hello=0.3, first_look=0.1, waits=(1, 0.5, 0.2), probes=(0.3, 0.6), least=0.01, most=0.05)


def complete(updates: list[Update], story: Story = STORY) -> bool:
    """Each partial result once and in order, rising seqs, one end, and it is the last."""
    results = [(frame["key"], frame["data"]) for frame in story.frames if frame["type"] == "result"]
    seqs = [update.seq for update in updates]
    return (
        [(update.key, update.data) for update in updates if update.kind == "result"] == results
        and seqs == sorted(set(seqs))
        and [update.is_end for update in updates].index(True) == len(updates) - 1
    )


def snapshots(*bodies: dict[str, Any]) -> Callable[[Asked], Answer]:
    """One after the other; the last again and again."""
    waiting = list(bodies)
    return lambda asked: Answer(200, waiting.pop(0) if len(waiting) > 1 else waiting[0])


def mute(peer: Peer) -> None:
    peer.accept().until_gone()


def swallow(peer: Peer) -> None:
    """The upgrade is never answered."""
    peer.until_gone()


# Links that are cut.


def test_a_whole_story(watched: Watcher) -> None:
    with HostileServer(telling(STORY)) as server:
        updates = watched(server.url)
    assert complete(updates)
    assert updates[-1].result == {"n": 12}
    assert server.subscribed == [{"type": "subscribe", "epoch": "", "channels": {f"job:{JOB}": 0}}]
    assert server.asked == []


@pytest.mark.parametrize("cut_after", [1, 2, 5])
def test_cut_every_few_frames(watched: Watcher, cut_after: int) -> None:
    with HostileServer(telling(STORY, cut_after)) as server:
        updates = watched(server.url)
    assert complete(updates)
    assert [request["channels"][f"job:{JOB}"] for request in server.subscribed] == list(range(0, 14, cut_after))


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 1013, 4100, 4101, 4103, 4200, 4201, 4300])
def test_codes_to_come_back_from(watched: Watcher, code: int) -> None:
    with HostileServer(telling(STORY, 3, code=code), telling(STORY)) as server:
        assert complete(watched(server.url))
    assert server.dialled == 2


@pytest.mark.parametrize("code", [4000, 4001, 4003, 4004, 4009, 4013])
def test_codes_that_stop(watched: Watcher, code: int) -> None:
    with HostileServer(telling(STORY, 3, code=code)) as server, pytest.raises(WatchStopped) as raised:
        watched(server.url)
    assert raised.value.code == code
    assert server.dialled == 1


def test_another_epoch_after_a_cut(watched: Watcher) -> None:
    other = told(5, seed=9)
    with HostileServer(telling(STORY, 6), telling(other, epoch="E2")) as server:
        updates = watched(server.url)
    assert complete(updates[6:], other)
    assert server.subscribed[1]["epoch"] == "E1"


def test_a_restart_of_the_server_is_survived(watched: Watcher) -> None:
    links: list[str] = []
    server = HostileServer(telling(STORY, 4, code=1012), telling(STORY))

    def on_state(state: str) -> None:
        links.append(state)
        if state == "waiting" and links.count("waiting") == 1:
            server.stop()
        elif state == "connecting" and links.count("connecting") == 4:
            server.start()

    server.start()
    try:
        assert complete(watched(server.url, on_state=on_state))
    finally:
        server.stop()
    assert links[-1] == "ws"


# Paths that do not work.


@pytest.mark.parametrize("script", [mute, swallow], ids=["mute", "swallowed"])
def test_no_hello_falls_to_polling(watched: Watcher, script: Callable[[Peer], None]) -> None:
    answers = snapshots(STORY.snapshot(3), STORY.snapshot(7), STORY.snapshot(7), STORY.snapshot(9), STORY.snapshot())
    with HostileServer(script, answers=answers) as server:
        updates = watched(server.url, patience=QUICK)
    assert complete(updates)
    assert server.dialled >= 2


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_upgrade_falls_to_polling(watched: Watcher, status: int) -> None:
    answers = snapshots(STORY.snapshot(3), STORY.snapshot(7), STORY.snapshot())
    with HostileServer(lambda peer: peer.refuse(status), answers=answers) as server:
        assert complete(watched(server.url, patience=QUICK))
    assert server.dialled >= (1 if status == 404 else 2)


def test_frames_and_snapshots_interleaved(watched: Watcher) -> None:
    refuse = [lambda peer: peer.refuse(404)] * 2
    scripts = [telling(STORY, 2), *refuse, telling(STORY, 4), *refuse, telling(STORY)]
    with HostileServer(*scripts, answers=snapshots(STORY.snapshot(4), STORY.snapshot(8))) as server:
        assert complete(watched(server.url, patience=QUICK))


def test_a_job_that_is_not_there(watched: Watcher) -> None:
    def script(peer: Peer) -> None:
        peer.accept().hello()
        title = {"zh": "没有找到", "en": "Not found"}
        peer.send({"type": "problem", "code": "NOT_FOUND", "channel": f"job:{JOB}", "title": title, "temporary": False})
        peer.until_gone()

    with HostileServer(script) as server, pytest.raises(NotFound):
        watched(server.url)


def test_a_wish_for_a_token(watched: Watcher) -> None:
    def script(peer: Peer) -> None:
        peer.accept().hello(auth="needed")
        peer.until_gone()

    with HostileServer(script) as server, pytest.raises(AccessDenied):
        watched(server.url)


def test_the_token_is_sent_both_ways(watched: Watcher) -> None:
    seen: list[Any] = []

    def script(peer: Peer) -> None:
        seen.extend([peer.request.headers["authorization"], peer.accept().receive()])
        peer.hello()
        peer.send(STORY.frames[-1])
        peer.until_gone()

    with HostileServer(script) as server:
        assert watched(server.url, token="secret")[-1].is_end
    assert seen == ["Bearer secret", {"type": "auth", "tokens": ["secret"]}]


@pytest.mark.parametrize("script", [mute, swallow, telling(STORY, 3)], ids=["mute", "swallowed", "cut"])
def test_the_callers_time(watched: Watcher, script: Callable[[Peer], None]) -> None:
    running = {**STORY.snapshot(4), "poll_after_ms": 10_000}

    def only_once(peer: Peer) -> None:
        script(peer) if peer.server.dialled == 1 else mute(peer)

    began = time.monotonic()
    with HostileServer(only_once, answers=snapshots(running)) as server, pytest.raises(WaitTimeout):
        watched(server.url, timeout=1)
    assert 0.9 < time.monotonic() - began < 5


def test_nobody_listens(watched: Watcher) -> None:
    with HostileServer(mute) as server:
        pass
    with pytest.raises(WaitTimeout):
        watched(server.url, timeout=0.3)


# Waiting, leaving, several at once.


def test_wait_gives_the_result_or_raises_the_friendly_error() -> None:
    with HostileServer(telling(STORY)) as server, Client(server.url) as client:
        assert client.job(JOB).wait(timeout=5) == {"n": 12}
    for end, error in (("failed", JobFailed), ("cancelled", JobCancelled)):
        story = told(12, end=end)
        with HostileServer(telling(story)) as server, Client(server.url) as client:
            with pytest.raises(error) as raised:
                client.job(JOB).wait(timeout=5)
        assert raised.value.code == "AI_QUOTA_EXHAUSTED"
        assert raised.value.action_text == {"zh": "切换平台", "en": "Switch platform"}
        assert raised.value.reached == 42.0
        assert raised.value.partial == {frame["key"]: frame["data"] for frame in story.frames if frame["type"] == "result"}


async def test_wait_in_asyncio() -> None:
    with HostileServer(telling(told(12, end="failed"))) as server:
        async with AsyncClient(server.url) as client:
            with pytest.raises(JobFailed):
                await client.job(JOB).wait(timeout=5)
            assert repr(client.job(JOB)) == f"<AsyncJob {JOB}>"


def test_a_bar_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with HostileServer(telling(STORY)) as server, Client(server.url) as client:
        client.job(JOB).wait(progress=True)
    shown = capsys.readouterr()
    assert "100.0%" in shown.err
    assert shown.out == ""


def test_without_rich_the_bar_is_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rich", "tqdm"):
        monkeypatch.setitem(sys.modules, name, None)
    with HostileServer(telling(STORY)) as server, Client(server.url) as client:
        client.job(JOB).wait(progress=True)
    assert capsys.readouterr().err.splitlines()[-1] == "100.0% completed"


def test_leaving_early_closes_the_link() -> None:
    gone = threading.Event()

    def script(peer: Peer) -> None:
        telling(STORY, None)(peer)
        gone.set()

    with HostileServer(script) as server, Client(server.url) as client:
        updates = client.watch(JOB)
        next(updates)
        updates.close()
        assert gone.wait(5)


async def test_cancelling_a_task_closes_the_link() -> None:
    gone, live = threading.Event(), asyncio.Event()

    def script(peer: Peer) -> None:
        peer.accept().hello()
        peer.until_gone()
        gone.set()

    with HostileServer(script) as server:
        async with AsyncClient(server.url) as client:

            async def watch() -> None:
                async for _ in client.watch(JOB, on_state=lambda state: live.set() if state == "ws" else None):
                    pass

            task = asyncio.create_task(watch())
            await live.wait()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
        assert await asyncio.to_thread(gone.wait, 5)


def ending(order: list[str]) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer.accept().hello()
        asked = peer.receive()
        known = [job for job in order if f"job:{job}" in asked["channels"]]
        peer.send({"type": "problem", "code": "NOT_FOUND", "channel": "job:missing", "title": {"en": "Not found"}})
        for job in known:
            peer.send({"type": "complete", "job": job, "seq": 2, "state": state(100, "completed", result=job)})
        peer.until_gone()

    return script


def test_as_completed() -> None:
    with HostileServer(ending(["b", "c", "a"])) as server, Client(server.url) as client:
        ended = [job.id for job in as_completed([client.job(id) for id in ("a", "b", "missing", "c")])]
    assert ended == ["missing", "b", "c", "a"]
    assert server.dialled == 1


async def test_as_completed_in_asyncio() -> None:
    with HostileServer(ending(["b", "a"])) as server:
        async with AsyncClient(server.url) as client:
            ended = [job.id async for job in as_completed([client.job(id) for id in ("a", "b")])]
    assert ended == ["b", "a"]
    with pytest.raises(ValueError, match="at least one"):
        as_completed([])


# HTTP calls.


def calls(asked: Asked) -> Answer:
    """A server of one job type, `story`, with three jobs on two pages."""
    if asked.method == "POST" and asked.path == "/v1/jobs":
        body = json.loads(asked.body)
        if body["type"] != "story":
            return Answer(404, {"code": "NOT_FOUND", "title": "Not found", "detail": "no such type"})
        if "n" not in body["params"]:
            errors = [{"pointer": "/n", "detail": "Field required"}]
            return Answer(422, {"code": "INVALID_PARAMS", "title": "Invalid parameters", "errors": errors})
        return Answer(202, {**STORY.snapshot(1), "got": body, "key": asked.headers.get("idempotency-key")})
    if asked.path == f"/v1/jobs/{JOB}/cancel":
        return Answer(202, {**STORY.snapshot(1), "got": json.loads(asked.body or "null")})
    if asked.path.startswith("/v1/jobs?") or asked.path == "/v1/jobs":
        last = "cursor=2" in asked.path
        return Answer(
            200, {"items": [{"id": "c"}] if last else [{"id": "a"}, {"id": "b"}], "next_cursor": None if last else "2"}
        )
    if asked.path == "/v1/jobs/odd%20id%2F":
        return Answer(200, STORY.snapshot(1))
    return Answer(503, {"code": "NOT_READY", "title": "Not ready", "retryable": True}, {"retry-after": "3"})


@pytest.fixture
def served() -> Iterator[HostileServer]:
    with HostileServer(mute, answers=calls) as server:
        yield server


def test_calls(served: HostileServer) -> None:
    with Client(served.url + "/") as client:
        job = client.submit("story", n=1, type="params may have this name")
        assert json.loads(served.asked[-1].body) == {
            "type": "story",
            "params": {"n": 1, "type": "params may have this name"},
        }
        client.submit_with("story", {"n": 1}, priority=5, owner="u", tags=("x",), delay=1.5, expires_in=60, key="order-42")
        assert served.asked[-1].headers["idempotency-key"] == "order-42"
        assert json.loads(served.asked[-1].body) == {
            "type": "story", "params": {"n": 1}, "priority": 5, "owner": "u", "tags": ["x"], "delay": 1.5, "expires_in": 60,
        }  # fmt: skip
        assert job.id == JOB
        assert job.cancel("enough")["got"] == {"reason": "enough"}
        assert client.cancel(JOB)["got"] is None
        assert client.get("odd id/")["seq"] == 1
        assert [item["id"] for item in client.list(status="running", limit=2)] == ["a", "b", "c"]
        assert served.asked[-2].path == "/v1/jobs?status=running&limit=2"


async def test_calls_in_asyncio(served: HostileServer) -> None:
    async with AsyncClient(served.url) as client:
        job = await client.submit("story", n=1)
        assert (await job.cancel("enough"))["got"] == {"reason": "enough"}
        assert (await client.get("odd id/"))["seq"] == 1
        assert [item["id"] async for item in client.list(limit=2)] == ["a", "b", "c"]
        with pytest.raises(Unavailable):
            await job.status()


def test_refusals(served: HostileServer) -> None:
    with Client(served.url) as client:
        with pytest.raises(InvalidParams) as wrong:
            client.submit("story")
        assert [dict(error) for error in wrong.value.errors] == [{"pointer": "/n", "detail": "Field required"}]
        with pytest.raises(NotFound, match="no such type"):
            client.submit("poem")
        with pytest.raises(Unavailable) as later:
            client.status("other")
        assert (later.value.status, later.value.retryable, later.value.retry_after) == (503, True, 3)
    with Client(served.url) as client:
        served.stop()
        with pytest.raises(Unavailable) as gone:
            client.status("other")
        assert (gone.value.code, gone.value.status) == ("UNREACHABLE", 0)
        assert set(gone.value.text) == {"zh", "en"}
        served.start()


def test_an_answer_that_is_not_jindus() -> None:
    with HostileServer(mute, answers=lambda asked: Answer(502, "Bad Gateway")) as server, Client(server.url) as client:
        with pytest.raises(Unavailable, match="HTTP_502"):
            client.status("x")


def test_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_URL", "https://jindu.example/behind/a/prefix/")
    api = jindu_client._api.Api()
    assert api.socket_url == "wss://jindu.example/behind/a/prefix/v1/ws"
    assert api.data("/v1/jobs/A/result").url == "https://jindu.example/behind/a/prefix/v1/jobs/A/result"
    monkeypatch.delenv("JINDU_URL")
    assert jindu_client._api.Api().url == "http://127.0.0.1:8765"
    with pytest.raises(ValueError, match="http://"):
        Client("localhost:8765")


def test_the_token_goes_to_no_other_host() -> None:
    api = jindu_client._api.Api("http://jindu.test", "zh")
    assert credited(api.data("http://elsewhere.test/x"), "secret") == {}
    ours = {"accept-language": "zh", "authorization": "Bearer secret"}
    assert credited(api.data("/v1/jobs/A/result"), "secret") == ours


def test_public_names_are_sorted_unique_and_there() -> None:
    names = jindu_client.__all__
    assert names == sorted(set(names))
    assert all(hasattr(jindu_client, name) for name in names)


# Results.


def fetched(url: str, asynchronous: bool) -> Any:
    if not asynchronous:
        with Client(url) as client:
            return client.result(JOB)

    async def fetch() -> Any:
        async with AsyncClient(url) as client:
            return await client.result(JOB)

    return asyncio.run(fetch())


def results(status: int, body: Any, snapshot: dict[str, Any]) -> Callable[[Asked], Answer]:
    return lambda asked: Answer(status, body) if asked.path.endswith("/result") else Answer(200, snapshot)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asyncio"])
def test_the_result_of_a_job(asynchronous: bool) -> None:
    ended, running, failed = STORY.snapshot(), STORY.snapshot(3), told(12, end="failed").snapshot()
    for value in ({"n": 12}, [], "", 0):
        with HostileServer(answers=results(200, value, ended)) as server:
            assert fetched(server.url, asynchronous) == value
        assert [asked.path for asked in server.asked] == [f"/v1/jobs/{JOB}/result"]
    with HostileServer(answers=results(202, running, running)) as server, pytest.raises(NotEnded) as early:
        fetched(server.url, asynchronous)
    assert (early.value.job, early.value.status) == (JOB, "running")
    with HostileServer(answers=results(409, failed, failed)) as server, pytest.raises(JobFailed) as raised:
        fetched(server.url, asynchronous)
    assert (raised.value.code, raised.value.reached) == ("AI_QUOTA_EXHAUSTED", 42.0)
    assert raised.value.partial == {entry["key"]: entry["data"] for entry in failed["partial"]}
    with HostileServer(answers=results(202, running, ended)) as server:  # it ended between the two questions
        assert fetched(server.url, asynchronous) == {"n": 12}


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://a b", "http://a:b", "http://a:99999", "http://[::", "x"])
def test_an_address_that_is_none(url: str) -> None:
    for client in (Client, AsyncClient):
        with pytest.raises(ValueError):
            client(url)


def changed(asked: Asked) -> Answer:
    name = asked.path.rpartition("/")[2]
    bodies = {
        "retry": Answer(202, {"id": "NEW"}),
        "why": Answer(200, {"id": JOB, "reasons": [{"code": "x"}]}),
        JOB: Answer(204),
    }
    return bodies[name]


def test_retry_why_and_delete() -> None:
    async def ask(url: str) -> list[Any]:
        async with AsyncClient(url) as client:
            return [(await client.job(JOB).retry()).id, (await client.why(JOB))["reasons"], await client.delete(JOB)]

    with HostileServer(answers=changed) as server:
        with Client(server.url) as client:
            answers = [client.job(JOB).retry().id, client.why(JOB)["reasons"], client.delete(JOB)]  # type: ignore[func-returns-value]
        assert answers == asyncio.run(ask(server.url)) == ["NEW", [{"code": "x"}], None]
    assert [asked.method for asked in server.asked] == ["POST", "GET", "DELETE"] * 2
