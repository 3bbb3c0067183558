"""The arithmetic of a bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.plan import Plan, Stage
from support.histories import PLAN

WEIGHTS = st.lists(st.floats(0.01, 1000), min_size=1, max_size=8)


def plan(weights: list[float]) -> Plan:
    return Plan.of([Stage(f"s{n}", weight) for n, weight in enumerate(weights)])


def test_stages_begin_where_the_weights_before_them_end() -> None:
    assert [PLAN.start(position) for position in (-1, 0, 1, 2)] == [0.0, 0.0, 20.0, 80.0]


@pytest.mark.parametrize(
    ("position", "within", "percent"),
    [(0, 0, 0.0), (0, 50, 10.0), (0, 100, 20.0), (1, 0, 20.0), (1, 50, 50.0), (2, 50, 90.0), (2, 100, 99.9), (-1, 50, 10.0)],
)
def test_percent_of_a_stage_is_percent_of_the_whole(position: int, within: float, percent: float) -> None:
    assert PLAN.percent(position, within) == percent


@pytest.mark.parametrize(("within", "percent"), [(-5, 20.0), (500, 80.0), (float("inf"), 80.0), (float("nan"), 20.0)])
def test_what_lies_outside_a_stage_is_clipped_to_it(within: float, percent: float) -> None:
    assert PLAN.percent(1, within) == percent


@given(WEIGHTS, st.data())
def test_a_bar_stays_within_its_stage_and_below_100(weights: list[float], data: st.DataObject) -> None:
    made = plan(weights)
    position = data.draw(st.integers(0, len(weights) - 1))
    low, high = sorted(data.draw(st.lists(st.floats(0, 100), min_size=2, max_size=2)))
    assert made.start(position) <= made.percent(position, low) <= made.percent(position, high) <= 99.9
    assert made.percent(position, 100) <= (made.start(position + 1) if position + 1 < len(weights) else 99.9)


@given(st.floats(0, 100))
def test_within_is_the_inverse_of_percent_but_for_rounding(within: float) -> None:
    assert PLAN.within(1, PLAN.percent(1, within)) == pytest.approx(within, abs=0.2)


def test_within_is_clipped_to_0_and_100() -> None:
    assert PLAN.within(1, 0.0) == 0.0
    assert PLAN.within(1, 99.9) == 100.0


def test_a_plan_survives_being_stored() -> None:
    assert Plan.load(PLAN.dump()) == PLAN


def test_the_name_stands_in_for_a_missing_title() -> None:
    assert Stage("write", 1, {"en": "Writing"}).titles() == {"zh": "write", "en": "Writing"}


@pytest.mark.parametrize("name", ["", "init", "completed", "failed", "cancelled"])
def test_names_that_mean_something_else_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="may not be named"):
        Stage(name)


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_a_weight_is_a_number_above_0(weight: float) -> None:
    with pytest.raises(ValueError, match="weight"):
        Stage("read", weight)


def test_names_must_differ_and_be_found() -> None:
    with pytest.raises(ValueError, match="differ"):
        Plan.of(["a", "a"])
    assert PLAN.position("think") == 1
    assert (PLAN.name(-1), PLAN.name(1)) == ("init", "think")
    with pytest.raises(KeyError):
        PLAN.position("nowhere")
