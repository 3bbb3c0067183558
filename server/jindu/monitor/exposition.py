"""Metrics as Prometheus reads them: text or OpenMetrics, as the scraper asks."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from .instruments import Family, Numbers, Spreads


class _Once(Collector):
    """Families that were gathered for one answer."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            yield _spreads(family) if isinstance(family, Spreads) else _numbers(family)


def exposition(families: Iterable[Family], accept: str) -> tuple[bytes, str]:
    """The body and its media type, for the `Accept` header of who asks. Beside ours stand the usual `process_*`."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Once(families))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def _numbers(family: Numbers) -> Metric:
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.text, labels=family.labels)
    for labels, value in family.values.copy().items():
        metric.add_metric(labels, value)
    return metric


def _spreads(family: Spreads) -> Metric:
    metric = HistogramMetricFamily(family.name, family.text, labels=family.labels)
    for labels, spread in family.values.copy().items():
        buckets, number = [], 0
        for bound, count in zip((*map(_bound, family.bounds), "+Inf"), tuple(spread.counts), strict=True):
            number += count
            buckets.append((bound, float(number)))
        metric.add_metric(labels, buckets, spread.sum)
    return metric


def _bound(value: float) -> str:
    return repr(float(value))
