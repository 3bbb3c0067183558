"""How runs went: a short list of texts for each job type and version."""

from collections.abc import Sequence

import orjson

from ...core.eta.kept import PastRun
from .. import runs as kept
from ..contract import StoreError
from .link import Link


async def keep(link: Link, runs: Sequence[PastRun]) -> None:
    """Raises `StoreError`, also for a name that has no stored form (a lone surrogate)."""
    try:
        texts = [text for one in runs for text in (_name(one.type, one.version), one.type.encode(), one.text())]
    except (ValueError, TypeError) as error:
        raise StoreError(f"a value cannot be stored: {error}") from error
    await link.call("runs", kept.KEPT_RUNS, kept.KEPT_VERSIONS, *texts)


async def all_of(link: Link) -> list[PastRun]:
    (names,) = await link.ask([("ZRANGE", "{j}:runs", 0, -1)])
    lists = await link.ask([("LRANGE", b"{j}:runs:" + name, 0, -1) for name in names])
    found = []
    for name, texts in zip(names, lists, strict=True):
        type, version = orjson.loads(name)
        found += [PastRun.of(type, version, text.decode()) for text in texts]
    return found


def _name(type: str, version: str) -> bytes:
    return orjson.dumps([type, version])
