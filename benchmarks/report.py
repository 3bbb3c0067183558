"""A run as text: the table of goals and what stood side by side. Replaces the generated part of RESULTS.md, nothing else."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import host
from .goals import Figures, Found, Missing, Row, rows
from .loads.sample import Size
from .plan import STEADY

BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
MARKS = {True: "reached", False: "not reached", None: "open"}
UNITS = {
    "one job to all": "CPU us a delivery",
    STEADY: "CPU us a delivery",
    "bursts": "CPU us an update and watcher",
    "many jobs": "CPU us an update that arrived",
    "few jobs": "CPU us an update that arrived",
    "dashboard": "CPU us a state",
    "paced": "CPU us an update",
    "idle": "CPU us a handshake",
    "submit": "CPU us a job",
    "status": "CPU us an answer",
    "unchanged": "CPU us an answer",
    "check": "CPU us a check",
    "beside kept jobs": "CPU us a unit of the load",
}
DETAILS = (("arrived", "{:.0%} arrived"), ("mib", "{:.0f} MiB"), ("kib", "{:.1f} KiB each"))


def table(lines: Sequence[Row]) -> list[str]:
    """The goals, one line each."""
    return [
        "| load | goal | figure | others, as a multiple of ours | | pace and limits |",
        "|---|---|---|---|---|---|",
        *(f"| {r.name} | {r.goal} | {r.figure} | {r.ratio} | {MARKS[r.met]} | {r.conditions} |" for r in lines),
    ]


def side_by_side(found: Found) -> list[str]:
    """Every measurement: medians over the rounds."""
    figures, lines, load_before = Figures(found), list[str](), ""
    for name, samples in found.items():
        load, _, who = name.partition(": ")
        if load != load_before:
            lines += ["", f"**{load}** ({UNITS.get(load, 'CPU us')})" if UNITS.get(load) else f"**{load}**", ""]
            lines += ["| who | CPU us | a second | p50 / p99 ms | |", "|---|---|---|---|---|"]
            load_before = load
        first = samples[0]
        us, rate = _or_dash(figures, name, "us", "{:.1f}"), _or_dash(figures, name, "rate", "{:,.0f}")
        p50, p99 = _or_dash(figures, name, "p50_ms", "{:.1f}"), _or_dash(figures, name, "p99_ms", "{:.1f}")
        more = [form.format(figures.of(name, lambda s, k=key: s.more[k])) for key, form in DETAILS if key in first.more]  # type: ignore[misc]
        lines.append(f"| {who} | {us} | {rate} | {p50} / {p99} | {'; '.join([*more, first.conditions]).strip('; ')} |")
    return lines


def _or_dash(figures: Figures, name: str, field: str, form: str) -> str:
    try:
        return form.format(figures.of(name, lambda sample: getattr(sample, field)))
    except Missing:
        return "-"


def whole(found: Found, size: Size, skipped: Mapping[str, str], calibrations: Sequence[float], plots: Sequence[str]) -> str:
    """The generated part of RESULTS.md."""
    day = datetime.datetime.now(datetime.UTC).date()
    busy = max(calibrations) / min(calibrations)
    caution = ": others used the machine too, compare ratios of neighbours" if busy > 1.3 else ""
    lines = [
        f"## {size.name.capitalize()} run of {day}",
        "",
        *host.described(),
        f"Interleaved rounds: {size.rounds}, of {size.seconds:g} s for each measurement; servers on one core,",
        "the load client on another. A fixed loop of Python took",
        f"{min(calibrations) / 1000:.0f} to {max(calibrations) / 1000:.0f} ms in the course of the run{caution}.",
        "",
        *table(rows(found)),
        *side_by_side(found),
    ]
    if skipped:
        lines += ["", "Not measured here:", "", *(f"- {name}: {why}" for name, why in skipped.items())]
    if plots:
        lines += ["", *(f"![{Path(plot).stem.replace('-', ' ')}]({plot})" for plot in plots)]
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Replace what stands between the marks; everything else in the file is written by hand and stays."""
    old = path.read_text() if path.exists() else f"# Results\n\n{BEGIN}\n{END}\n"
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
