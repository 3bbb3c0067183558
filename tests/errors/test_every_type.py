"""Each type of the catalogue, provoked for real: a port that refuses, a name that is none, an answer that says no, a full disk.

A type without a provoker fails `test_no_type_is_without_a_provoker`. What takes many kills is cited where it is tested.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from engine import child_jobs
from engine.test_recovery import killed
from errors.platform import Platform
from errors.world import Provoker, World, ended, face
from jindu import App, JobError, JobTimeout
from jindu.core.catalogue import CATALOGUE
from jindu.engine.submitting import Terms
from jindu.web import problems
from support.server import free_port

TESTS = Path(__file__).resolve().parents[1]
UNKNOWN = "/v1/jobs/01UNKNOWN00000000000000000"
PROVOKERS: dict[str, Provoker] = {}
# Provoked elsewhere, with all that it takes.
CITED = {
    "JOB_QUARANTINED": "engine/test_recovery.py::test_the_third_death_in_a_row_without_a_new_step_quarantines",
}


def provokes(code: str) -> Callable[[Provoker], Provoker]:
    def noted(provoker: Provoker) -> Provoker:
        assert code not in PROVOKERS
        PROVOKERS[code] = provoker
        return provoker

    return noted


def test_no_type_is_without_a_provoker() -> None:
    assert {*PROVOKERS, *CITED} == set(CATALOGUE)
    assert not set(PROVOKERS) & set(CITED)


@pytest.mark.parametrize("code", CITED)
def test_what_is_cited_is_there(code: str) -> None:
    file, _, name = CITED[code].partition("::")
    text = (TESTS / file).read_text()
    body = text.partition(f"def {name}(")[2]
    assert code in re.split(r"\n(?:async )?def ", body)[0]


@pytest.mark.parametrize("code", PROVOKERS)
async def test_provoked(code: str, app: App, upstream: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with app.open() as node, face(app, node) as http:
        assert await PROVOKERS[code](World(app, node, http, upstream, tmp_path, monkeypatch)) == code


# -- the network ---------------------------------------------------------------------------------------------------


@provokes("NETWORK_ERROR")
async def _hang_up(world: World) -> str:
    return await world.asking(world.upstream.url(how="hang up"))


@provokes("CONNECTION_REFUSED")
async def _closed_port(world: World) -> str:
    async def connect() -> None:
        await asyncio.open_connection("127.0.0.1", free_port())

    assert await world.end_of(connect, name="raw") == "CONNECTION_REFUSED"
    return await world.asking(f"http://127.0.0.1:{free_port()}/")


@provokes("DNS_ERROR")
async def _no_name(world: World) -> str:
    async def connect() -> None:
        await asyncio.open_connection("platform.invalid", 443)

    assert await world.end_of(connect, name="raw") == "DNS_ERROR"
    return await world.asking("http://platform.invalid/")


@provokes("TLS_ERROR")
async def _plain_port(world: World) -> str:
    async def connect() -> None:
        await asyncio.open_connection("127.0.0.1", world.upstream.port, ssl=ssl.create_default_context())

    assert await world.end_of(connect, name="raw") == "TLS_ERROR"
    return await world.asking(world.upstream.url().replace("http://", "https://"))


# -- AI platforms --------------------------------------------------------------------------------------------------


@provokes("AI_PLATFORM_ERROR")
async def _server_error(world: World) -> str:
    return await world.asking(world.upstream.url(503, "<html>down"))


@provokes("AI_PLATFORM_TIMEOUT")
async def _silence(world: World) -> str:
    assert await world.asking(world.upstream.url(504)) == "AI_PLATFORM_TIMEOUT"
    world.app.registry._types.clear()
    return await world.asking(world.upstream.url(how="say nothing"), timeout=0.1)


@provokes("AI_QUOTA_EXHAUSTED")
async def _no_money(world: World) -> str:
    body = {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": None}}
    return await world.asking(world.upstream.url(429, body))


@provokes("AI_RATE_LIMITED")
async def _too_fast(world: World) -> str:
    body = {"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}
    return await world.asking(world.upstream.url(429, body, retry_after="7"))


@provokes("AI_BAD_ANSWER")
async def _half_an_answer(world: World) -> str:
    return await world.asking(world.upstream.url(200, '{"choices": ['))


@provokes("AI_CONTENT_REFUSED")
async def _policy(world: World) -> str:
    body = {"error": {"message": "The response was filtered", "code": "content_filter"}}
    return await world.asking(world.upstream.url(400, body))


@provokes("AI_INPUT_TOO_LONG")
async def _too_long(world: World) -> str:
    body = {"error": {"message": "maximum context length is 8192 tokens", "code": "context_length_exceeded"}}
    return await world.asking(world.upstream.url(400, body))


@provokes("AI_KEY_REJECTED")
async def _bad_key(world: World) -> str:
    return await world.asking(world.upstream.url(401))


@provokes("AI_MODEL_MISSING")
async def _no_model(world: World) -> str:
    body = {"error": {"message": "The model `x` does not exist", "type": "invalid_request_error", "code": "model_not_found"}}
    return await world.asking(world.upstream.url(404, body))


# -- diagnoses: an application says when ---------------------------------------------------------------------------


@provokes("DIAGNOSIS_TIMEOUT")
async def _slow_diagnosis(world: World) -> str:
    world.app.errors.map(JobTimeout, "DIAGNOSIS_TIMEOUT")
    return await world.end_of(_for_ever, timeout=0.1)


@provokes("DIAGNOSIS_FAILED")
async def _no_diagnosis(world: World) -> str:
    return await world.end_of(_raising(JobError("DIAGNOSIS_FAILED", "no platform answered")))


@provokes("DIAGNOSIS_PARTIAL")
async def _half_a_diagnosis(world: World) -> str:
    world.app.errors.rule(lambda error: "DIAGNOSIS_PARTIAL" if "of 5 answered" in str(error) else None)
    return await world.end_of(_raising(RuntimeError("3 of 5 answered")))


# -- jobs ----------------------------------------------------------------------------------------------------------


@provokes("INTERNAL_ERROR")
async def _mistake(world: World) -> str:
    async def divide() -> float:
        return 1 / 0

    return await world.end_of(divide)


@provokes("JOB_CANCELLED")
async def _cancelled(world: World) -> str:
    job = await world.held()
    await job.cancel()
    return str((await ended(job))["error"]["code"])


@provokes("JOB_TIMEOUT")
async def _slow(world: World) -> str:
    return await world.end_of(_for_ever, timeout=0.1)


@provokes("JOB_EXPIRED")
async def _expired(world: World) -> str:
    job = await world.app.job(_for_ever).options(delay=60, expires_in=0.1).submit()
    return str((await ended(job))["error"]["code"])


@provokes("JOB_CRASHED")
async def _crashed(world: World) -> str:
    world.app.include(child_jobs.app)
    return str((await ended(await child_jobs.die.submit("signal")))["error"]["code"])


@provokes("JOB_INTERRUPTED")
async def _server_killed(world: World) -> str:
    other = f"sqlite:///{world.folder}/killed.db"
    job_id = await killed(other, world.folder, "fatal")
    # Here is no job of this type: it stays as the death left it.
    async with App(store=other).open(grace=0) as node:
        job = (await node.jobs.read(job_id)).job
        assert job.error is not None
        context = await node.store.context(job.error["id"])
        assert context is not None
        assert (context.job, context.code, context.run) == (job_id, "JOB_INTERRUPTED", 1)
        return str(job.error["code"])


@provokes("BATCH_FAILED")
async def _batch(world: World) -> str:
    world.app.job(name="fails")(_raising(ValueError("no")))
    made = await world.http.post("/v1/batches", json={"jobs": [{"type": "fails", "params": {}}]})
    seen = await world.http.get(f"/v1/batches/{made.json()['id']}", params={"wait": 20})
    async with asyncio.timeout(20):
        while not seen.json()["is_completed"]:
            seen = await world.http.get(f"/v1/batches/{made.json()['id']}")
    error = seen.json()["error"]
    assert (await world.http.get(f"/v1/errors/{error['id']}")).json()["code"] == error["code"]
    return str(error["code"])


@provokes("RESULT_NOT_JSON")
async def _odd_result(world: World) -> str:
    async def odd() -> object:
        return {1, 2}

    return await world.end_of(odd)


@provokes("RESULT_TOO_LARGE")
async def _large_result(world: World) -> str:
    async def large() -> str:
        return "x" * 1_100_000

    return await world.end_of(large)


@provokes("STORAGE_FULL")
async def _full_disk(world: World) -> str:
    def write() -> None:
        with Path("/dev/full").open("w") as full:
            full.write("x")

    return await world.end_of(write)


# -- requests ------------------------------------------------------------------------------------------------------


@provokes("INVALID_PARAMS")
async def _params(world: World) -> str:
    await world.done()
    return await world.told("POST", "/v1/jobs", json={"type": "work", "params": {"no": 1}})


@provokes("NOT_FOUND")
async def _unknown(world: World) -> str:
    assert await world.told("GET", "/v1/errors/nothing") == "NOT_FOUND"
    return await world.told("GET", UNKNOWN)


@provokes("GONE")
async def _removed(world: World) -> str:
    job = await world.done()
    assert (await world.http.delete(f"/v1/jobs/{job}")).status_code == 204
    return await world.told("GET", f"/v1/jobs/{job}")


@provokes("METHOD_NOT_ALLOWED")
async def _method(world: World) -> str:
    return await world.told("POST", "/v1/errors")


@provokes("NOT_JSON")
async def _no_json(world: World) -> str:
    return await world.told("POST", "/v1/jobs", content="{", headers={"content-type": "application/json"})


@provokes("BAD_REQUEST")
async def _bad_limit(world: World) -> str:
    assert await world.told("GET", "/v1/errors?limit=0") == "BAD_REQUEST"
    return await world.told("GET", "/v1/jobs?limit=many")


@provokes("UNSUPPORTED_MEDIA_TYPE")
async def _form(world: World) -> str:
    return await world.told("POST", "/v1/jobs", data={"type": "work"})


@provokes("TOO_LARGE")
async def _large_body(world: World) -> str:
    return await world.told("POST", "/v1/jobs", json={"type": "x" * 2_000_000})


@provokes("TOO_MANY_CHANNELS")
async def _channels(world: World) -> str:
    return await world.told("GET", "/v1/poll", params={"channels": ",".join(f"job:{number}" for number in range(201))})


@provokes("UPGRADE_REQUIRED")
async def _socket_without_an_upgrade(world: World) -> str:
    return await world.told("GET", "/v1/ws")


@provokes("UNAUTHORIZED")
async def _no_key(world: World) -> str:
    return await _refused_with(401)


@provokes("FORBIDDEN")
async def _foreign_origin(world: World) -> str:
    return await world.told("GET", "/v1/jobs", headers={"origin": "https://evil.example"})


@provokes("MISDIRECTED")
async def _foreign_host(world: World) -> str:
    return await world.told("GET", "/v1/jobs", headers={"host": "evil.example"})


@provokes("ALREADY_ENDED")
async def _cancel_too_late(world: World) -> str:
    return await world.told("POST", f"/v1/jobs/{await world.done()}/cancel")


@provokes("NOT_ENDED")
async def _remove_too_early(world: World) -> str:
    return await world.told("DELETE", f"/v1/jobs/{(await world.held()).id}")


@provokes("NOT_RETRYABLE")
async def _retry_a_success(world: World) -> str:
    return await world.told("POST", f"/v1/jobs/{await world.done()}/retry")


@provokes("KEY_REUSED")
async def _key_twice(world: World) -> str:
    await world.done()
    keyed = {"headers": {"idempotency-key": "k"}, "url": "/v1/jobs"}
    assert (await world.http.post(json={"type": "work", "params": {}}, **keyed)).is_success  # type: ignore[arg-type]
    return await world.told(
        "POST", "/v1/jobs", json={"type": "work", "params": {}, "priority": 1}, headers={"idempotency-key": "k"}
    )


@provokes("TOO_MANY_REQUESTS")
async def _too_many(world: World) -> str:
    return await _refused_with(429)


@provokes("OVERLOADED")
async def _full_queue(world: World) -> str:
    await world.done()
    world.patch.setattr(world.node.jobs.submitting, "_terms", Terms(queue_limit=0))
    return await world.told("POST", "/v1/jobs", json={"type": "work", "params": {}})


@provokes("NOT_READY")
async def _draining(world: World) -> str:
    await world.done()
    await world.node.drain()
    return await world.told("POST", "/v1/jobs", json={"type": "work", "params": {}})


async def _for_ever() -> None:
    await asyncio.Event().wait()


def _raising(error: Exception) -> Callable[[], object]:
    async def raising() -> None:
        raise error

    return raising


async def _refused_with(status: int) -> str:
    """How a refusal of Starlette's own is told."""

    async def refuse(request: object) -> None:
        raise HTTPException(status)

    asgi = Starlette(routes=[Route("/", refuse)], exception_handlers={HTTPException: problems.handle})  # type: ignore[dict-item]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(asgi), base_url="http://127.0.0.1") as client:
        answer = await client.get("/")
    assert answer.status_code == status
    return str(answer.json()["code"])
