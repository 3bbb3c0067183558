"""Whether a Redis keeps what it was given: it decides by its settings, and some lose jobs in silence (RELIABILITY trap 9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..contract import StoreRefused

LEAST = 7


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server says of itself. `synced`: each write is on the disk before it is answered."""

    run: str
    replication: str
    replicas: bool
    synced: bool


def facts(info: Mapping[str, Any], fsync: str | None) -> Facts:
    """Of `INFO`, and of the setting `appendfsync` where it may be read."""
    return Facts(
        run=str(info.get("run_id", "")),
        replication=str(info.get("master_replid", "")),
        replicas=int(info.get("connected_slaves", 0)) > 0,
        synced=fsync == "always" and bool(int(info.get("aof_enabled", 0))),
    )


def is_cluster(info: Mapping[str, Any]) -> bool:
    return bool(int(info.get("cluster_enabled", 0)))


def refuse_unfit(info: Mapping[str, Any], where: str) -> None:
    """Raises `StoreRefused` for a server that cannot serve at all."""
    version = str(info.get("redis_version", "0"))
    if int(version.split(".")[0]) < LEAST:
        raise StoreRefused(f"{where} is Redis {version}. Jindu needs version {LEAST} or later: upgrade it, or name another.")
    if info.get("role") == "slave" and not is_cluster(info):  # a replica in a cluster tells where the masters are
        raise StoreRefused(f"{where} is a replica and takes no writes. Name the master with --store.")


def refuse_volatile(info: Mapping[str, Any], where: str) -> None:
    """Raises `StoreRefused` for settings that lose jobs, with what to do."""
    wrong = []
    if not int(info.get("aof_enabled", 0)):
        wrong.append(
            "  appendonly is off: everything acknowledged since the last snapshot is lost when Redis ends.\n"
            "    redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE"
        )
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        wrong.append(
            f"  maxmemory-policy is {policy}: when memory is full Redis drops jobs in silence.\n"
            "    redis-cli CONFIG SET maxmemory-policy noeviction && redis-cli CONFIG REWRITE"
        )
    if wrong:
        raise StoreRefused(
            f"{where} would lose jobs:\n" + "\n".join(wrong) + "\nTo try things out all the same: --allow-volatile"
        )
