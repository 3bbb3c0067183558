"""A job as HTTP shows it: exactly the fields of HTTP_API, all from one value."""

from typing import Any

import orjson
from hypothesis import given

from jindu.core import events as ev
from jindu.core import frames, snapshot
from jindu.core.advice import NOTHING, Told, poll_after_ms
from jindu.core.job import Job
from jindu.core.states import Kind
from support.histories import JOB, NOW, event, live, lives, running, submitted

FIELDS = {
    "id", "type", "status", "stage", "stages", "progress", "is_completed", "message", "attempt", "max_attempts", "retry_at",
    "cancelling", "eta", "queue", "stale_after", "results", "partial", "result", "error", "reached", "seq", "epoch", "params",
    "owner", "tags", "priority", "created_at", "started_at", "updated_at", "finished_at", "expires_at", "retry_of",
    "retried_by", "batch", "poll_after_ms", "links",
}  # fmt: skip
NOT_IN_LISTS = {"params", "partial", "result", "stages"}


def whole(job: Job, result: bytes | None = None, **given: Any) -> Any:
    partial = given.get("partial", [])
    return orjson.loads(orjson.dumps(snapshot.snapshot(job, result, partial, "E1", given.get("wall", NOW))))


@given(lives())
def test_a_snapshot_has_exactly_its_fields_in_every_state(life: list[tuple[ev.Event, Job]]) -> None:
    job = life[-1][1]
    assert set(whole(job, b"1")) == FIELDS
    assert set(snapshot.item(job, "E1", NOW)) == FIELDS - NOT_IN_LISTS


@given(lives())
def test_snapshot_item_and_frame_say_the_same(life: list[tuple[ev.Event, Job]]) -> None:
    job = life[-1][1]
    full, item, frame = whole(job), snapshot.item(job, "E1", NOW), frames.state(job)
    for name in ("status", "stage", "progress", "is_completed", "attempt", "cancelling", "updated_at", "results", "message"):
        assert full[name] == item[name] == frame[name]
    assert full["reached"] == job.reached
    assert (full["error"] is not None) == (job.status.value in ("failed", "cancelled"))


@given(lives())
def test_stages_agree_with_the_job(life: list[tuple[ev.Event, Job]]) -> None:
    job = life[-1][1]
    rows = whole(job)["stages"]
    assert [row["name"] for row in rows] == ["read", "think", "write"]
    for position, row in enumerate(rows):
        assert set(row) == {"name", "title", "state", "progress", "started_at", "ended_at"}
        assert set(row["title"]) == {"zh", "en"}
        assert row["state"] in ("pending", "running", "completed", "skipped", "failed", "cancelled")
        assert 0 <= row["progress"] <= 100
        assert (row["started_at"] is None) == (row["state"] in ("pending", "skipped"))
        if row["state"] in ("running", "failed", "cancelled"):
            assert position == job.position
    if job.status.value == "completed":
        assert {row["state"] for row in rows} <= {"completed", "skipped"}


def test_a_stage_passed_over_is_skipped_and_the_times_of_others_are_kept() -> None:
    job = live(running(), ev.StageEntered(NOW + 1, 0), ev.StageEntered(NOW + 3, 2), ev.Progressed(NOW + 4, 90.0))
    read, think, write = whole(job)["stages"]
    assert (read["state"], read["progress"], read["started_at"][-5:-1], read["ended_at"][-7:-1]) == (
        "completed",
        100.0,
        ".000",
        "03.000",
    )
    assert (think["state"], think["progress"], think["started_at"]) == ("skipped", 0.0, None)
    assert (write["state"], write["progress"], write["ended_at"]) == ("running", 50.0, None)


def test_values_of_a_finished_job() -> None:
    job = live(
        submitted(owner="lena", expires_at=NOW + 60, params=b'{"brand":"A"}', max_attempts=3),
        ev.Changed(NOW, 7, ("vip",)),
        event(Kind.CLAIM, NOW + 1),
        ev.ResultKept(NOW + 2, "a", b'{"n":1}'),
        event(Kind.RETURN, NOW + 3),
    )
    full = whole(job, b'{"score":88}', partial=[(4, "a", b'{"n":1}')])
    assert full["params"] == {"brand": "A"}
    assert full["result"] == {"score": 88}
    assert full["partial"] == [{"seq": 4, "key": "a", "data": {"n": 1}}]
    assert (full["id"], full["type"], full["owner"], full["tags"], full["priority"]) == (JOB, "diagnose", "lena", ["vip"], 7)
    assert (full["seq"], full["epoch"], full["max_attempts"], full["poll_after_ms"]) == (5, "E1", 3, None)
    times = [full[name][-7:-1] for name in ("created_at", "started_at", "updated_at", "finished_at")]
    assert times == ["00.000", "01.000", "03.000", "03.000"]
    assert full["expires_at"] == "2027-01-15T08:01:00.000Z"
    base = f"/v1/jobs/{JOB}"
    assert full["links"] == {"self": base, "events": f"{base}/events", "result": f"{base}/result", "cancel": f"{base}/cancel"}


def test_a_large_result_is_still_whole_in_the_snapshot() -> None:
    full = whole(live(running(), event(Kind.RETURN)), orjson.dumps("x" * 100_000))
    assert len(full["result"]) == 100_000
    assert "result_url" not in full


def test_polling_slows_down_for_a_job_that_stands_still() -> None:
    job = running()
    assert poll_after_ms(job, NOTHING, NOW + 1) < poll_after_ms(job, NOTHING, NOW + 120)  # type: ignore[operator]
    assert poll_after_ms(live(job, event(Kind.FAIL)), NOTHING, NOW) is None


def test_polling_follows_what_is_known_of_the_end() -> None:
    job = running()
    soon, later, far = (poll_after_ms(job, Told({"p50": p50, "p90": 2 * p50}), NOW) for p50 in (0.5, 40.0, 4000.0))
    assert (soon, later, far) == (1000, 5000, 10_000)
    waiting = Told({"p50": 4000.0, "p90": 5000.0}, {"position": 3, "wait": 16.0})
    assert poll_after_ms(job, waiting, NOW) == 2000
