"""The one place that chooses a store by its address."""

from pathlib import Path

from ..core.clock import Clock
from .contract import Store, StoreRefused
from .findings import Checkup, Leftovers, Repaired
from .sqlite import backup
from .sqlite import checkup as checking
from .sqlite import repair as repairing
from .sqlite.store import SqliteStore

_SQLITE = "sqlite:///"
_REDIS = ("redis:", "rediss:", "valkey:", "valkeys:")


async def open_store(url: str, clock: Clock, *, volatile: bool = False) -> Store:
    """Open the store at `url`: ``sqlite:///jindu.db`` (in the working folder), ``sqlite:////var/lib/jindu.db``, or
    ``redis://host:6379/0``, which several nodes may use at once; `volatile`: even one that may lose jobs.

    Raises `StoreRefused`, whose text says what to do. If cancelled, what was opened is closed again.
    """
    if on_redis(url):
        return await _redis(url, clock, volatile=volatile)
    return await SqliteStore.open(_path(url), clock)


def restore(url: str, source: Path) -> Path | None:
    """Put a backup in the place of a store that nobody uses. Returns where what was there is now, None if nothing was. Raises
    `StoreRefused`."""
    return backup.restore(source, _path(url))


def repair(url: str, *, dry_run: bool) -> tuple[int, list[Repaired]]:
    """Set right what a store that nobody uses holds: how many records were looked at, and those that were wrong. Raises
    `StoreRefused`."""
    return repairing.repair(_path(url), dry_run=dry_run)


def clear(url: str, *, dry_run: bool) -> Leftovers:
    """Remove what was left over beside and in a store that nobody uses. Raises `StoreRefused`."""
    return repairing.clear(_path(url), dry_run=dry_run)


def checkup(url: str) -> Checkup:
    """A look at a store from outside, which changes nothing in it. Raises `StoreRefused` for an address that is none."""
    return checking.checkup(_path(url))


def on_redis(url: str) -> bool:
    """Whether several nodes may use this store at once."""
    return url.startswith(_REDIS)


async def _redis(url: str, clock: Clock, *, volatile: bool) -> Store:
    try:
        from .redis.store import RedisStore
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith(("redis", "hiredis")):
            raise
        raise StoreRefused("A store on Redis needs its client library: pip install 'jindu[redis]'") from None
    return await RedisStore.open(url, clock, volatile=volatile)


def _path(url: str) -> Path:
    if on_redis(url):
        raise StoreRefused("This is for stores in a file. What Redis holds is kept, copied and put back by means of its own.")
    name = url.removeprefix(_SQLITE)
    if name == url or not name:
        raise StoreRefused(
            f"{url!r} is not the address of a store. Write sqlite:///jindu.db for a file in the working folder, "
            "or sqlite:////var/lib/jindu/jindu.db (four strokes) for one anywhere else."
        )
    path = Path(name).absolute()
    folder = path.parent
    if not folder.is_dir():
        raise StoreRefused(f"There is no folder {folder}. Create it (mkdir -p {folder}), or choose another with --store.")
    if path.is_dir():
        raise StoreRefused(f"{path} is a folder. Name a file in it: sqlite:///{path}/jindu.db")
    return path
