"""Calls of both clients: repeated with one key, renewed with a new credential, told in one language."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from client_python.hostile_server import Answer, Asked, HostileServer, Peer
from client_python.stories import ERROR, JOB, telling, told
from jindu_client import AccessDenied, ApiError, AsyncClient, Client, Conflict, InvalidParams, JobFailed, Unavailable

STORY = told(6)
Call = Callable[[str], Any]


def blocking(work: Callable[[Client], Any], **options: Any) -> Call:
    def call(url: str) -> Any:
        with Client(url, **options) as client:
            return work(client)

    return call


def by_asyncio(work: Callable[[AsyncClient], Any], **options: Any) -> Call:
    async def call(url: str) -> Any:
        async with AsyncClient(url, **options) as client:
            return await work(client)

    return lambda url: asyncio.run(call(url))


def both(work: Callable[[Any], Any], **options: Any) -> list[Call]:
    return [blocking(work, **options), by_asyncio(work, **options)]


# Repeating.


def failing_first(*statuses: int) -> Callable[[Asked], Answer]:
    left = list(statuses)

    def answer(asked: Asked) -> Answer:
        if left:
            return Answer(left.pop(0), {"code": "NOT_READY", "title": "Not ready"}, {"retry-after": "0"})
        return Answer(202, STORY.snapshot(1))

    return answer


@pytest.mark.parametrize("call", both(lambda client: client.submit("story", n=1)), ids=["blocking", "asyncio"])
def test_a_submit_is_repeated_with_one_key(call: Call) -> None:
    with HostileServer(answers=failing_first(503, 502, 429)) as server:
        assert call(server.url).id == JOB
    keys = {asked.headers["idempotency-key"] for asked in server.asked}
    assert (len(server.asked), len(keys)) == (4, 1)
    assert len({asked.body for asked in server.asked}) == 1
    with HostileServer(answers=failing_first()) as server:
        call(server.url)
        call(server.url)
    assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 2, "a key of its own for each submit"


many = both(lambda client: client.submit_many([{"type": "story"}], key="mine"))


@pytest.mark.parametrize("call", many, ids=["blocking", "asyncio"])
def test_a_batch_is_repeated_with_the_key_that_is_given(call: Call) -> None:
    with HostileServer(answers=failing_first(503)) as server:
        assert call(server.url).id == JOB
    assert [asked.headers["idempotency-key"] for asked in server.asked] == ["mine", "mine"]


own_id = both(lambda client: client.submit_with("story", {}, id="my-own-id-0000000000"))


@pytest.mark.parametrize("call", own_id, ids=["blocking", "asyncio"])
def test_an_id_of_ones_own_is_put(call: Call) -> None:
    with HostileServer(answers=failing_first(503)) as server:
        call(server.url)
    assert [(asked.method, asked.path) for asked in server.asked] == [("PUT", "/v1/jobs/my-own-id-0000000000")] * 2


@pytest.mark.parametrize("status", [400, 409, 422, 500])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_repeating_does_not_help_is_asked_once(status: int, asynchronous: bool) -> None:
    call = both(lambda client: client.submit("story"))[asynchronous]
    with HostileServer(answers=failing_first(status)) as server, pytest.raises(ApiError, match="NOT_READY"):
        call(server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize("call", both(lambda client: client.status(JOB)), ids=["blocking", "asyncio"])
def test_a_question_is_asked_once(call: Call) -> None:
    with HostileServer(answers=failing_first(503)) as server, pytest.raises(Unavailable):
        call(server.url)
    assert len(server.asked) == 1


def test_no_retries_when_none_are_wanted() -> None:
    with HostileServer(answers=failing_first(503)) as server, pytest.raises(Unavailable):
        blocking(lambda client: client.submit("story"), retries=0)(server.url)
    assert len(server.asked) == 1


def test_a_server_that_asks_for_a_long_pause_is_believed() -> None:
    full = Answer(503, {"code": "QUEUE_FULL", "title": "Full", "retry_after": 300}, {"retry-after": "300"})
    with HostileServer(answers=lambda asked: full) as server, pytest.raises(Unavailable) as raised:
        blocking(lambda client: client.submit("story"))(server.url)
    assert (len(server.asked), raised.value.retry_after) == (1, 300)


def test_a_lost_answer_makes_no_second_job() -> None:
    """The connection ends without an answer: the same key goes again."""

    def lost_once(asked: Asked) -> Answer:
        if len(server.asked) == 1:
            raise OSError("the answer is lost")
        return Answer(202, STORY.snapshot(1))

    server = HostileServer(answers=lost_once)
    with server:
        assert blocking(lambda client: client.submit("story"))(server.url).id == JOB
    assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 1


# Credentials.


class Fresh:
    """Gives t1, t2, … ; the server takes only the newest."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def __call__(self) -> str:
        self.given.append(f"t{len(self.given) + 1}")
        return self.given[-1]

    async def later(self) -> str:
        await asyncio.sleep(0)
        return self()


def only(token: str) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        if asked.headers.get("authorization") == f"Bearer {token}":
            return Answer(200, STORY.snapshot())
        return Answer(401, {"code": "UNAUTHORIZED", "title": "Unauthorized"})

    return answer


@pytest.mark.parametrize("kind", ["blocking", "asyncio", "coroutine"])
def test_a_credential_that_is_over_is_renewed_once(kind: str) -> None:
    fresh = Fresh()
    token = fresh.later if kind == "coroutine" else fresh
    call = both(lambda client: client.status(JOB), token=token)[kind != "blocking"]
    with HostileServer(answers=only("t2")) as server:
        assert call(server.url)["id"] == JOB
    assert fresh.given == ["t1", "t2"]
    with HostileServer(answers=only("t9")) as server, pytest.raises(AccessDenied, match="UNAUTHORIZED"):
        call(server.url)
    assert len(server.asked) == 2


def renewing(peer: Peer) -> None:
    """Each connection but the third is ended with "token expired"."""
    peer.accept().hello()
    auth = peer.receive()
    peer.receive()
    peer.server.subscribed.append(auth)
    if peer.server.dialled < 3:
        peer.send({"type": "bye", "code": 4202, "retry_ms": 1, "why": "token expired", "stop": False})
        peer.close(4202)
    else:
        peer.send(STORY.frames[-1])
        peer.until_gone()


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asyncio"])
def test_the_callable_is_asked_at_each_new_connection(asynchronous: bool) -> None:
    fresh = Fresh()
    call = both(lambda client: client.job(JOB).wait(timeout=20), token=fresh)[asynchronous]
    with HostileServer(renewing) as server:
        assert call(server.url) == {"n": 6}
    assert [auth["tokens"] for auth in server.subscribed] == [["t1"], ["t2"], ["t3"]]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asyncio"])
def test_a_watch_by_polling_renews_too(asynchronous: bool) -> None:
    fresh = Fresh()
    call = both(lambda client: client.job(JOB).wait(timeout=20), token=fresh, transports=["poll"])[asynchronous]
    with HostileServer(answers=only("t2")) as server:
        assert call(server.url) == {"n": 6}
    assert fresh.given == ["t1", "t2"]


def test_what_the_callable_raises_is_raised() -> None:
    def broken() -> str:
        raise LookupError("no token today")

    with HostileServer(telling(STORY)) as server, pytest.raises(LookupError, match="no token today"):
        blocking(lambda client: client.job(JOB).wait(timeout=20), token=broken)(server.url)


# Languages.


def test_errors_are_told_in_the_language_of_the_client() -> None:
    refused = {"code": "CONFLICT", "title": "Conflict", "text": {"zh": "任务已经结束。", "en": "The job has ended."}}
    with HostileServer(telling(told(3, end="failed")), answers=lambda asked: Answer(409, refused)) as server:
        with Client(server.url, lang="zh") as client:
            with pytest.raises(Conflict, match="任务已经结束"):
                client.cancel(JOB)
            with pytest.raises(JobFailed, match=ERROR["title"]["zh"]):
                client.job(JOB).wait(timeout=20)
        with Client(server.url) as client, pytest.raises(JobFailed, match=ERROR["title"]["en"]):
            client.job(JOB).wait(timeout=20)
    assert server.asked[0].headers["accept-language"] == "zh"


# Calls that have no other test.


def test_the_rest_of_the_calls_ask_for_what_they_say() -> None:
    with HostileServer(answers=lambda asked: Answer(200, {"id": JOB, "items": []})) as server, Client(server.url) as client:
        client.change(JOB, priority=3, tags=("a",))
        client.stats()
        list(client.events(JOB))
        client.retry(JOB, from_start=True)
        client.call("POST", "/v1/schedules", {"cron": "* * * * *"}, dry="1")
        client.batch(JOB).cancel("enough")
    asked = [(one.method, one.path, json.loads(one.body or "null")) for one in server.asked]
    assert asked == [
        ("PATCH", f"/v1/jobs/{JOB}", {"priority": 3, "tags": ["a"]}),
        ("GET", "/v1/stats", None),
        ("GET", f"/v1/jobs/{JOB}/events?after=0&limit=1000", None),
        ("POST", f"/v1/jobs/{JOB}/retry", {"from": "start"}),
        ("POST", "/v1/schedules?dry=1", {"cron": "* * * * *"}),
        ("POST", f"/v1/batches/{JOB}/cancel", {"reason": "enough"}),
    ]


async def test_the_rest_of_the_calls_in_asyncio() -> None:
    with HostileServer(answers=lambda asked: Answer(200, {"id": JOB, "items": []})) as server:
        async with AsyncClient(server.url) as client:
            await client.change(JOB, priority=3)
            await client.stats()
            assert [entry async for entry in client.events(JOB)] == []
            await client.retry(JOB, from_start=True)
            await client.call("GET", "schedules")
            await client.batch(JOB).cancel("enough")
            assert [entry async for entry in client.batches()] == []
    assert [one.method for one in server.asked] == ["PATCH", "GET", "GET", "POST", "GET", "POST", "GET"]


@pytest.mark.parametrize("transports", [[], ["socket"], ["ws", "carrier pigeon"]])
def test_rungs_that_do_not_exist(transports: Any) -> None:
    for client in (Client, AsyncClient):
        with pytest.raises(ValueError, match="ws, stream, longpoll, poll"):
            client(transports=transports)


def test_wrong_fields_are_pointed_at() -> None:
    refused = {
        "code": "INVALID_PARAMS",
        "title": "Invalid",
        "errors": [{"pointer": "/jobs/0/type", "detail": "Field required"}],
    }
    with HostileServer(answers=lambda asked: Answer(422, refused)) as server, pytest.raises(InvalidParams) as raised:
        blocking(lambda client: client.submit_many([{}], atomic=True))(server.url)
    assert [error["pointer"] for error in raised.value.errors] == ["/jobs/0/type"]
