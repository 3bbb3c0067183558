"""Back-off with full jitter."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.backoff import Retry


@given(st.integers(1, 10_000), st.integers())
def test_a_delay_lies_between_0_and_the_doubled_base_and_never_above_the_cap(failed: int, seed: int) -> None:
    delay = Retry(attempts=5, base=2, cap=30).delay(failed, rng=random.Random(seed))
    assert 0 <= delay <= min(30, 2 * 2 ** min(failed - 1, 10))


def test_the_jitter_is_full() -> None:
    delays = [Retry(base=8, cap=60).delay(1, rng=random.Random(seed)) for seed in range(500)]
    assert min(delays) < 0.4
    assert max(delays) > 7.6


@given(st.integers(1, 5), st.floats(0, 1000))
def test_what_the_platform_asked_for_wins_over_less(failed: int, at_least: float) -> None:
    assert Retry(base=1, cap=2).delay(failed, at_least) >= at_least


def test_without_a_generator_delays_differ() -> None:
    assert len({Retry(base=10).delay(1) for _ in range(20)}) > 1


def test_durations_may_be_text() -> None:
    assert Retry(base="2s", cap="1m").delay(1, rng=random.Random(1)) <= 2


@pytest.mark.parametrize("given", [{"attempts": 0}, {"base": 10, "cap": 5}, {"base": -1}])
def test_senseless_retries_are_refused(given: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        Retry(**given)
