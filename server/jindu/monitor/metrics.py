"""The metrics of one node: what its pieces tell (`core.observer`) and what happens to its jobs (`flow`). What pieces know
anyway is read from them when somebody asks. No label names a job or an owner: their number has no bound."""

from collections.abc import Sequence
from typing import Any

from ..bus.contract import Bus
from ..core.catalogue import CATALOGUE
from ..core.clock import Clock
from ..core.errors import Errors
from ..core.observer import Spread
from ..core.plan import Plan
from .eta import EtaScores
from .flow import Flow
from .instruments import SIZES, Family, Labels, Numbers, Spreads

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ELSEWHERE = "none"  # the route of what no route answered


class Metrics:
    """An `Observer`."""

    def __init__(self, bus: Bus, clock: Clock, errors: Errors | None = None) -> None:
        self.flow = Flow(bus, clock)
        self.commit = Spreads("jindu_store_commit_seconds", "How long the store took to make one group of changes durable")
        self.group = Spreads("jindu_store_group_size", "Changes in one commit", bounds=SIZES)
        self.lag = Spreads("jindu_push_lag_seconds", "From a commit to its being written to sockets")
        self.loop_lag = Spreads("jindu_loop_lag_seconds", "How late the event loop came to what was due")
        self.resumes = Numbers("jindu_resumed", "Subscriptions that went on from a cursor")
        self.stalls = Numbers("jindu_connections_stalled", "Readers that were dropped because they took nothing")
        self.requests = Numbers("jindu_http_requests", "HTTP answers", ["method", "route", "status"])
        self.latency = Spreads("jindu_http_request_seconds", "Until an HTTP answer began; held ones apart", ["method", "route"])
        self.problems = Numbers("jindu_http_problems", "Requests that were refused, by code", ["code"])
        self.limits = Numbers("jindu_rate_limited", "Requests above the rate of their caller", ["kind"])
        self.eta = EtaScores()
        self._answers: dict[tuple[str, str, int], tuple[Labels, Spread]] = {}
        for kind in ("submit", "read"):
            self.limits.have(kind)
        for code in CATALOGUE:
            self.problems.have(code)
        for code in () if errors is None else errors.codes:
            self.flow.errors.have(code)

    def close(self) -> None:
        self.flow.close()

    def declare_route(self, method: str, route: str) -> None:
        """Show a route from now on, 0 if nobody has asked for it."""
        self.latency.have(method, route)

    def declare_type(self, type: str, plan: Plan) -> None:
        self.flow.declare(type, plan)
        self.eta.declare(type)

    @property
    def families(self) -> list[Family]:
        return [
            self.commit, self.group, self.lag, self.loop_lag, self.resumes, self.stalls, self.requests, self.latency,
            self.problems, self.limits, *self.eta.families, *self.flow.families,
        ]  # fmt: skip

    # -- what pieces tell ---------------------------------------------------------------------------------------

    def committed(self, changes: int, seconds: float) -> None:
        self.commit.add(seconds)
        self.group.add(changes)

    def pushed(self, lag: float) -> None:
        self.lag.add(lag)

    def resumed(self) -> None:
        self.resumes.add()

    def stalled(self) -> None:
        self.stalls.add()

    def loop_lagged(self, seconds: float) -> None:
        self.loop_lag.add(max(seconds, 0.0))

    def answered(self, method: str, route: str, status: int, seconds: float, *, held: bool) -> None:
        known = self._answers.get((method, route, status)) or self._first(method, route, status)
        self.requests.values[known[0]] += 1
        if not held:
            known[1].add(seconds)

    def _first(self, method: str, route: str, status: int) -> tuple[Labels, Spread]:
        """What answers of this kind are counted under, looked up once."""
        named = method if method in METHODS else "other"
        labels = (named, route, str(status))
        self.requests.have(*labels)
        known = labels, self.latency.have(named, route)
        if named == method:  # methods that are none have no bound
            self._answers[method, route, status] = known
        return known

    def told(self, code: str) -> None:
        self.problems.add(code)

    def foretold(self, type: str, errors: Sequence[float], held: float) -> None:
        self.eta.add(type, errors, held)

    def limited(self, *, submit: bool) -> None:
        self.limits.add("submit" if submit else "read")

    def api_usage(self) -> dict[str, Any]:
        """HTTP answers since the start, for the report: `errors` are ours (500 and above), latency is without held ones."""
        status = self.requests.labels.index("status")
        requests = int(self.requests.total)
        errors = int(sum(number for labels, number in self.requests.values.items() if labels[status] >= "500"))
        timed = sum(spread.count for spread in self.latency.values.values())
        seconds = sum(spread.sum for spread in self.latency.values.values())
        return {
            "requests": requests,
            "errors": errors,
            "error_rate": errors / requests if requests else 0.0,
            "avg_latency_ms": 1000 * seconds / timed if timed else 0.0,
        }
