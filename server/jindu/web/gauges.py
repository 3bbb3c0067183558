"""What a node knows anyway, as metrics, at the moment that somebody asks for them."""

from importlib.metadata import version

from ..core.states import Status
from ..monitor.instruments import Family, Numbers
from ..monitor.own import get_metrics
from ..node import Node


def _gauge(name: str, text: str, *labels: str) -> Numbers:
    return Numbers(name, text, labels, "gauge")


def _set(family: Numbers, value: float, *labels: str) -> Numbers:
    family.values[labels] = value
    return family


async def gathered(node: Node) -> list[Family]:
    """Every metric of the node and of its applications. Raises `StoreError`."""
    return [*node.metrics.families, *await _jobs(node), *_node(node), *_traffic(node), *_health(node), *get_metrics().families]


async def _jobs(node: Node) -> list[Family]:
    stored = _gauge("jindu_jobs_stored", "Jobs that are kept, by state", "type", "status")
    queued = _gauge("jindu_queue_length", "Jobs that wait", "type")
    running = _gauge("jindu_jobs_running", "Attempts that run on this node", "type")
    limit = _gauge("jindu_jobs_limit", "Jobs of a type that may run at once", "type")
    tally = await node.remembered.figures("tally", None, node.store.tally, counted=False)
    for job_type in node.registry:
        node.metrics.declare_type(job_type.name, job_type.plan)
        _set(limit, job_type.concurrency, job_type.name)
    for name in {*node.registry.names, *tally}:
        counts = tally.get(name, {})
        for status in Status:
            _set(stored, counts.get(status, 0), name, status.value)
        _set(queued, counts.get(Status.PENDING, 0), name)
        _set(running, node.metrics.flow.active[name], name)
    return [stored, queued, running, limit]


def _node(node: Node) -> list[Family]:
    return [
        _set(_gauge("jindu_info", "What runs here", "version"), 1, version("jindu")),
        _set(_gauge("jindu_ready", "Whether requests should come here"), int(node.ready is None)),
        _set(_gauge("jindu_slots", "Jobs that may run at once"), node.settings.concurrency),
        _set(_gauge("jindu_slots_taken", "Slots that are taken, by abandoned bodies too"), node.running),
        _set(Numbers("jindu_bodies_left_behind", "Bodies that ignored being asked to end"), node.left_behind),
        _set(Numbers("jindu_loop_blocked", "Times that something kept the event loop"), node.loop_watch.blocked),
    ]


def _traffic(node: Node) -> list[Family]:
    opened = _gauge("jindu_connections", "Connections that are open", "transport")
    slow = _gauge("jindu_connections_slow", "Connections whose reader is behind", "transport")
    total = Numbers("jindu_connections_opened", "Connections that were ever open", ["transport"])
    messages = Numbers("jindu_messages_sent", "Messages that left", ["transport"])
    sent = Numbers("jindu_sent_bytes", "Bytes of messages that left", ["transport"])
    conflated = Numbers("jindu_states_conflated", "States that newer ones overtook before they left", ["transport"])
    for name, tally in node.hub.traffic.by_transport(node.hub.links).items():
        _set(opened, tally.open, name)
        _set(slow, tally.slow, name)
        _set(total, tally.total, name)
        _set(messages, tally.sent.messages, name)
        _set(sent, tally.sent.bytes, name)
        _set(conflated, tally.sent.conflated, name)
    return [opened, slow, total, messages, sent, conflated]


def _health(node: Node) -> list[Family]:
    seen = node.consistency.get_stats()
    checks = Numbers("jindu_consistency_checks", "Checks of states, by what they found", ["level"])
    for level, number in seen["levels"].items():
        _set(checks, number, level)
    kept = node.remembered.get_stats()
    alerts = _gauge("jindu_alerts_active", "Alerts that are active", "rule", "level")
    for watched in node.alerts.rules:
        _set(alerts, int(watched.rule.name in node.alerts.active), watched.rule.name, watched.rule.level.value)
    return [
        checks,
        alerts,
        _set(_gauge("jindu_consistency_ratio", "Checks that found nothing, of all"), seen["consistency_ratio"]),
        _set(Numbers("jindu_consistency_repairs", "What was set right"), seen["auto_fixed"]),
        _set(Numbers("jindu_cache_hits", "Looks at kept answers that found one"), kept["hits"]),
        _set(Numbers("jindu_cache_misses", "Looks at kept answers that found none"), kept["misses"]),
        _set(_gauge("jindu_cache_entries", "Answers that are kept"), kept["size"]),
    ]
