"""One value, one function: what holds for every job after every legal history (REQUIREMENTS B2, B7; PROTOCOL rules 9, 10)."""

from itertools import pairwise

import pytest
from hypothesis import given

from jindu.core import events as ev
from jindu.core.job import MESSAGE_LIMIT, Job, clip, evolve, fold
from jindu.core.plan import Plan
from jindu.core.states import Kind, Phase
from support.histories import ERROR, JOB, NOW, event, in_phase, live, lives, running, submitted

Life = list[tuple[ev.Event, Job]]


@given(lives())
def test_status_stage_progress_and_is_completed_never_disagree(life: Life) -> None:
    for _, job in life:
        completed = job.status.value == "completed"
        assert completed == (job.stage == "completed") == (job.progress == 100)
        assert job.is_completed == (job.status.value in ("completed", "failed", "cancelled"))
        for end in ("failed", "cancelled"):
            assert (job.status.value == end) == (job.stage == end)
        if job.is_completed and not completed:
            assert job.progress == 0
            assert job.error is not None
        if not job.is_completed:
            assert job.stage in ("init", "read", "think", "write")
            assert 0 <= job.progress <= 99.9
        assert (job.reached is None) == (job.status.value not in ("failed", "cancelled"))


@given(lives())
def test_seq_rises_by_exactly_one_from_one(life: Life) -> None:
    assert [job.seq for _, job in life] == list(range(1, len(life) + 1))


@given(lives())
def test_attempt_stage_and_progress_never_fall_but_at_the_end_that_keeps_what_was_reached(life: Life) -> None:
    for (_, before), (_, now) in pairwise(life):
        if now.phase in (Phase.FAILED, Phase.CANCELLED):
            assert now.reached == before.progress
            assert now.position == before.position
        else:
            assert (now.attempt, now.position, now.progress) >= (before.attempt, before.position, before.progress)
        assert now.updated_at >= before.updated_at


@given(lives())
def test_run_rises_at_claims_and_attempt_at_retries_and_nowhere_else(life: Life) -> None:
    for (_, before), (moved, now) in pairwise(life):
        retried = moved.kind is Kind.RETRY and before.phase is Phase.RUNNING
        assert now.run - before.run == (moved.kind is Kind.CLAIM)
        assert now.attempt - before.attempt == retried


@given(lives())
def test_only_a_job_in_the_hands_of_a_runner_has_a_holder(life: Life) -> None:
    for _, job in life:
        assert (job.holder is not None) == (job.phase in (Phase.RUNNING, Phase.CANCELLING))


@given(lives())
def test_folding_a_history_gives_the_job(life: Life) -> None:
    assert fold(moved for moved, _ in life) == life[-1][1]


def test_a_lower_progress_is_held_and_its_message_kept() -> None:
    job = live(running(), ev.Progressed(NOW, 40.0, "forty"), ev.Progressed(NOW, 30.0, "back"))
    assert (job.progress, job.message, job.seq) == (40.0, "back", 4)


def test_a_progress_without_message_leaves_the_one_that_stands() -> None:
    job = live(running(), ev.Progressed(NOW, 40.0, "forty"), ev.Progressed(NOW, 50.0))
    assert (job.progress, job.message) == (50.0, "forty")


@pytest.mark.parametrize("percent", [99.99, 100.0, 1e9, float("inf")])
def test_an_open_job_shows_at_most_99_9(percent: float) -> None:
    assert live(running(), ev.Progressed(NOW, percent)).progress == 99.9


@pytest.mark.parametrize("percent", [float("nan"), -1.0, float("-inf")])
def test_senseless_progress_moves_nothing_and_never_raises(percent: float) -> None:
    assert live(running(), ev.Progressed(NOW, 12.0), ev.Progressed(NOW, percent)).progress == 12.0


def test_a_stage_lifts_progress_to_its_start_and_may_be_skipped_to() -> None:
    job = live(running(), ev.StageEntered(NOW, 2))
    assert (job.stage, job.progress) == ("write", 80.0)


@pytest.mark.parametrize("position", [0, 1, 3, -1])
def test_a_backward_or_unknown_stage_raises_and_changes_nothing(position: int) -> None:
    job = live(running(), ev.StageEntered(NOW, 1))
    with pytest.raises(ValueError, match="forward"):
        evolve(job, ev.StageEntered(NOW, position))
    assert job.stage == "think"


def test_a_retry_without_checkpoints_starts_from_nothing() -> None:
    job = live(running(), ev.StageEntered(NOW, 1), ev.Progressed(NOW, 50.0, "half"))
    again = live(job, ev.RetryScheduled(NOW, NOW + 9, ERROR, keep_floor=False))
    assert (again.status.value, again.stage, again.progress, again.attempt) == ("pending", "init", 0.0, 2)
    assert (again.message, again.entered) == ("", ())
    assert (again.retry_at, again.due_at, again.error) == (NOW + 9, NOW + 9, ERROR)


def test_a_retry_with_checkpoints_keeps_how_far_it_came() -> None:
    job = live(running(), ev.StageEntered(NOW, 1), ev.Progressed(NOW, 50.0, "half"))
    again = live(job, ev.RetryScheduled(NOW, NOW + 9, ERROR, keep_floor=True))
    assert (again.stage, again.progress, again.message, again.attempt) == ("think", 50.0, "half", 2)


def test_the_next_claim_clears_what_the_retry_said() -> None:
    again = live(running(), ev.RetryScheduled(NOW, NOW + 9, ERROR, keep_floor=False), ev.Claimed(NOW + 10, "boot-2"))
    assert (again.retry_at, again.error, again.run, again.started_at) == (None, None, 2, NOW)


@pytest.mark.parametrize(("kind", "crashes"), [(Kind.HAND_BACK, 0), (Kind.LOST, 1)])
def test_nobody_pays_an_attempt_for_a_hand_back_or_a_death_of_the_server(kind: Kind, crashes: int) -> None:
    job = live(running(), ev.StageEntered(NOW, 1), ev.Progressed(NOW, 50.0))
    back = live(job, event(kind))
    assert (back.status.value, back.attempt, back.stage, back.progress) == ("pending", 1, "think", 50.0)
    assert back.crashes == crashes


def test_a_wish_leaves_the_job_running_and_shown_as_cancelling() -> None:
    job = live(running(), ev.Progressed(NOW, 20.0), event(Kind.WISH), ev.Progressed(NOW, 30.0))
    assert (job.status.value, job.cancelling, job.progress) == ("running", True, 30.0)


def test_a_body_that_returns_after_the_wish_completes() -> None:
    done = live(running(), event(Kind.WISH), event(Kind.RETURN))
    assert (done.status.value, done.progress, done.error, done.cancelling) == ("completed", 100.0, None, False)


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.RETRY, Kind.HAND_BACK, Kind.LOST])
def test_whatever_dies_after_the_wish_is_cancelled_and_says_so(kind: Kind) -> None:
    job = live(running(), ev.Progressed(NOW, 20.0), event(Kind.WISH), event(kind))
    assert (job.status.value, job.stage, job.progress, job.reached) == ("cancelled", "cancelled", 0.0, 20.0)
    assert job.error is not None
    assert job.error["code"] == "JOB_CANCELLED"
    assert JOB in job.error["id"]
    assert (job.attempt, job.retry_at, job.holder) == (1, None, None)


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.FAILED, Phase.CANCELLED])
def test_an_end_has_a_time_and_no_holder(phase: Phase) -> None:
    job = in_phase(phase)
    assert (job.finished_at, job.holder, job.retry_at) == (NOW, None, None)


def test_partial_results_and_lines_are_counted_and_outlive_a_retry() -> None:
    job = live(running(), event(Kind.RESULT), event(Kind.RESULT), event(Kind.LOG), event(Kind.RETRY))
    assert (job.results, job.result_bytes, job.lines) == (2, 2, 1)


def test_priority_is_seconds_of_head_start() -> None:
    assert live(submitted(), ev.Changed(NOW, 30, ("vip",))).rank == submitted().rank - 30


def test_a_long_message_is_cut_visibly() -> None:
    job = live(running(), ev.Progressed(NOW, 1.0, "字" * 600))
    assert len(job.message) == MESSAGE_LIMIT == 500
    assert job.message.endswith("字…")
    assert clip("字" * 500) == "字" * 500


def test_a_job_without_stages_has_one_named_working() -> None:
    job = live(running(plan=Plan.of([])), ev.StageEntered(NOW, 0))
    assert (job.stage, job.progress) == ("working", 0.0)
