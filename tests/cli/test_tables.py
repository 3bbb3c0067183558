"""What tables make of odd jobs: texts of others, failures on the way, long times."""

import io
from typing import Any

import pytest
from rich.console import Console

from jindu.cli import tables
from jindu.cli.watching import clean, complain, short
from jindu_client import JobCancelled, WatchStopped

NOW = 1_800_000_000.0
ITEM = {"id": "a" * 64, "type": "t", "status": "running", "stage": "s", "progress": 40.0, "created_at": "2027-01-15T07:00:00Z"}


def drawn(*parts: Any, width: int = 160, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, markup=False, emoji=False, highlight=False, force_terminal=colour)
    for part in parts:
        console.print(part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0.0s"), (0.44, "0.4s"), (12.9, "12s"), (200, "3m20s"), (3600, "1h"), (7500, "2h5m"), (442_800, "5d3h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert tables.lasted(seconds) == text


@pytest.mark.parametrize("width", [60, 80, 160])
def test_an_id_is_never_cut(width: int) -> None:
    assert drawn(tables.jobs([ITEM], "en", NOW), width=width).count("a") >= 64


def test_text_of_others_cannot_steer_a_terminal() -> None:
    evil = "\x1b]0;x\x07\x9b31m[red]:smile:"
    item = {**ITEM, "type": evil, "owner": evil, "stage": evil}
    snapshot = {
        **item, "message": evil, "tags": [evil], "partial": [{"key": evil, "data": evil}],
        "stages": [{"name": evil, "state": "running", "progress": 1}],
    }  # fmt: skip
    for shown in (drawn(tables.jobs([item], "en", NOW)), drawn(*tables.job(snapshot, "en", NOW))):
        assert not set(shown) & set("\x1b\x07\x9b")
        assert "31m[red]:smile:" in shown
    assert short("a\nb") == clean("a\nb") == "a\N{REPLACEMENT CHARACTER}b"


def test_a_job_that_is_being_cancelled_says_so() -> None:
    item = {**ITEM, "cancelling": True}
    assert "cancelling" in drawn(tables.jobs([item], "en", NOW))
    assert "取消中" in drawn(*tables.job(item, "zh", NOW))


def test_a_job_that_failed_shows_how_far_it_came() -> None:
    error = {"code": "X", "title": {"en": "It broke", "zh": "坏了"}}
    item = {**ITEM, "status": "failed", "is_completed": True, "progress": 0.0, "reached": 41.5, "error": error}
    for shown in (drawn(tables.jobs([item], "en", NOW)), drawn(*tables.job(item, "en", NOW))):
        assert "41.5" in shown
        assert "It broke" in shown


def test_bars_are_drawn_in_colour_where_there_is_a_terminal() -> None:
    assert "\x1b[" in drawn(tables.jobs([ITEM], "en", NOW), colour=True)


def test_errors_of_other_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert complain(WatchStopped(4000, "bad frame"), "en") == 1
    assert complain(JobCancelled("j", {"title": {"en": "Cancelled", "zh": "已取消"}}, {}, 3.0), "zh") == 3
    assert capsys.readouterr().err.endswith("已取消 (停在 3%)\n")
