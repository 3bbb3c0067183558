"""Answers that are kept: fast, counted, and never older than the last commit (REQUIREMENTS E4)."""

import asyncio

import httpx
import pytest

from contract.stories import NOW, move, submit
from jindu.bus.contract import Notice
from jindu.bus.opener import open_bus
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.engine.remembered import NAMES, SNAPSHOT, Answer, Remembered


def cache(http: httpx.Client) -> dict[str, float]:
    found: dict[str, float] = http.get("/v1/stats").json()["cache"]
    return found


def ended(http: httpx.Client, type: str, **params: object) -> str:
    answer = http.post("/v1/jobs?wait=10", json={"type": type, "params": params})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_the_same_answer_again_is_the_same_bytes_and_a_hit(http: httpx.Client) -> None:
    job = ended(http, "half")
    first, before = http.get(f"/v1/jobs/{job}"), cache(http)
    again = http.get(f"/v1/jobs/{job}")
    assert again.content == first.content
    assert {name: again.headers[name] for name in ("etag", "cache-control")} == {
        name: first.headers[name] for name in ("etag", "cache-control")
    }
    same = http.get(f"/v1/jobs/{job}", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert cache(http)["hits"] >= before["hits"] + 2


def test_results_are_kept_too(http: httpx.Client) -> None:
    job = ended(http, "greet", name="a")
    assert http.get(f"/v1/jobs/{job}/result").json() == http.get(f"/v1/jobs/{job}/result").json() == {"greeting": "hello a"}


def test_a_retry_shows_in_the_old_job_at_once(http: httpx.Client) -> None:
    job = ended(http, "half")
    old = [http.get(f"/v1/jobs/{job}") for _ in range(2)][1]
    assert old.json()["retried_by"] is None
    new = http.post(f"/v1/jobs/{job}/retry").json()["id"]
    shown = http.get(f"/v1/jobs/{job}", headers={"If-None-Match": old.headers["etag"]})
    assert (shown.status_code, shown.json()["retried_by"]) == (200, new)


def test_what_is_removed_is_gone_at_once(http: httpx.Client) -> None:
    job = ended(http, "greet", name="b")
    for path in ("", "/result"):
        assert [http.get(f"/v1/jobs/{job}{path}").status_code for _ in range(2)] == [200, 200]
    assert http.delete(f"/v1/jobs/{job}").status_code == 204
    assert [http.get(f"/v1/jobs/{job}{path}").status_code for path in ("", "/result")] == [410, 410]


def test_figures_are_those_of_the_last_commit(http: httpx.Client) -> None:
    def figures() -> tuple[int, int]:
        (greet,) = [one for one in http.get("/v1/types").json()["items"] if one["type"] == "greet"]
        return http.get("/v1/stats").json()["jobs"]["completed"], greet["counts"]["completed"]

    for _ in range(3):
        before = figures()
        assert figures() == before
        ended(http, "greet", name="c")
        assert figures() == (before[0] + 1, before[1] + 1)
    assert http.post("/v1/types/greet/pause").json()["paused"]
    assert [one["paused"] for one in http.get("/v1/types").json()["items"] if one["type"] == "greet"] == [True]
    http.post("/v1/types/greet/resume")
    assert [one["paused"] for one in http.get("/v1/types").json()["items"] if one["type"] == "greet"] == [False]


def test_a_batch_and_a_job_are_not_mixed_up(http: httpx.Client) -> None:
    batch = http.post("/v1/batches?wait=10", json={"jobs": [{"type": "greet", "params": {"name": "d"}}]}).json()["id"]
    assert [http.get(f"/v1/batches/{batch}").status_code for _ in range(2)] == [200, 200]
    assert http.get(f"/v1/jobs/{batch}").status_code == 404


NEW = submit()
BEGUN = move(NEW.job, ev.Claimed(NOW, "boot"))
OVER = move(BEGUN.job, ev.Returned(NOW, b"1"))


@pytest.mark.parametrize("name", NAMES)
async def test_what_was_read_while_something_happened_is_not_kept(name: str) -> None:
    bus = open_bus()
    kept = Remembered(bus, ManualClock())
    with kept.reading(OVER.job.id) as looked, kept.reading(OVER.job.id) as beside:
        bus.publish(Notice(OVER.job.id, 0))
        with kept.reading(OVER.job.id) as later:
            pass
    for reading in (looked, beside):
        kept.keep(OVER.job.id, name, Answer(b"old"), reading)
    assert kept.answer(OVER.job.id, name) is None
    kept.keep(OVER.job.id, name, Answer(b"new"), later)
    assert kept.answer(OVER.job.id, name) == Answer(b"new")
    bus.publish(Notice(OVER.job.id, OVER.job.seq, OVER.job, OVER.event))
    assert kept.answer(OVER.job.id, name) is None
    assert not kept._readings


async def test_figures_read_while_something_was_committed_are_used_once() -> None:
    bus = open_bus()
    kept = Remembered(bus, ManualClock())
    gate, made = asyncio.Event(), 0

    async def make() -> int:
        nonlocal made
        made += 1
        number = made
        await gate.wait()
        return number

    first = asyncio.create_task(kept.figures("counts", None, make))
    await asyncio.sleep(0)
    bus.publish(Notice(NEW.job.id, 1, NEW.job, NEW.event))
    gate.set()
    assert await first == 1
    assert [await kept.figures("counts", None, make) for _ in range(3)] == [2, 2, 2]
    assert await kept.figures("counts", "somebody", make) == 3
    assert kept.get_stats()["hits"] == 2
    kept.close()
    bus.publish(Notice(NEW.job.id, 1, NEW.job, NEW.event))
    assert await kept.figures("counts", None, make) == 2
    assert kept.answer(NEW.job.id, SNAPSHOT) is None
