"""Rules by a manual clock: window, least samples, `for`, hysteresis, cool-down, RESOLVED (REQUIREMENTS F2, F5)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.alerts import Level
from jindu.monitor.alerts.measured import INPUTS, Measured, measure, written
from jindu.monitor.alerts.rules import DEFAULT_RULES, Move, Rule, State, Watched
from jindu.monitor.history import Totals

RULE = Rule("r", "error_rate", True, 0.05, 0.04, Level.ERROR, least=20, hold=60, cooldown=600)
BAD, GOOD, BETWEEN = Measured(0.5, 100), Measured(0.0, 100), Measured(0.045, 100)
FEW, NOTHING = Measured(0.5, 19), Measured(None, 0)


def after(watched: Watched, *looks: tuple[float, Measured]) -> list[list[Move]]:
    return [watched.judge(measured, at) for at, measured in looks]


def test_the_six_of_the_requirements_are_built_in_and_two_on_estimates() -> None:
    assert {(rule.name, rule.input, rule.above, rule.threshold, rule.level) for rule in DEFAULT_RULES} == {
        ("high_error_rate", "error_rate", True, 0.05, "ERROR"),
        ("high_latency", "avg_latency", True, 10, "WARNING"),
        ("low_success_rate", "success_rate", False, 0.90, "ERROR"),
        ("high_concurrent_tasks", "active_tasks", True, 100, "WARNING"),
        ("cache_hit_rate_low", "cache_hit_rate", False, 0.50, "INFO"),
        ("consistency_low", "consistency_ratio", False, 0.99, "ERROR"),
        ("eta_coverage_low", "eta_coverage", False, 0.70, "WARNING"),
        ("eta_coverage_high", "eta_coverage", True, 0.97, "INFO"),
    }
    assert all(
        rule.least >= 20 and rule.hold > 0 and rule.cooldown > 0 and rule.clear != rule.threshold for rule in DEFAULT_RULES
    )


def test_it_fires_once_it_has_held_for_long_enough() -> None:
    watched = Watched(RULE)
    assert after(watched, (0, BAD), (59.9, BAD)) == [[], []]
    assert watched.state is State.PENDING
    assert after(watched, (60, BAD), (65, BAD)) == [[Move.FIRED, Move.RANG], []]


def test_a_moment_of_good_begins_the_time_anew() -> None:
    watched = Watched(RULE)
    assert after(watched, (0, BAD), (30, GOOD), (31, BAD), (90, BAD)) == [[]] * 4
    assert after(watched, (91, BAD)) == [[Move.FIRED, Move.RANG]]


@pytest.mark.parametrize("verdict", [FEW, NOTHING])
def test_too_few_samples_are_no_verdict(verdict: Measured) -> None:
    watched = Watched(RULE)
    assert after(watched, *((float(at), verdict) for at in range(0, 1000, 5))) == [[]] * 200
    assert after(watched, (1000, BAD), (1030, verdict), (1060, BAD)) == [[]] * 3, "what is not known does not count as bad"
    assert after(watched, (1120, BAD)) == [[Move.FIRED, Move.RANG]]
    assert after(watched, (2000, verdict), (9000, verdict)) == [[], []], "and not as good"
    assert watched.state is State.FIRING


def test_what_dances_around_the_threshold_rings_once() -> None:
    watched = Watched(RULE)
    after(watched, (0, BAD), (60, BAD))
    moves = after(watched, *((60.0 + at, BETWEEN if at % 10 else BAD) for at in range(5, 500, 5)))
    assert moves == [[]] * len(moves)
    assert after(watched, (600, GOOD)) == [[Move.RESOLVED]]
    assert after(watched, (605, GOOD)) == [[]]


def test_within_its_cool_down_it_fires_and_does_not_ring_until_that_is_over() -> None:
    watched = Watched(RULE)
    after(watched, (0, BAD), (60, BAD), (100, GOOD))
    assert after(watched, (110, BAD), (170, BAD)) == [[], [Move.FIRED]]
    assert not watched.told
    assert after(watched, (659, BAD), (660, BAD), (700, BAD)) == [[], [Move.RANG], []]
    after(watched, (710, GOOD))
    after(watched, (720, BAD), (780, BAD))
    assert after(watched, (800, GOOD)) == [[Move.RESOLVED]]
    assert not watched.told, "nobody heard of it, so nobody is told that it is over"


def test_below_is_the_other_way_round() -> None:
    watched = Watched(replace(RULE, above=False, threshold=0.9, clear=0.92))
    assert after(watched, (0, Measured(0.89, 50)), (60, Measured(0.89, 50))) == [[], [Move.FIRED, Move.RANG]]
    assert after(watched, (70, Measured(0.91, 50)), (80, Measured(0.92, 50))) == [[], [Move.RESOLVED]]


@given(st.lists(st.tuples(st.floats(0.1, 400), st.sampled_from([BAD, GOOD, BETWEEN, FEW, NOTHING])), max_size=80))
def test_any_course_of_things(steps: list[tuple[float, Measured]]) -> None:
    """FIRED and RESOLVED take turns, nothing rings while quiet, and never twice within a cool-down."""
    watched, now, firing, rang = Watched(RULE), 0.0, False, float("-inf")
    for pause, measured in steps:
        now += pause
        for move in watched.judge(measured, now):
            if move is Move.RANG:
                assert firing
                assert now - rang >= RULE.cooldown
                rang = now
            else:
                assert firing == (move is Move.RESOLVED)
                firing = not firing
        assert firing == (watched.state is State.FIRING)


# What is measured.


def totals(at: float, **given: float) -> Totals:
    return Totals(at, at, **given)  # type: ignore[arg-type]


def test_inputs_are_of_the_window_alone() -> None:
    samples = [
        totals(0, attempts=1000, faults=1000, completed=5, failed=900, answers=10, seconds=900, cache_looks=100),
        totals(100, attempts=1000, faults=1000, completed=5, failed=900, answers=10, seconds=900, cache_looks=100),
        totals(
            400, attempts=1040, faults=1010, completed=32, failed=903, cancelled=10, answers=30, seconds=910, cache_looks=140,
            cache_hits=10, checks=200, issues=1, active=101, eta_runs=50, eta_held=40,
        ),
    ]  # fmt: skip
    found = {name: measure(name, samples, 300) for name in INPUTS}
    assert found == {
        "error_rate": Measured(0.25, 40),
        "success_rate": Measured(0.9, 30),
        "avg_latency": Measured(0.5, 20),
        "active_tasks": Measured(101, float("inf")),
        "cache_hit_rate": Measured(0.25, 40),
        "consistency_ratio": Measured(0.995, 200),
        "eta_coverage": Measured(0.8, 50),
    }
    assert measure("error_rate", samples, 5) == Measured(None, 0), "nothing happened in the last five seconds"
    assert measure("error_rate", [], 300) == Measured(None, 0)


def test_values_are_written_as_people_read_them() -> None:
    assert [written("error_rate", 0.0512), written("avg_latency", 12.345), written("active_tasks", 101)] == [
        *("5.12 %", "12.3 s", "101"),
    ]  # fmt: skip
