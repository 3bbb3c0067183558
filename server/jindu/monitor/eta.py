"""How well the ends of jobs are told: what was told in their course, against when they ended."""

from collections.abc import Iterable, Sequence

from .instruments import Family, Numbers, Spreads

ERRORS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0)  # shares of a run
MEMORY = 0.05  # weight of a run in the coverage that is shown: about the last forty


class EtaScores:
    def __init__(self) -> None:
        self.error = Spreads(
            "jindu_eta_error_ratio",
            "How far the told rest of a job was off, as a share of its whole time, at moments of its course",
            ["type"],
            ERRORS,
        )
        self.coverage = Numbers(
            "jindu_eta_coverage",
            "Share of its course for which the careful guess held, of the last jobs",
            ["type"],
            "gauge",
        )
        self.runs = Numbers("jindu_eta_runs", "Completed jobs whose end had been told", ["type"])
        self.held = 0.0
        """The sum of the shares of all runs for which the careful guess held."""

    @property
    def families(self) -> Iterable[Family]:
        return (self.error, self.coverage, self.runs)

    def declare(self, type: str) -> None:
        self.error.have(type)
        self.runs.have(type)

    def add(self, type: str, errors: Sequence[float], held: float) -> None:
        spread = self.error.have(type)
        for error in errors:
            spread.add(error)
        self.runs.add(type)
        self.held += held
        before = self.coverage.values.get((type,), held)
        weight = max(MEMORY, 1 / self.runs.get(type))
        self.coverage.values[type,] = before + weight * (held - before)
