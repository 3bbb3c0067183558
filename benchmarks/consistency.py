"""CPU that the checks on a response cost, in microseconds: python benchmarks/consistency.py (the best of five rounds)."""

import time
from collections.abc import Callable

from jindu import StateConsistencyMonitor
from jindu.core import events as ev
from jindu.core.frames import state
from jindu.core.job import Job, evolve
from jindu.core.plan import Plan
from jindu.settings import Settings
from jindu.web.rates import Rates

ROUNDS, CALLS = 5, 100_000


def job() -> Job:
    made: Job | None = None
    spec = ev.Submission("JOB", "diagnose", b"{}", Plan.of(["ai_fetching", "ranking_analysis"]), 1.0)
    for event in (ev.Submitted(1.0, spec, 1.0), ev.Claimed(2.0, "boot"), ev.StageEntered(3.0, 0), ev.Progressed(4.0, 30.0)):
        made = evolve(made, event)
    assert made is not None
    return made


def cost(work: Callable[[], object]) -> float:
    """Microseconds of process CPU for one call."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(CALLS):
            work()
        rounds.append((time.process_time() - began) / CALLS * 1e6)
    return min(rounds)


def main() -> None:
    monitor, rates, shown_job = StateConsistencyMonitor(), Rates(Settings(reads_per_second=1e9)), job()
    shown = state(shown_job)
    print(f"a payload against its row       {cost(lambda: monitor.check_against(shown, shown_job)):5.2f}")
    print(f"a payload against the rules     {cost(lambda: monitor.check_and_log(shown)):5.2f}")
    print(f"a request against its rate      {cost(lambda: rates.refusal('key:a', '10.0.0.1', 'GET', '/v1/jobs')):5.2f}")


if __name__ == "__main__":
    main()
