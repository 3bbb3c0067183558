"""What is heard of jobs: any legal life is counted so that figures add up, and nothing is kept of what has ended."""

from hypothesis import given
from hypothesis import strategies as st

from jindu.bus.contract import Notice
from jindu.bus.local import LocalBus
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.job import Job, evolve
from jindu.core.states import ENDS, IllegalTransition, Kind
from jindu.monitor.flow import Flow, success_rate
from support.histories import JOB, NOW, PLAN, event, submission

TYPE = "diagnose"


class Heard:
    """One flow, and jobs that live in front of it."""

    def __init__(self) -> None:
        self.bus, self.clock = LocalBus(), ManualClock()
        self.flow = Flow(self.bus, self.clock)
        self.jobs: dict[str, Job | None] = {}

    def tell(self, made: ev.Event, id: str = JOB) -> Job:
        job = self.jobs[id] = evolve(self.jobs.get(id), made)
        self.bus.publish(Notice(id, job.seq, job, made))
        return job


def test_waiting_running_and_stages_are_timed() -> None:
    heard = Heard()
    heard.tell(ev.Submitted(NOW, submission(), NOW + 10))  # due in ten seconds
    heard.tell(ev.Claimed(NOW + 13, "boot"))
    assert heard.flow.active[TYPE] == 1
    heard.clock.advance(2)
    heard.tell(ev.StageEntered(NOW + 15, 0))
    heard.clock.advance(3)
    heard.tell(ev.StageEntered(NOW + 18, 1))
    heard.clock.advance(4)
    heard.tell(ev.Returned(NOW + 22, b"1"))
    flow = heard.flow
    assert (flow.wait.mean(TYPE), flow.run.mean(TYPE)) == (3, 9)
    assert [flow.stage.mean(TYPE, name) for name in ("init", "read", "think")] == [2, 3, 4]
    assert flow.active[TYPE] == 0
    assert flow.ended.get(TYPE, "completed") == 1


def test_a_job_that_was_handed_back_waits_from_then() -> None:
    heard = Heard()
    for made in (
        ev.Submitted(NOW, submission(), NOW),
        ev.Claimed(NOW + 1, "a"),
        ev.HandedBack(NOW + 50),
        ev.Claimed(NOW + 52, "b"),
    ):
        heard.tell(made)
    spread = heard.flow.wait.have(TYPE)
    assert (spread.count, spread.sum) == (2, 3)
    assert heard.flow.attempts.get(TYPE) == 0, "to be handed back is no end of an attempt"


def test_one_that_ran_before_this_process_did_waits_for_nobody_knows_how_long() -> None:
    heard = Heard()
    job = evolve(evolve(evolve(None, ev.Submitted(NOW, submission(), NOW)), ev.Claimed(NOW + 1, "a")), ev.HandedBack(NOW + 9))
    heard.jobs[JOB] = job
    heard.tell(ev.Claimed(NOW + 1000, "b"))
    assert heard.flow.wait.mean(TYPE) is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(list(Kind))), max_size=60))
def test_any_two_lives_add_up(steps: list[tuple[str, Kind]]) -> None:
    heard, told = Heard(), 0
    for id, kind in steps:
        before = heard.jobs.get(id)
        made = ev.Submitted(NOW, submission(id=id), NOW) if kind is Kind.SUBMIT else event(kind)
        try:
            heard.tell(made, id)
        except (IllegalTransition, ValueError):
            heard.jobs[id] = before
            continue
        told += 1
    flow, jobs = heard.flow, [job for job in heard.jobs.values() if job is not None]
    assert flow.events.total == told
    assert flow.submitted.total == len(jobs)
    assert flow.ended.total == sum(job.phase in ENDS for job in jobs)
    assert flow.active.total() == sum(job.holder is not None and job.phase not in ENDS for job in jobs) == len(flow._running)
    assert flow.run.have(TYPE).count == sum(job.run for job in jobs) - len(flow._running)
    assert flow.faults.total <= flow.attempts.total
    assert len(flow._back) <= len(jobs)


def test_what_is_declared_is_shown_before_anything_happens() -> None:
    heard = Heard()
    heard.flow.declare(TYPE, PLAN)
    assert {labels for labels in heard.flow.stage.values} == {(TYPE, name) for name in ("init", "read", "think", "write")}
    assert heard.flow.ended.values == {(TYPE, how): 0 for how in ("completed", "failed", "cancelled")}
    assert success_rate(0, 0) is None
