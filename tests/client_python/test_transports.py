"""Both clients against a real server on each rung alone: the same state, each result once; batches, feeds, many at once."""

import asyncio
from typing import Any

import httpx
import pytest

from client_python.watching import SHORT, TIMEOUT, WATCHES, Watch, sound
from jindu_client import AsyncClient, Client, InvalidParams, JobFailed, Update, as_completed
from support.server import ServerProcess

RUNGS = ("ws", "stream", "longpoll", "poll")
each_rung = pytest.mark.parametrize("rung", RUNGS)
each_client = pytest.mark.parametrize("watch", WATCHES, ids=lambda watch: watch.__name__)


def submitted(server: ServerProcess, kind: str, **params: Any) -> str:
    answer = httpx.post(f"{server.url}/v1/jobs", json={"type": kind, "params": params}, timeout=30)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def snapshot(server: ServerProcess, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{server.url}/v1/jobs/{job_id}", timeout=30).json()
    return found


@each_client
@each_rung
async def test_a_whole_job_on_one_rung(running: ServerProcess, rung: str, watch: Watch) -> None:
    job_id = submitted(running, "poured", results=30, size=200)
    seen = await watch(running.url, job_id, transports=[rung])
    assert seen.rungs == [rung]
    sound(seen, snapshot(running, job_id))


@each_client
@each_rung
async def test_a_job_that_ended_before(running: ServerProcess, rung: str, watch: Watch) -> None:
    job_id = submitted(running, "failing")
    httpx.get(f"{running.url}/v1/jobs/{job_id}", params={"wait": 20, "since": "x:0"}, timeout=30)
    seen = await watch(running.url, job_id, transports=[rung])
    assert [update.kind for update in seen.updates] == ["result", "error"]
    assert seen.updates[-1].reached == 40


@each_client
@each_rung
async def test_a_large_result_is_fetched(running: ServerProcess, rung: str, watch: Watch) -> None:
    job_id = submitted(running, "poured", results=2, size=40_000)
    seen = await watch(running.url, job_id, transports=[rung])
    sound(seen, snapshot(running, job_id))
    assert len(seen.results[0][1]["text"]) == 40_000


@each_rung
def test_a_batch_as_a_whole(running: ServerProcess, rung: Any) -> None:
    with Client(running.url, transports=[rung]) as client:
        wanted = [{"type": "report", "params": {"brand": brand}} for brand in "abc"] + [{"type": "nothing"}]
        batch = client.submit_many(wanted)
        assert [job is None for job in batch.jobs] == [False, False, False, True]
        assert [entry["index"] for entry in batch.rejected] == [3]
        updates = list(batch.updates(timeout=TIMEOUT))
        assert updates[-1].kind == "complete"
        assert updates[-1].state["counts"]["completed"] == 3
        batch.wait(timeout=TIMEOUT)
        assert client.batch(batch.id).status()["status"] == "completed"
        assert [job.wait(timeout=TIMEOUT) for job in batch.jobs if job is not None] == [{"brand": brand} for brand in "abc"]
        with pytest.raises(InvalidParams):
            client.submit_many(wanted, atomic=True)
        assert batch.id in [item["id"] for item in client.batches(limit=5)]
        assert {item["batch"] for item in client.list(batch=batch.id)} == {batch.id}


async def test_a_batch_in_asyncio(running: ServerProcess) -> None:
    async with AsyncClient(running.url) as client:
        batch = await client.submit_many([{"type": "hold"}, {"type": "report", "params": {"brand": "x"}}])
        held, quick = batch.jobs
        assert held is not None
        assert quick is not None
        assert await quick.wait(timeout=TIMEOUT) == {"brand": "x"}
        await batch.cancel("enough")
        ends = [update async for update in batch.updates(timeout=TIMEOUT)]
        assert ends[-1].is_end
        assert (await batch.status())["counts"]["cancelled"] == 1


@pytest.mark.parametrize("rung", ["ws", "stream"])
async def test_a_feed_tells_of_all_jobs(running: ServerProcess, rung: Any) -> None:
    async with AsyncClient(running.url, transports=[rung]) as client:
        ended: dict[str, str] = {}
        heads: list[str] = []
        made = None
        async with asyncio.timeout(TIMEOUT):
            async for change in client.feed():
                if change.job is None:
                    made = await client.submit("report", brand="fed")
                if made is None or change.job != made.id:
                    continue
                if change.gone:
                    break
                ended[change.job] = change.state["status"]
                if change.head is not None:
                    heads.append(change.head["type"])
                if change.state["is_completed"]:
                    await client.delete(change.job)
        assert made is not None
        assert heads == ["report"], "with the first mention"
        assert ended == {made.id: "completed"}


def test_a_feed_needs_a_rung_that_has_feeds(running: ServerProcess) -> None:
    with Client(running.url, transports=["longpoll", "poll"]) as client, pytest.raises(ValueError, match="ws or stream"):
        next(client.feed())


def test_many_at_once_over_one_connection(running: ServerProcess) -> None:
    with Client(running.url) as client:
        jobs = [client.submit("poured", results=3, pause=0.01 * n) for n in range(8)] + [client.submit("failing")]
        ended = list(as_completed(jobs, timeout=TIMEOUT))
        assert {job.id for job in ended} == {job.id for job in jobs}
        assert len(ended) == len(jobs)
        with pytest.raises(JobFailed) as failed:
            jobs[-1].wait(timeout=TIMEOUT)
        assert failed.value.partial == {"one": 1}


@pytest.mark.parametrize("rung", ["ws", "stream", "longpoll"])
def test_more_jobs_than_one_connection_takes(running: ServerProcess, rung: Any) -> None:
    """A server takes 200 channels: the others wait until some have ended."""
    with Client(running.url, transports=[rung], patience=SHORT) as client:
        batch = client.submit_many([{"type": "report", "params": {"brand": str(n)}} for n in range(320)])
        jobs = [job for job in batch.jobs if job is not None]
        ended = [job.id for job in as_completed(jobs, timeout=TIMEOUT)]
    assert len(ended) == len(jobs) == 320
    assert set(ended) == {job.id for job in jobs}


def test_partial_results_one_by_one(running: ServerProcess) -> None:
    with Client(running.url) as client:
        assert list(client.submit("report", brand="x").partials(timeout=TIMEOUT)) == [("news", {"source": "news"})]
        partials = client.submit("failing").partials(timeout=TIMEOUT)
        assert next(partials) == ("one", 1)
        with pytest.raises(JobFailed):
            next(partials)


async def test_partial_results_in_asyncio(running: ServerProcess) -> None:
    async with AsyncClient(running.url) as client:
        job = await client.submit("failing")
        partials = job.partials(timeout=TIMEOUT)
        assert await anext(partials) == ("one", 1)
        with pytest.raises(JobFailed):
            await anext(partials)
        again = await job.retry()
        assert again.id != job.id
        assert (await again.status())["retry_of"] == job.id


@each_rung
def test_pace_is_asked_for_on_every_rung(running: ServerProcess, rung: Any) -> None:
    with Client(running.url, transports=[rung], pace=0.5) as client:
        job = client.submit("poured", results=60, pause=0.02)
        updates: list[Update] = list(job.updates(timeout=TIMEOUT))
    progress = [update for update in updates if update.kind == "progress"]
    assert len(progress) <= 6, "about 1.5 s of progress at one update in 2 s, the first and the stages beside"
    assert len([update for update in updates if update.kind == "result"]) == 60
