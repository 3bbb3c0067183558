"""How runs went, in the order in which they were kept."""

from collections.abc import Sequence

import orjson

from ...core.eta.kept import PastRun
from .. import runs as kept
from ..contract import StoreError
from .link import Link
from .server import Arg


async def keep(link: Link, runs: Sequence[PastRun]) -> None:
    """One script: all or none. Raises `StoreError`."""
    try:
        texts = [(one.type, one.version, orjson.dumps((one.type, one.version, one.text()))) for one in runs]
    except (TypeError, UnicodeEncodeError) as error:  # a name that is no Unicode text
        raise StoreError(f"cannot be stored: {error}") from error
    parts: list[Arg] = [part for text in texts for part in text]
    await link.call("runs", kept.KEPT_RUNS, kept.KEPT_OF_TYPE, *parts)


async def read(link: Link) -> list[PastRun]:
    (flat,) = await link.ask([("HGETALL", "{j}:runs")])
    found = sorted((int(number), text) for number, text in zip(flat[::2], flat[1::2], strict=True))
    return [PastRun.of(*orjson.loads(text)) for _, text in found]
