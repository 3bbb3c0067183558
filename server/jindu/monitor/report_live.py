"""What a node itself gives to the report. What it does not measure is left to others, and missing where nobody has it."""

from collections.abc import Callable, Mapping
from typing import Any

from ..core.clock import Clock
from ..core.states import Status
from ..store.contract import Store
from .report_building import Report


def live(
    store: Store,
    clock: Clock,
    *,
    api: Callable[[], Mapping[str, Any]],
    cache: Callable[[], Mapping[str, Any]],
    consistency: Callable[[], Mapping[str, Any]],
    connections: Callable[[], int],
) -> Report:
    """A report with the sources of a node."""
    report = Report(clock)

    async def cache_metrics() -> dict[str, Any]:
        seen = cache()
        return {name: seen[name] for name in ("hits", "misses", "hit_rate", "size")}

    async def system_performance() -> dict[str, Any]:
        counts = await store.counts()
        good, bad = counts[Status.COMPLETED], counts[Status.FAILED]
        return {
            "jobs": sum(counts.values()),
            "waiting": counts[Status.PENDING],
            "running": counts[Status.RUNNING],
            "completed": good,
            "failed": bad,
            "cancelled": counts[Status.CANCELLED],
            "success_rate": good / (good + bad) if good + bad else 0.0,
            "connections": connections(),
            "consistency_ratio": consistency()["consistency_ratio"],
        }

    async def api_usage() -> Mapping[str, Any]:
        return api()

    report.add("cache_metrics", cache_metrics)
    report.add("api_usage", api_usage)
    report.add("system_performance", system_performance)
    return report
