"""The six sections of the warm-up report: which fields each has, of what type, and what stands in for what cannot be had."""

import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from ..core.shown import Time

Count: TypeAlias = Annotated[int, Field(ge=0)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1, description="from 0 to 1")]
Amount: TypeAlias = Annotated[float, Field(ge=0)]


class WarmupPeriod(TypedDict):
    """When the warm-up began and ended, and how many days it has lasted."""

    started_at: Time | None
    ended_at: Time | None
    days: Amount


class CommunityPool(TypedDict):
    """The communities that take part."""

    communities: Count
    active: Count
    members: Count


class CacheMetrics(TypedDict):
    """The cache of answers."""

    hits: Count
    misses: Count
    hit_rate: Share
    size: Count


class ApiUsage(TypedDict):
    """Calls of the API."""

    requests: Count
    errors: Count
    error_rate: Share
    avg_latency_ms: Amount


class UserTesting(TypedDict):
    """What testers said; ratings as they gave them."""

    testers: Count
    feedback: Count
    average_rating: Amount


class SystemPerformance(TypedDict):
    """The jobs that are kept, and how the system stands."""

    jobs: Count
    waiting: Count
    running: Count
    completed: Count
    failed: Count
    cancelled: Count
    success_rate: Share
    connections: Count
    consistency_ratio: Share


class WarmupReport(TypedDict):
    """The report. Applications may add fields of their own to a section."""

    generated_at: Time
    warmup_period: WarmupPeriod
    community_pool: CommunityPool
    cache_metrics: CacheMetrics
    api_usage: ApiUsage
    user_testing: UserTesting
    system_performance: SystemPerformance
    missing: Annotated[
        list[str], Field(description="what could not be had, and is 0: a section, or one field of it as section.field")
    ]


SECTIONS: Mapping[str, type[Any]] = {
    "warmup_period": WarmupPeriod,
    "community_pool": CommunityPool,
    "cache_metrics": CacheMetrics,
    "api_usage": ApiUsage,
    "user_testing": UserTesting,
    "system_performance": SystemPerformance,
}


def fields(section: str) -> Mapping[str, tuple[type[Any], bool]]:
    """The fields of a section: the type of each (int, float or str), and whether it may be null."""
    return {name: _plain(hint) for name, hint in typing.get_type_hints(SECTIONS[section]).items()}


def completed(section: str, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """All fields of a section, each of its type, and the names of those that had to be put to 0 (or null). What else there is
    stays."""
    whole, missing = dict(values), []
    for name, (kind, nullable) in fields(section).items():
        value = values.get(name)
        if _fits(value, kind) or (nullable and name in values and value is None):
            whole[name] = kind(value) if value is not None else None
        else:
            whole[name] = None if nullable else kind()
            missing.append(name)
    return whole, missing


def _fits(value: Any, kind: type[Any]) -> bool:
    """Numbers are finite and not negative; a whole number will do where a share is wanted; truth values are no numbers."""
    if kind is str:
        return isinstance(value, str)
    wanted = (int, float) if kind is float else int
    return isinstance(value, wanted) and not isinstance(value, bool) and 0 <= value < float("inf")


def _plain(hint: Any) -> tuple[type[Any], bool]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kinds = [one for one in typing.get_args(hint) if one is not type(None)]
        return _plain(kinds[0])[0], len(kinds) < len(typing.get_args(hint))
    return hint, False
