"""The store over Redis: the contract's methods, each a question or a word to the writer."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

from ...core.access import ApiKey, SigningSecret, Subject
from ...core.clock import Clock
from ...core.contexts import ContextQuery, ErrorContext
from ...core.ids import SHARDS, random_id, shard_of
from ...core.job import Job
from ...core.observer import Observer
from ...core.states import Kind, Status
from ..contract import Change, Kept, LogEntry, Query, Record, StoreError
from ..findings import Examined
from . import credentials, examine, lists, places, removing, rows
from .beside import Beside
from .forms import number, owner_name
from .leases import Leases
from .link import Link, together
from .nodes import Nodes
from .server import Arg
from .writer import Writer

LOG_AT_ONCE = 500  # entries


class RedisStore(Beside):
    """See `contract.Store`. Made by `open`."""

    def __init__(self, url: str, clock: Clock, *, volatile: bool = False) -> None:
        self.boot = random_id()
        self._clock = clock
        self.link = Link(url, clock, volatile=volatile)
        self.leases = Leases(self.link, self.boot, clock)
        self.shared = Nodes(self.link, self.leases, self.boot, clock)
        self._writer = Writer(self.link, self.leases, clock)
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, clock: Clock, *, volatile: bool = False) -> "RedisStore":
        """Raises `StoreRefused`, with everything closed again; so does a cancellation."""
        store = cls(url, clock, volatile=volatile)
        try:
            await store.link.open()
        except BaseException:
            await store.link.close()
            raise
        return store

    @property
    def epoch(self) -> str:
        return self.link.epoch

    @property
    def broken(self) -> str | None:
        return None if self.link.down_since is None else f"{self.link.where} does not answer"

    def tell(self, observer: Observer) -> None:
        self._writer.observer = observer

    def commit(self, change: Change) -> "asyncio.Future[None]":
        return self._writer.commit(change)

    async def run(self) -> None:
        self.leases.start()
        tending = asyncio.ensure_future(self.link.tend())
        try:
            await self._writer.run()
        finally:
            self.link.stop_tending()
            await tending

    async def close(self) -> None:
        # A task of its own: a caller that is cancelled does not leave the store half closed; others await the same one.
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="store-close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        await self._writer.stop()
        await self.leases.stop()
        try:
            if self.link.down_since is None:
                await together(self.link.call("renew", *args, slot=slot) for slot, args in self.leases.renewals(0, b""))
        except StoreError:
            return  # they end by themselves
        finally:
            await self.link.close()

    # -- one job -----------------------------------------------------------------------------------------------

    async def read(self, job_id: str) -> Record | None:
        _, (row,) = await places.ask_of(self.link, job_id, [("HMGET", "job", *rows.ROW)])
        return rows.record(row)  # type: ignore[arg-type]

    async def results(self, job_id: str, after: int = 0, limit: int = 1000) -> Sequence[Kept]:
        return [Kept(*rows.kept(text)) for text in await self._entries(job_id, after, limit, Kind.RESULT)]

    async def log(self, job_id: str, after: int = 0, limit: int = 1000, kind: Kind | None = None) -> Sequence[LogEntry]:
        asked: list[Sequence[Arg]] = [("HMGET", "job", *rows.ROW, "g")]
        _, (whole,) = await places.ask_of(self.link, job_id, asked)
        record = rows.record(whole[:-1])  # type: ignore[index]
        if record is None:
            return []
        texts = [] if kind is Kind.PROGRESS else await self._entries(job_id, after, limit, kind)
        found = [rows.logged(text, record) for text in texts]
        newest = whole[-1]  # type: ignore[index]
        if newest is not None and kind in (None, Kind.PROGRESS) and (progress := rows.progress(newest)).seq > after:
            found = sorted([*found, progress], key=lambda entry: entry.seq)
        return found[:limit]

    async def _entries(self, job_id: str, after: int, limit: int, kind: Kind | None) -> list[bytes]:
        """At most `limit` entries of the log behind `after`, of one kind or all but progress."""
        shard, (length, seq) = await places.ask_of(self.link, job_id, [("LLEN", "log"), ("HGET", "job", "n")])
        # Each entry has a seq, and only dropped progress leaves gaps: what is up to `after` is not further back than this.
        place = max(0, after - (int(seq or 0) - int(length)))  # type: ignore[call-overload]
        wanted = None if kind is None else kind.value.encode()
        found: list[bytes] = []
        while len(found) < limit:
            end = place + min(limit, LOG_AT_ONCE) - 1
            (texts,) = await self.link.ask([("LRANGE", f"{{j{shard}}}:log:{job_id}", place, end)])
            for text in texts:
                entry_seq, entry_kind = rows.seq_and_kind(text)
                if entry_seq > after and wanted in (None, entry_kind):
                    found.append(text)
            if len(texts) < end - place + 1:
                break
            place = end + 1
        return found[:limit]

    async def steps(self, job_id: str) -> dict[str, bytes]:
        _, (found,) = await places.ask_of(self.link, job_id, [("HGETALL", "steps")])
        return {name.decode(): value for name, value in _pairs(found)}

    async def tombstone(self, job_id: str) -> bool:
        _, (found,) = await places.ask_of(self.link, job_id, [("EXISTS", "tomb")])
        return bool(found)

    async def owned(self, id: str) -> Subject | None:
        _, (row, tomb) = await places.ask_of(self.link, id, [("HMGET", "job", *rows.ROW[:6]), ("GET", "tomb")])
        return credentials.subject(id, rows.job(row), tomb)  # type: ignore[arg-type]

    # -- many jobs ---------------------------------------------------------------------------------------------

    async def page(self, query: Query) -> Sequence[Job]:
        return await lists.page(self.link, query)

    async def ready(self, types: Collection[str], now: float, limit: int) -> Sequence[Job]:
        if not types:
            return []
        told = await self.link.spread("ready", [number(now), limit], [(shard_of(type), type) for type in sorted(set(types))])
        found = sorted(zip(map(float, told[::3]), told[1::3], map(int, told[2::3]), strict=True))[:limit]
        jobs = await lists.read(self.link, [(shard, name.decode()) for _, name, shard in found], params=True)
        return [job for job in jobs if job.due_at <= now]

    async def next_due(self, types: Collection[str], now: float) -> float | None:
        commands: list[Sequence[Arg]] = [
            ("ZRANGEBYSCORE", f"{{j{shard_of(type)}}}:due:{type}", f"({number(now)}", "+inf", "WITHSCORES", "LIMIT", 0, 1)
            for type in set(types)
        ]
        return min((float(found[1]) for found in await self.link.ask(commands) if found), default=None)

    async def ahead(self, job: Job, now: float) -> int:
        """Counts those of the same rank one by one: few have it to the microsecond."""
        prefix, name = f"{{j{shard_of(job.spec.type)}}}:", rows.member(job.spec.created_at, job.id)
        await self.link.spread("ready", [number(now), 0], [(shard_of(job.spec.type), job.spec.type)])
        rank = number(job.rank)
        key = f"{prefix}ready:{job.spec.type}"
        before, beside = await self.link.ask([("ZCOUNT", key, "-inf", f"({rank}"), ("ZRANGEBYSCORE", key, rank, rank)])
        return int(before) + len([other for other in beside if other < name.encode()])

    async def orphans(self) -> Sequence[Job]:
        await self._writer.recover()
        told = await self.link.spread("orphans", [], [(shard,) for shard in range(SHARDS)])
        runs = {job_id.decode(): int(run) for job_id, run in zip(told[1::3], told[2::3], strict=True)}
        ids = list(zip(map(int, told[::3]), runs, strict=True))
        # Another node may have taken one back since, and run it again: that run is nobody's orphan.
        jobs = [job for job in await lists.by_id(self.link, ids, params=True) if job.run == runs[job.id]]
        return sorted(jobs, key=lambda job: (job.spec.created_at, job.id))

    async def expired(self, now: float, limit: int = 100) -> Sequence[Job]:
        wall = number(now)
        parts = await self.link.ask(
            [
                ("ZRANGEBYSCORE", f"{{j{shard}}}:expires", "-inf", wall, "WITHSCORES", "LIMIT", 0, limit)
                for shard in range(SHARDS)
            ]
        )
        found = sorted(
            (float(score), shard, job_id.decode()) for shard, part in enumerate(parts) for job_id, score in _pairs(part)
        )
        return await lists.by_id(self.link, [(shard, job_id) for _, shard, job_id in found[:limit]], params=True)

    async def counts(self) -> dict[Status, int]:
        found = dict.fromkeys(Status, 0)
        for statuses in (await self.tally()).values():
            for status, many in statuses.items():
                found[status] += many
        return found

    async def tally(self, owner: str | None = None) -> dict[str, dict[Status, int]]:
        suffix = "" if owner is None else f":{owner_name(owner)}"
        found: dict[str, dict[Status, int]] = {}
        for part in await self.link.ask([("HGETALL", f"{{j{shard}}}:tally{suffix}") for shard in range(SHARDS)]):
            for field, many in _pairs(part):
                status, _, type = field.decode().partition(" ")
                if int(many):
                    found.setdefault(type, dict.fromkeys(Status, 0))[Status(status)] = int(many)
        return found

    async def retries(self, job_ids: Collection[str]) -> dict[str, str]:
        placed = await places.shards_of(self.link, job_ids)
        made = await self.link.ask([("GET", f"{{j{shard}}}:retry:{job_id}") for shard, job_id in placed])
        return {job_id: new.decode() for (_, job_id), new in zip(placed, made, strict=True) if new is not None}

    # -- the end of keeping ------------------------------------------------------------------------------------

    async def finished(
        self, before: float, status: Status | None = None, limit: int = 500, owner: str | None = None
    ) -> Sequence[str]:
        return await removing.finished(self.link, before, status, limit, owner)

    async def remove(self, job_ids: Collection[str], now: float) -> Sequence[str]:
        return await self._writer.ask(lambda: removing.remove(self.link, job_ids, now))

    async def sweep(self, now: float, limit: int = 500) -> Sequence[str]:
        return await self._writer.ask(lambda: removing.sweep(self.link, now, limit))

    async def examine(self, after: int = 0, limit: int = 20, *, open_only: bool = False) -> Sequence[Examined]:
        return await examine.page(self.link, after, limit, open_only=open_only)

    async def mend(self, job_id: str) -> Examined | None:
        return await self._writer.ask(lambda: examine.mend(self.link, job_id))

    async def backup(self, target: Path) -> None:
        raise StoreError(
            "jobs are in Redis: back it up with its own means (redis-cli --rdb FILE, or a copy of its append-only files); "
            "docs/scale-out.md says how"
        )

    # -- keys and contexts -------------------------------------------------------------------------------------

    async def keys(self) -> Sequence[ApiKey]:
        return await credentials.keys(self.link)

    async def add_key(self, key: ApiKey) -> None:
        await self._writer.ask(lambda: credentials.add(self.link, key))

    async def revoke_key(self, key_id: str, at: float) -> bool:
        return await self._writer.ask(lambda: credentials.revoke(self.link, key_id, at))

    async def signing(self) -> Sequence[SigningSecret]:
        return await credentials.signing(self.link)

    async def sign_with(self, secret: SigningSecret) -> None:
        await self._writer.ask(lambda: credentials.sign_with(self.link, secret))

    async def context(self, error_id: str) -> ErrorContext | None:
        (body,) = await self.link.ask([("HGET", "{j}:context:bodies", error_id)])
        return None if body is None else rows.context(body)

    async def contexts(self, query: ContextQuery) -> Sequence[ErrorContext]:
        return await removing.contexts(self.link, query)


def _pairs(flat: object) -> list[tuple[bytes, bytes]]:
    """Names and values, which may come as a list or as a dict, by what speaks for Redis."""
    if isinstance(flat, dict):
        return list(flat.items())
    assert isinstance(flat, list)
    return list(zip(flat[::2], flat[1::2], strict=True))
