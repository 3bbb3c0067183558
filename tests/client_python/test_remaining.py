"""What remains in words: what people would say, in both languages, and nothing where nothing is known."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu_client import remaining

CASES = json.loads((Path(__file__).parents[1] / "support" / "remaining.json").read_text())  # those of the JavaScript client too


@pytest.mark.parametrize(("state", "en", "zh"), CASES)
def test_as_people_say_it(state: Any, en: str, zh: str) -> None:
    assert remaining(state) == en
    assert remaining(state, "zh") == zh
    assert remaining(state, "fr") == en


@given(st.floats(0, 1e9), st.floats(1, 10))
def test_at_most_is_never_less_than_what_was_meant(p50: float, times: float) -> None:
    said = remaining({"eta": {"p50": p50, "p90": p50 * times}})
    assert said.startswith("about ")
    if "at most" in said:
        figure, *unit = said.split("at most ")[1].split()
        usual_unit = said.split(",")[0].split()[-1]
        seconds = float(figure) * {"s": 1, "min": 60, "h": 3600, "d": 86_400}[unit[0] if unit else usual_unit]
        assert seconds >= p50 * times * (1 - 1e-9)
