"""When a run will end, from runs before: an interval that is never nonsense, whatever was remembered."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jindu.core.eta.fit import fit, quantile
from jindu.core.eta.history import CLAIMED, ENOUGH, KEPT, History, Left, Standing
from jindu.core.eta.marks import MARKS, Marks, Run
from jindu.core.plan import Plan, Stage


def run(*durations: float, size: float | None = None, counted: bool = True) -> Run:
    """A run whose stages took so long, each moving evenly."""
    marks, at = Marks(len(durations)), 0.0
    for stage, seconds in enumerate(durations):
        marks.note(stage, 0.0, at)
        for part in range(1, 21) if counted else ():
            marks.note(stage, part / 20, at + seconds * part / 20)
        at += seconds
    return marks.ended(at, size)


def history(*runs: Run) -> History:
    return History(len(runs[0].marks) // MARKS, runs)


def at(
    stage: int, fraction: float, elapsed: float, *, stood: float = 0.0, size: float | None = None, stages: int = 2
) -> Standing:
    return Standing(stage, fraction, elapsed, stood, elapsed - 4.0 * stage, 100 * (stage + fraction) / stages, size)


def sure(left: Left | None) -> Left:
    assert left is not None
    return left


def test_runs_that_are_all_alike_say_what_remains() -> None:
    known = history(*(run(4.0, 6.0) for _ in range(10)))
    for stage, fraction, elapsed in ((0, 0.0, 0.0), (0, 0.5, 2.0), (1, 0.0, 4.0), (1, 0.35, 6.1), (1, 0.95, 9.7)):
        left = sure(known.left(at(stage, fraction, elapsed)))
        assert left.p50 == pytest.approx(10.0 - elapsed, rel=0.05)
        assert left.p90 == pytest.approx(left.p50, rel=0.06)
        assert not left.slow


def test_below_eight_runs_nothing_is_said_without_a_rate() -> None:
    few = history(*(run(4.0, 6.0) for _ in range(ENOUGH - 1)))
    assert few.left(at(0, 0.0, 1.0)) is None
    assert few.weights is None
    assert few.usual_total() is None
    few.add(run(4.0, 6.0))
    assert few.left(at(0, 0.0, 1.0, stood=1.0)) is not None


def test_without_any_run_the_rate_speaks_and_says_how_unsure_it_is() -> None:
    left = sure(History(2).left(at(0, 0.5, 5.0)))
    assert left.p50 == pytest.approx(15.0)
    assert left.p90 >= 1.5 * left.p50
    assert History(2).left(at(0, 0.0, 5.0)) is None
    assert History(2).left(at(-1, 0.0, 5.0)) is None


def test_a_run_twice_as_slow_is_told_to_stay_so_where_runs_did() -> None:
    spread = random.Random(1)
    steady = history(*(run(4.0 * pace, 6.0 * pace) for pace in (spread.uniform(0.5, 2.0) for _ in range(40))))
    assert sure(steady.left(at(0, 0.5, 4.0))).p50 == pytest.approx(16.0, rel=0.15)


def test_a_run_that_began_slowly_is_told_to_end_as_usual_where_runs_did() -> None:
    spread = random.Random(2)
    unlike = history(*(run(spread.uniform(2.0, 8.0), 6.0) for _ in range(40)))
    assert sure(unlike.left(at(1, 0.0, 8.0))).p50 == pytest.approx(6.0, rel=0.1)


def test_the_size_of_the_work_is_reckoned_with() -> None:
    spread = random.Random(3)
    sized = history(*(run(0.01 * size, 0.02 * size, size=size) for size in (spread.uniform(100, 1000) for _ in range(40))))
    small, large = (sure(sized.left(at(0, 0.0, 0.0, size=size))) for size in (200, 800))
    assert small.p50 == pytest.approx(6.0, rel=0.25)
    assert large.p50 == pytest.approx(24.0, rel=0.25)
    in_first = Standing(0, 0.0, 12.0, 12.0, 12.0, 0.0)
    assert sure(sized.left(replace(in_first, size=100))).slow
    assert not sure(sized.left(replace(in_first, size=2000))).slow, "it is larger"


def test_a_run_that_stands_still_is_compared_with_those_that_stood_as_long() -> None:
    short, long = [run(1.0, 2.0, counted=False)] * 30, [run(9.0, 2.0, counted=False)] * 10
    known = history(*short, *long)
    at_once = sure(known.left(at(0, 0.0, 0.0)))
    assert at_once.p50 == pytest.approx(3.0, rel=0.2)
    assert at_once.p90 == pytest.approx(11.0, rel=0.2)
    later = sure(known.left(at(0, 0.0, 3.0, stood=3.0)))
    assert later.p50 == pytest.approx(8.0, rel=0.2)


def test_a_first_report_that_was_long_in_coming_is_no_rate() -> None:
    spread = random.Random(4)
    known = history(*(run(10.0 * spread.uniform(0.7, 1.4)) for _ in range(30)))
    left = sure(known.left(at(0, 0.01, 1.0, stages=1)))
    assert left.p50 < 25, "a hundred seconds, by its rate"


def test_longer_than_usual_is_said() -> None:
    known = history(*(run(4.0, 6.0, counted=False) for _ in range(20)))
    assert not sure(known.left(at(0, 0.0, 3.0, stood=3.0))).slow
    assert sure(known.left(at(0, 0.0, 5.0, stood=5.0))).slow


def test_the_interval_is_widened_where_it_did_not_hold() -> None:
    narrow = history(*(run(4.0, 6.0) for _ in range(20)))
    before = narrow.level
    for _ in range(5):
        narrow.add(run(8.0, 12.0), held=0.0)
    assert narrow.level > before
    assert before == CLAIMED


def test_what_was_interrupted_is_taken_to_be_as_usual_from_where_it_is() -> None:
    known = history(*(run(4.0, 6.0) for _ in range(10)))
    left = sure(known.left(Standing(1, 0.5, None, 0.0, None, 75.0)))
    assert left.p50 == pytest.approx(3.0, rel=0.1)
    assert History(2).left(Standing(1, 0.5, None, 0.0, None, 75.0)) is None


def test_fits_are_made_anew_a_few_at_a_time_when_enough_was_learned() -> None:
    known = history(*(run(4.0, 6.0) for _ in range(40)))
    before = known.left(at(0, 0.0, 0.0))
    known.add(run(8.0, 12.0))
    assert known.refresh(10) == 0
    for _ in range(40):
        known.add(run(8.0, 12.0))
    assert known.left(at(0, 0.0, 0.0)) == before
    while known.refresh(1):
        pass
    assert sure(known.left(at(0, 0.0, 0.0))).p50 == pytest.approx(20.0, rel=0.3)


def test_weights_follow_time_and_no_stage_vanishes() -> None:
    weights = history(*(run(9.0, 1.0, 0.0) for _ in range(10))).weights
    assert weights is not None
    assert sum(weights) == pytest.approx(1.0)
    assert weights[0] == pytest.approx(0.9, abs=0.02)
    assert weights[2] > 0


def test_only_the_newest_runs_are_kept_and_unfit_ones_left_out() -> None:
    known = history(run(1.0, 1.0))
    for _ in range(KEPT + 50):
        known.add(run(2.0, 2.0))
    assert len(known.runs) == KEPT
    for unfit in (Run((0.0,) * MARKS, 1.0), Run((math.inf,) * 2 * MARKS, 1.0), Run((0.0,) * 2 * MARKS, math.nan)):
        known.add(unfit)
    assert len(known.runs) == KEPT
    assert not Run((5.0, 1.0) + (math.nan,) * 8, 9.0).sound


def test_a_later_attempt_counts_into_what_an_earlier_one_says() -> None:
    """Of ten runs two fail in the middle and are tried again: what remains before the middle has it in."""
    failed = Run((*run(4.0).marks[:6], *(math.nan,) * 5), 14.0)
    known = history(*[run(4.0)] * 8, failed, failed)
    left = sure(known.left(at(0, 0.3, 1.2, stages=1)))
    assert left.p50 == pytest.approx(2.8, rel=0.1)
    assert left.p90 > 9


def test_another_list_of_stages_is_another_version() -> None:
    one = Plan.of([Stage("a", 1), Stage("b", 1)])
    assert one.version == Plan.of([Stage("a", 9), Stage("b", 2)]).version
    assert one.version != Plan.of([Stage("b", 1), Stage("a", 1)]).version


def test_a_quantile_of_a_sample() -> None:
    assert quantile([1.0], 0.9) == 1.0
    assert quantile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert quantile([float(n) for n in range(1, 10)], 0.9) == 9.0


def test_what_is_noted_backwards_is_ignored() -> None:
    marks = Marks(2)
    marks.note(0, 0.0, 1.0)
    marks.note(0, 0.2, 2.0)
    marks.note(0, 0.1, 3.0)
    marks.note(0, 0.4, 1.5)
    marks.note(1, 0.0, math.nan)
    marks.note(7, 0.0, 4.0)
    marks.note(1, 0.9, 4.0)
    assert marks.marks[0] == 1.0
    assert marks.marks[1] == pytest.approx(1.5)
    assert marks.marks[2] == 2.0
    assert math.isnan(marks.marks[4])
    assert marks.marks[MARKS] == 4.0
    assert math.isnan(marks.marks[MARKS + 5]), "a jump over most of a stage says nothing of its middle"


odd = st.sampled_from([0.0, -1.0, 1.0, 5e-324, 1e-300, 1e8, 1e300, 1.7e308, math.inf, -math.inf, math.nan])
seconds = st.floats(0, 1e6) | odd
fractions = st.floats(-0.5, 1.5) | st.floats(0, 1e-300) | odd
reports = st.lists(st.tuples(st.integers(-1, 3), fractions, seconds), max_size=30)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    marks = Marks(3)
    for stage, fraction, when in draw(reports):
        marks.note(stage, fraction, when)
    return marks.ended(draw(seconds), draw(st.none() | seconds))


@given(
    st.lists(runs(), max_size=14),
    st.lists(st.tuples(st.integers(-1, 2), fractions, seconds, seconds, st.none() | seconds), min_size=1, max_size=8),
)
def test_whatever_was_remembered_what_is_told_makes_sense(
    remembered: Sequence[Run], asked: Sequence[tuple[int, float, float, float, float | None]]
) -> None:
    known = History(3)
    for one in remembered:
        known.add(one)
    assert 0.5 <= known.level < 1
    for stage, fraction, elapsed, stood, size in asked:
        left = known.left(Standing(stage, fraction, elapsed, stood, elapsed, 100 * max(stage + fraction, 0) / 3, size))
        if left is not None:
            assert 0 <= left.p50 <= left.p90 < math.inf
    weights = known.weights
    assert weights is None or sum(weights) == pytest.approx(1.0)


@given(st.lists(st.floats(0.01, 100), min_size=ENOUGH, max_size=30), st.floats(0, 1), st.floats(0, 200))
@example([2.0, *[3.0] * 3, *[6.0] * 6], 2.225073858507e-311, 1.0)  # a first item of very many: its rate is no number
def test_runs_that_differ_say_an_interval(durations: Sequence[float], fraction: float, elapsed: float) -> None:
    known = history(*(run(seconds) for seconds in durations))
    left = sure(known.left(at(0, fraction, elapsed, stages=1)))
    assert 0 <= left.p50 <= left.p90 < math.inf


def test_a_mark_that_nobody_passed_has_no_fit() -> None:
    assert fit([run(1.0, 2.0, counted=False)], 5) is None
