"""Durations as authors write them."""

from datetime import timedelta

import pytest

from jindu.core.durations import Duration, seconds


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0, 0.0), (1.5, 1.5), ("90s", 90.0), ("250ms", 0.25), ("5m", 300.0), ("1h", 3600.0), ("2d", 172_800.0),
        ("1h30m", 5400.0), ("1m500ms", 60.5), ("1.5h", 5400.0), ("30", 30.0), (" 5m ", 300.0), (timedelta(minutes=2), 120.0),
    ],
)  # fmt: skip
def test_every_way_of_writing_means_seconds(written: Duration, meant: float) -> None:
    assert seconds(written) == pytest.approx(meant)


@pytest.mark.parametrize(
    "written", ["", "s", "5 minutes", "5x", "-5s", "1e3", "inf", "nan", -1, float("nan"), float("inf"), timedelta(seconds=-1)]
)
def test_anything_else_raises(written: Duration) -> None:
    with pytest.raises(ValueError):
        seconds(written)
