"""The transition table, walked pair by pair against PROTOCOL section 1 written out anew."""

import subprocess
import sys
from pathlib import Path

import pytest

from jindu.core.chart import chart
from jindu.core.job import evolve
from jindu.core.states import ENDS, STATUS, IllegalTransition, Kind, Phase, after
from support.histories import event, in_phase

STATES = Path(__file__).parents[2] / "server" / "STATES.md"

# from: {event: to}; what is not here is illegal. Written from PROTOCOL section 1, not from the code.
EXPECTED: dict[str, dict[str, str]] = {
    "-": {"submit": "pending"},
    "pending": {"claim": "running", "change": "pending", "fail": "failed", "cancel": "cancelled"},
    "running": {
        "stage": "running",
        "progress": "running",
        "result": "running",
        "log": "running",
        "change": "running",
        "retry": "pending",
        "hand_back": "pending",
        "lost": "pending",
        "wish": "cancelling",
        "return": "completed",
        "fail": "failed",
        "cancel": "cancelled",
    },
    "cancelling": {
        "stage": "cancelling",
        "progress": "cancelling",
        "result": "cancelling",
        "log": "cancelling",
        "change": "cancelling",
        "return": "completed",
        "retry": "cancelled",
        "hand_back": "cancelled",
        "lost": "cancelled",
        "fail": "cancelled",
        "cancel": "cancelled",
    },
    "completed": {},
    "failed": {},
    "cancelled": {},
}
PAIRS = [(phase, kind) for phase in (None, *Phase) for kind in Kind]


@pytest.mark.parametrize(("phase", "kind"), PAIRS, ids=lambda one: one.value if one else "none")
def test_every_pair_is_as_the_protocol_says(phase: Phase | None, kind: Kind) -> None:
    expected = EXPECTED[phase.value if phase else "-"].get(kind.value)
    job = in_phase(phase) if phase else None
    before = repr(job)
    if expected is None:
        with pytest.raises(IllegalTransition) as refused:
            evolve(job, event(kind))
        assert (refused.value.phase, refused.value.kind) == (phase, kind)
        with pytest.raises(IllegalTransition):
            after(phase, kind)
    else:
        assert evolve(job, event(kind)).phase.value == expected
        assert after(phase, kind).value == expected
    assert repr(job) == before


def test_the_expected_table_names_every_phase_and_kind_there_is() -> None:
    assert set(EXPECTED) == {"-", *(phase.value for phase in Phase)}
    assert {kind for row in EXPECTED.values() for kind in row} == {kind.value for kind in Kind}


def test_people_see_five_statuses_and_cancelling_is_one_that_runs() -> None:
    assert {status.value for status in STATUS.values()} == {"pending", "running", "completed", "failed", "cancelled"}
    assert STATUS[Phase.CANCELLING].value == "running"
    assert {phase.value for phase in ENDS} == {"completed", "failed", "cancelled"}


def test_the_chart_in_the_repository_is_made_from_the_table() -> None:
    printed = subprocess.run([sys.executable, "-m", "jindu.core.chart"], capture_output=True, check=True, text=True)
    assert printed.stdout == chart() == STATES.read_text(encoding="utf-8"), "run `make states`"


def test_the_chart_shows_every_arrow() -> None:
    drawn = chart()
    for phase, row in EXPECTED.items():
        for kind, then in row.items():
            status = "running" if then == "cancelling" else then
            assert f"| {phase} | {kind} | {then} | {status} |" in drawn
    assert drawn.count("--> [*]") == 3
