"""What is foretold of jobs: ends from the runs before them, waits from the line, nothing where nothing is known."""

import pytest

from engine.foretelling import Forge, Kept
from jindu import App
from jindu.bus.contract import Notice
from jindu.core import events as ev
from jindu.core.advice import NOTHING
from jindu.core.eta.history import ENOUGH
from jindu.core.job import Job, evolve
from jindu.core.shown import Eta
from jindu.store.contract import StoreBusy
from support.histories import ERROR, submission


async def forge_that_knows(runs: int = 12, store: Kept | None = None) -> Forge:
    forge = Forge(store)
    for _ in range(runs):
        await forge.run()
    return forge


def eta(forge: Forge, job: Job) -> Eta:
    told = forge.told(job).eta
    assert told is not None
    return told


async def test_nothing_is_told_before_anything_is_known() -> None:
    forge = Forge()
    job = forge.begin(forge.submit())
    assert forge.told(job) == NOTHING
    forge.clock.advance(5)
    job = forge.reach(forge.enter(job, 0), 50)
    assert eta(forge, job)["p50"] == pytest.approx(15.0), "a quarter of the way in five seconds: its rate is something"


async def test_the_end_is_told_from_the_runs_before_and_counts_down() -> None:
    forge = await forge_that_knows()
    job = forge.enter(forge.begin(forge.submit()), 0)
    assert eta(forge, job)["p50"] == pytest.approx(10.0, rel=0.1)
    forge.clock.advance(2)
    assert eta(forge, forge.reach(job, 50))["p50"] == pytest.approx(8.0, rel=0.1)
    assert "slow" not in eta(forge, job)
    assert forge.told(forge.end(job)) == NOTHING


async def test_what_was_told_a_moment_ago_is_told_again_without_being_worked_out() -> None:
    forge = await forge_that_knows()
    job = forge.enter(forge.begin(forge.submit()), 0)
    assert forge.told(job) is forge.told(job)


async def test_a_clock_that_is_set_moves_no_estimate() -> None:
    forge = await forge_that_knows()
    job = forge.enter(forge.begin(forge.submit()), 0)
    forge.clock.advance(2)
    job = forge.reach(job, 50)
    for jump in (7200, -14_400):
        forge.clock.jump(jump)
        forge.clock.advance(0.3)
        assert 7 < eta(forge, job)["p50"] < 9


async def test_one_that_takes_longer_than_usual_is_said_to() -> None:
    forge = await forge_that_knows()
    job = forge.enter(forge.begin(forge.submit()), 0)
    forge.clock.advance(9)
    assert eta(forge, job)["slow"] is True


async def test_the_size_of_the_work_counts() -> None:
    forge = Forge()
    for n in (1, 2, 3, 4, 5, 6) * 3:
        await forge.run(4.0 * n, 6.0 * n, n=n)
    small, large = (forge.enter(forge.begin(forge.submit(n=n)), 0) for n in (1, 6))
    assert eta(forge, small)["p50"] == pytest.approx(10.0, rel=0.3)
    assert eta(forge, large)["p50"] == pytest.approx(60.0, rel=0.3)


async def test_new_jobs_weigh_their_stages_as_runs_did() -> None:
    forge = await forge_that_knows(ENOUGH - 1)
    assert forge.submit().spec.plan is forge.bake.plan
    await forge.run()
    plan = forge.submit().spec.plan
    assert [round(stage.weight, 2) for stage in plan.stages] == [0.4, 0.6]
    assert [stage.name for stage in plan.stages] == ["fetch", "think"]
    assert forge.submit().spec.plan is plan, "one plan for all, until it has to change"
    for _ in range(20):
        await forge.run(9.0, 1.0)
    assert forge.submit().spec.plan is not plan


async def test_a_second_attempt_is_one_course_with_the_first() -> None:
    forge = await forge_that_knows(20)
    job = forge.enter(forge.begin(forge.submit()), 0)
    forge.clock.advance(2)
    job = forge.fail(forge.reach(job, 50), after=5)
    assert eta(forge, job)["p50"] == pytest.approx(15.0, rel=0.2), "it waits, then begins anew"
    forge.clock.advance(5)
    job = forge.enter(forge.begin(job), 0)
    assert eta(forge, job)["p50"] == pytest.approx(10.0, rel=0.2)
    forge.end(await forge.walk(forge.enter(await forge.walk(job, 4), 1), 6))
    await forge.tick()
    newest = forge.foresight.lessons.history("bake", forge.bake.plan).runs[-1]
    assert newest.total == pytest.approx(17.0), "who stands in the middle of the first has the second in it"


async def test_a_run_that_was_interrupted_is_told_of_and_not_learned_from() -> None:
    forge = await forge_that_knows(10)
    job = forge.enter(forge.begin(forge.submit()), 0)
    forge.clock.advance(2)
    job = forge.to(forge.reach(job, 50), ev.HandedBack(forge.clock.wall()))
    forge.clock.advance(3600)
    job = forge.begin(job)
    assert eta(forge, job)["p50"] == pytest.approx(8.0, rel=0.2), "an hour of standing still says nothing of its pace"
    forge.end(job)
    await forge.tick()
    assert len(forge.foresight.lessons.history("bake", forge.bake.plan).runs) == 10


async def test_failed_and_cancelled_jobs_teach_nothing() -> None:
    forge = await forge_that_knows(3)
    job = forge.begin(forge.submit())
    forge.to(job, ev.Failed(forge.clock.wall(), ERROR))
    await forge.tick()
    assert len(forge.foresight.lessons.history("bake", forge.bake.plan).runs) == 3


async def test_what_was_learned_is_kept_and_read() -> None:
    store = Kept()
    first = await forge_that_knows(10, store)
    await first.foresight.close()
    assert [one.type for one in store.runs] == ["bake"] * 10
    again = Forge(store)
    await again.foresight.begin()
    job = again.enter(again.begin(again.submit()), 0)
    assert eta(again, job)["p50"] == pytest.approx(10.0, rel=0.1)


async def test_a_store_that_is_busy_keeps_it_later() -> None:
    store = Kept()
    forge = Forge(store)
    store.busy = True
    with pytest.raises(StoreBusy):
        await forge.run()
    store.busy = False
    forge.clock.advance(10)
    await forge.tick()
    assert len(store.runs) == 1


async def test_a_store_that_keeps_no_runs_has_them_in_memory() -> None:
    class Other:
        shared = None

        async def page(self, query: object) -> list[Job]:
            return []

    forge = await forge_that_knows(10, Other())  # type: ignore[arg-type]
    assert eta(forge, forge.enter(forge.begin(forge.submit()), 0))["p50"] == pytest.approx(10.0, rel=0.1)


async def test_of_many_that_end_at_once_some_are_learned_from() -> None:
    forge = Forge()
    for _ in range(100):
        forge.end(forge.begin(forge.submit()))
    await forge.tick()
    assert 1 <= len(forge.foresight.lessons.history("bake", forge.bake.plan).runs) < 10


async def test_it_keeps_score_of_itself() -> None:
    forge = Forge()
    for _ in range(14):
        await forge.run(looks=10)
    scores = forge.metrics.eta
    assert scores.runs.get("bake") >= 4
    assert scores.coverage.get("bake") > 0.8
    mean = scores.error.mean("bake")
    assert mean is not None
    assert mean < 0.2
    lesson = forge.foresight.lessons.of(forge.bake)
    assert lesson is not None
    assert lesson.errors[-1] < 0.05


async def test_a_run_that_lost_its_job_to_another_node_is_forgotten() -> None:
    forge = Forge()
    job = forge.begin(forge.submit())
    forge.bus.publish(Notice(job.id, 9))
    assert job.id in forge.foresight._courses, "a hint alone does not take it from us"
    forge.foresight.over(job.id)
    again = forge.fail(forge.begin(forge.submit()), after=5)
    forge.foresight.over(again.id)
    assert again.id in forge.foresight._courses, "it is tried again"
    forge.bus.publish(Notice(again.id, 9))
    assert not forge.foresight._courses


async def test_jobs_that_another_node_runs_are_told_of_by_their_rows() -> None:
    forge = await forge_that_knows()
    now = forge.clock.wall()
    job = evolve(None, ev.Submitted(now, submission(id="far", type="bake", plan=forge.bake.plan, created_at=now), now))
    job = evolve(evolve(job, ev.Claimed(now, "elsewhere")), ev.StageEntered(now, 0))
    forge.clock.advance(2)
    job = evolve(job, ev.Progressed(forge.clock.wall(), 25.0))
    assert eta(forge, job)["p50"] == pytest.approx(8.0, rel=0.15)
    forge.bus.publish(Notice("far", 9))


async def test_what_is_not_known_here_gets_no_advice() -> None:
    forge = Forge()
    assert forge.told(forge.submit(type="other")) == NOTHING


async def silent(forge: Forge, job: Job, seconds: float) -> Job:
    """Through a stage without a word; the bar follows what moves it."""
    for _ in range(10):
        forge.clock.advance(seconds / 10)
        await forge.tick()
    return job


async def test_time_moves_the_bar_of_a_stage_that_never_says_how_far_it_is() -> None:
    forge = Forge()
    for _ in range(12):
        job = await forge.walk(forge.enter(forge.begin(forge.submit()), 0), 4)
        forge.end(await silent(forge, forge.enter(job, 1), 6))
    moved: list[float] = []
    job = forge.begin(forge.submit())
    forge.foresight.begun(job.id, moved.append)
    job = await forge.walk(forge.enter(job, 0), 4, looks=10)
    assert not moved, "it counts"
    await silent(forge, forge.enter(job, 1), 6)
    assert moved == sorted(moved)
    assert moved[0] == pytest.approx(46, abs=4)
    assert 90 < moved[-1] < 98, "time alone does not fill it"
    assert len(moved) == 10


async def test_an_author_who_counts_moves_the_bar_alone() -> None:
    forge = Forge()
    for _ in range(12):
        forge.end(await silent(forge, forge.enter(forge.begin(forge.submit()), 0), 6))
    job, moved = forge.begin(forge.submit()), list[float]()
    forge.foresight.begun(job.id, moved.append)
    job = forge.reach(forge.enter(job, 0), 30)
    await silent(forge, job, 3)
    assert not moved


# The line.


async def test_places_and_waits() -> None:
    forge = await forge_that_knows()
    running = [forge.begin(forge.submit()) for _ in range(2)]
    waiting = [forge.submit() for _ in range(4)]
    queues = [forge.told(job).queue for job in waiting]
    assert [queue and queue["position"] for queue in queues] == [1, 2, 3, 4]
    waits = [queue["wait"] for queue in queues if queue]
    assert waits == sorted(waits, key=lambda wait: wait or 0)
    assert waits[0] == pytest.approx(2.5, rel=0.2), "two at once, ten seconds each: a turn every five"
    assert waits[3] == pytest.approx(17.5, rel=0.2)
    assert eta(forge, waiting[3])["p50"] == pytest.approx(27.5, rel=0.2)
    first = forge.submit(priority=60)
    assert forge.told(first).queue == {"position": 1, "wait": waits[0]}
    forge.clock.advance(1)
    forge.end(running[0])
    forge.begin(first)
    forge.to(waiting[0], ev.Cancelled(forge.clock.wall(), ERROR))
    queue = forge.told(waiting[1]).queue
    assert queue is not None
    assert queue["position"] == 1


async def test_a_free_slot_is_no_wait() -> None:
    forge = await forge_that_knows()
    assert forge.told(forge.submit()).queue == {"position": 1, "wait": 0.0}


async def test_without_runs_the_wait_is_told_from_how_fast_jobs_leave() -> None:
    forge = Forge()
    jobs = [forge.submit() for _ in range(20)]
    assert forge.told(jobs[-1]).queue == {"position": 20, "wait": None}
    open_jobs = [forge.begin(jobs.pop(0)) for _ in range(2)]
    for _ in range(6):
        forge.clock.advance(3)
        forge.end(open_jobs.pop(0))
        open_jobs.append(forge.begin(jobs.pop(0)))
    queue = forge.told(jobs[0]).queue
    assert queue is not None
    assert queue["wait"] == pytest.approx(1.5)


async def test_a_job_of_later_stands_in_no_line_until_then() -> None:
    forge = await forge_that_knows()
    for _ in range(2):
        forge.begin(forge.submit())
    job = forge.submit(delay=30)
    assert forge.told(job).queue is None
    assert eta(forge, job)["p50"] == pytest.approx(40.0, rel=0.1)
    forge.clock.advance(31)
    queue = forge.told(job).queue
    assert queue is not None
    assert queue["position"] == 1


async def test_a_paused_type_has_places_and_no_times() -> None:
    forge = await forge_that_knows()
    forge.app.registry.pause("bake")
    told = forge.told(forge.submit())
    assert told.eta is None
    assert told.queue == {"position": 1, "wait": None}


async def test_a_full_queue_is_told_by_what_is_learned_when_nothing_ended_of_late() -> None:
    forge = await forge_that_knows()
    assert forge.foresight.jobs_a_second() is None
    for _ in range(4):
        forge.submit()
    assert forge.foresight.jobs_a_second() == pytest.approx(0.2, rel=0.2)


async def test_the_line_is_read_at_the_start_and_anew_where_other_nodes_share_the_store() -> None:
    store, forge = Kept(shared=True), Forge()
    waiting = [forge.submit() for _ in range(3)]
    store.waiting = waiting
    other = Forge(store)
    await other.foresight.begin()
    assert [queue and queue["position"] for queue in (other.told(job).queue for job in waiting)] == [1, 2, 3]
    store.waiting = waiting[1:]
    await other.tick()
    assert other.told(waiting[0]).queue is None
    queue = other.told(waiting[2]).queue
    assert queue is not None
    assert queue["position"] == 2


async def test_what_is_heard_while_the_line_is_read_is_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    forge = Forge()
    job = forge.submit()

    async def read_before_it_was_claimed(query: object) -> list[Job]:
        if forge.foresight.line.waiting("bake"):
            forge.begin(job)
            return [job]
        return []

    monkeypatch.setattr(forge.store, "page", read_before_it_was_claimed)
    await forge.foresight.line.load()
    assert forge.foresight.line.waiting("bake") == 0


async def test_a_removed_job_leaves_the_line() -> None:
    forge = Forge()
    job = forge.submit()
    forge.bus.publish(Notice(job.id, 0))
    assert forge.foresight.line.waiting("bake") == 0


# What an author says of the size.


def app_with(size: object) -> App:
    app = App()
    app.job(name="wash", size=size)(_wash)  # type: ignore[call-overload]
    return app


async def _wash(plates: list[str], spoons: int = 3) -> None: ...


@pytest.mark.parametrize(
    ("size", "params", "found"),
    [
        ("plates", b'{"plates":["a","b"]}', 2.0),
        ("spoons", b'{"plates":[]}', 3.0),
        (lambda plates, spoons: len(plates) * spoons, b'{"plates":["a"],"spoons":7}', 7.0),
        ("plates", b'{"plates":[]}', None),
        (lambda **_: 1 / 0, b'{"plates":[]}', None),
        (lambda **_: "x" * 4, b'{"plates":[]}', 4.0),
        (lambda **_: True, b'{"plates":[]}', None),
        (lambda **_: float("nan"), b'{"plates":[]}', None),
        ("spoons", b'{"spoons":"many"}', None),
    ],
)
def test_a_size_is_a_number_above_nothing(size: object, params: bytes, found: float | None) -> None:
    assert app_with(size).registry["wash"].size_of(params) == found


@pytest.mark.parametrize("size", ["forks", 7])
def test_a_size_that_cannot_be_one_is_refused_when_the_job_is_declared(size: object) -> None:
    with pytest.raises(TypeError, match="size="):
        app_with(size)
