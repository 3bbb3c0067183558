"""The benchmark command: a tiny round runs for real and prints a line for every goal; figures become verdicts."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.contenders import OURS
from benchmarks.goals import GOALS, rows
from benchmarks.loads.sample import Sample
from benchmarks.plan import BARE, STATUS

from benchmarks import baseline, plots, report
from support.server import ROOT


def test_a_tiny_round_prints_every_row() -> None:
    only = ("one job to all: Jindu", "one job to all: C send()", "many jobs: Jindu", "status", "submit: Jindu", "check")
    command = [sys.executable, "-m", "benchmarks", "--tiny", *(f"--only={name}" for name in only)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    table = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert [line[0].removeprefix("| ") for line in table] == [name for name, _, _ in GOALS]
    measured = {line[0].removeprefix("| "): line[2] for line in table}
    assert measured["GET status, live job"].endswith(" us")
    assert "arrived" in measured["1,000 jobs, a watcher each, 10 updates a second each"]
    assert measured["idle watcher"] == "not measured"


def sampled(ours: float, bare: float) -> dict[str, list[Sample]]:
    return {f"{STATUS}: {OURS}": [Sample(ours, 1)], f"{STATUS}: {BARE}": [Sample(bare, 1)]}


@pytest.mark.parametrize(("ours", "met"), [(100.0, True), (130.0, False)])
def test_a_row_compares_with_its_neighbour_of_the_same_run(ours: float, met: bool) -> None:
    row = next(row for row in rows(sampled(ours, 100.0)) if row.name == "GET status, live job")
    assert (row.figure, row.met) == (f"{ours:.0f} us", met)


def test_the_check_fails_for_a_ratio_that_fell_by_a_fifth() -> None:
    before = baseline.ratios(sampled(100, 100))
    assert before == {f"{STATUS}: {BARE}": 1.0}
    assert baseline.worse(baseline.ratios(sampled(110, 100)), before) == []
    assert baseline.worse(baseline.ratios(sampled(130, 100)), before) == [
        "status: bare Starlette: 0.77 times our cost, 1.00 in the baseline"
    ]


def test_what_was_written_by_hand_stays(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    results.write_text(f"# Results\n\nby hand\n\n{report.BEGIN}\nold\n{report.END}\n\nalso by hand\n")
    report.write(results, "new")
    assert results.read_text() == f"# Results\n\nby hand\n\n{report.BEGIN}\nnew\n{report.END}\n\nalso by hand\n"


def test_a_plot_shows_each_line_by_name(tmp_path: Path) -> None:
    plots.draw(tmp_path / "a.svg", "Cost <of> it", "watchers", "us", {"Jindu": [(10, 5.0), (1000, 4.0)], "other": [(10, 50.0)]})
    drawn = (tmp_path / "a.svg").read_text()
    assert "Cost &lt;of&gt; it" in drawn
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 3
