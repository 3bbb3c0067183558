"""The store over one SQLite file: the contract's methods, each a question to the readers or a word to the writer."""

import asyncio
import sqlite3
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

import orjson

from ...core.access import ApiKey, SigningSecret, Subject
from ...core.alerts import Alert
from ...core.clock import Clock
from ...core.contexts import ContextQuery, ErrorContext
from ...core.eta.kept import PastRun
from ...core.ids import random_id
from ...core.job import Job
from ...core.observer import Observer
from ...core.schedule import Schedule
from ...core.states import Kind, Status
from ...core.webhooks import Delivery, DeliveryQuery, Webhook
from ..contract import Change, Kept, LogEntry, Query, Record, StoreError, StoreRefused, Told
from ..findings import Examined
from . import alerts as alert_rows
from . import examine, keys, leftovers, page, past_runs, reader, rows, schedules, schema, webhooks
from .backup import back_up
from .connection import Connection, open_writer
from .failures import meaning
from .group import Numbers
from .lock import FileLock
from .reader import Reader
from .sql import ALERTS, KEYS, READ, RUNS, SCHEDULES, WEBHOOKS
from .sweep import remove, sweep
from .wal import WalGauge
from .writer import DEFAULT, Thresholds, Writer

READERS = 2


class SqliteStore:
    """See `contract.Store`. Made by `open`."""

    shared = None

    def __init__(self, path: Path, thresholds: Thresholds) -> None:
        self.path = path
        self.epoch = ""
        self.boot = random_id()
        self._thresholds = thresholds
        self._lock: FileLock | None = None
        self._connection: Connection | None = None
        self._gauge: WalGauge | None = None
        self._reader = Reader(self._note)
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        path: Path,
        clock: Clock,
        thresholds: Thresholds = DEFAULT,
        migrations: Sequence[str] | None = None,
    ) -> "SqliteStore":
        """Raises `StoreRefused`, with everything closed again; so does a cancellation."""
        store = cls(path, thresholds)
        try:
            await store._open(clock, schema.migrations() if migrations is None else migrations)
        except BaseException:
            await store._release()
            raise
        return store

    async def _open(self, clock: Clock, migrations: Sequence[str]) -> None:
        self._lock = FileLock.take(self.path)
        try:
            self._connection = await open_writer(self.path)
            self.epoch = await self._connection.call(schema.prepare, self.path, migrations, clock.wall(), self._lock)
            await self._connection.call(leftovers.tidy, self.path)
            numbers = await self._connection.call(Numbers)
            page_bytes = await self._connection.call(lambda c: int(c.execute("PRAGMA page_size").fetchone()[0]))
            await self._reader.open(self.path, READERS)
        except sqlite3.Error as error:
            raise _refusal(self.path, error) from error
        self._gauge = WalGauge(self.path, page_bytes)
        self._writer = Writer(self._connection, numbers, self._gauge, self._thresholds)

    def _note(self, error: StoreError) -> StoreError:
        return self._writer.note(error)

    @property
    def broken(self) -> str | None:
        return self._writer.broken

    def tell(self, observer: Observer) -> None:
        self._writer.observer = observer

    def commit(self, change: Change) -> "asyncio.Future[None]":
        return self._writer.commit(change)

    def post(self, change: Change, told: Told) -> None:
        self._writer.post(change, told)

    async def run(self) -> None:
        await self._writer.run()

    async def close(self) -> None:
        # A task of its own: a caller that is cancelled does not leave the store half closed; others await the same one.
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="store-close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        try:
            await self._writer.stop()
            await self._reader.close()
            await self._writer.empty_log()
        finally:
            await self._release()

    async def _release(self) -> None:
        """Readers before the writer, the gauge behind all of SQLite, the lock last."""
        try:
            await self._reader.close()
            if self._connection is not None:
                await self._connection.close()
        finally:
            if self._gauge is not None:
                self._gauge.close()
            if self._lock is not None:
                self._lock.release()

    async def read(self, job_id: str) -> Record | None:
        return await self._reader.one(READ["job"], (job_id,), rows.record)

    async def results(self, job_id: str, after: int = 0, limit: int = 1000) -> Sequence[Kept]:
        return await self._reader.all(READ["results"], (job_id, after, limit), lambda row: Kept(*row))

    async def log(self, job_id: str, after: int = 0, limit: int = 1000, kind: Kind | None = None) -> Sequence[LogEntry]:
        return await self._reader.ask(partial(reader.log, job_id=job_id, after=after, limit=limit, kind=kind))

    async def steps(self, job_id: str) -> dict[str, bytes]:
        return dict(await self._reader.all(READ["steps"], (job_id,), lambda row: (row[0], row[1])))

    async def page(self, query: Query) -> Sequence[Job]:
        return await self._reader.all(*page.statement(query), rows.job)

    async def ready(self, types: Collection[str], now: float, limit: int) -> Sequence[Job]:
        return await self._reader.all(READ["ready"], (_listed(types), now, limit), rows.job)

    async def next_due(self, types: Collection[str], now: float) -> float | None:
        return await self._reader.one(READ["next_due"], (_listed(types), now), lambda row: row[0])

    async def orphans(self) -> Sequence[Job]:
        return await self._reader.all(READ["orphans"], (self.boot,), rows.job)

    async def expired(self, now: float, limit: int = 100) -> Sequence[Job]:
        return await self._reader.all(READ["expired"], (now, limit), rows.job)

    async def counts(self) -> dict[Status, int]:
        found = dict(await self._reader.all(READ["counts"], (), lambda row: (row[0], row[1])))
        return {status: found.get(status.value, 0) for status in Status}

    async def tally(self, owner: str | None = None) -> dict[str, dict[Status, int]]:
        found: dict[str, dict[Status, int]] = {}
        for type, status, number in await self._reader.all(READ["tally"], (owner,), lambda row: (row[0], row[1], row[2])):
            found.setdefault(type, dict.fromkeys(Status, 0))[Status(status)] = number
        return found

    async def ahead(self, job: Job, now: float) -> int:
        place = (job.spec.type, now, job.rank, job.spec.created_at, job.id)
        return await self._reader.one(READ["ahead"], place, lambda row: int(row[0])) or 0

    async def retries(self, job_ids: Collection[str]) -> dict[str, str]:
        return dict(await self._reader.all(READ["retries"], (_listed(job_ids),), lambda row: (row[0], row[1])))

    async def finished(
        self, before: float, status: Status | None = None, limit: int = 500, owner: str | None = None
    ) -> Sequence[str]:
        return await self._reader.all(READ["finished"], (before, status, limit, owner), lambda row: str(row[0]))

    async def remove(self, job_ids: Collection[str], now: float) -> Sequence[str]:
        return await self._writer.ask(partial(remove, job_ids=_listed(job_ids), now=now))

    async def sweep(self, now: float, limit: int = 500) -> Sequence[str]:
        return await self._writer.ask(partial(sweep, now=now, limit=limit))

    async def examine(self, after: int = 0, limit: int = 20, *, open_only: bool = False) -> Sequence[Examined]:
        return await self._reader.ask(partial(examine.page, after=after, limit=limit, open_only=open_only))

    async def mend(self, job_id: str) -> Examined | None:
        return await self._writer.ask(partial(examine.mend, job_id=job_id))

    async def keys(self) -> Sequence[ApiKey]:
        return await self._reader.all(KEYS["all"], (), keys.key)

    async def add_key(self, key: ApiKey) -> None:
        await self._writer.ask(partial(keys.add, key=key))

    async def revoke_key(self, key_id: str, at: float) -> bool:
        return await self._writer.ask(partial(keys.revoke, key_id=key_id, at=at))

    async def signing(self) -> Sequence[SigningSecret]:
        return await self._reader.all(KEYS["signing"], (), keys.secret)

    async def sign_with(self, secret: SigningSecret) -> None:
        await self._writer.ask(partial(keys.sign_with, secret=secret))

    async def keep_alert(self, alert: Alert, now: float) -> None:
        await self._writer.ask(partial(alert_rows.keep, alert=alert, now=now))

    async def alerts(self, limit: int) -> Sequence[Alert]:
        return await self._reader.all(ALERTS["newest"], (limit,), alert_rows.alert)

    async def keep_runs(self, runs: Sequence[PastRun]) -> None:
        await self._writer.ask(partial(past_runs.keep, runs=runs))

    async def past_runs(self) -> Sequence[PastRun]:
        return await self._reader.all(RUNS["all"], (), past_runs.past_run)

    async def owned(self, id: str) -> Subject | None:
        return await self._reader.one(KEYS["owned"], (id,), keys.subject)

    async def context(self, error_id: str) -> ErrorContext | None:
        return await self._reader.one(READ["context"], (error_id,), rows.context)

    async def contexts(self, query: ContextQuery) -> Sequence[ErrorContext]:
        return await self._reader.all(*page.contexts(query), rows.context)

    async def webhooks(self) -> Sequence[Webhook]:
        return await self._reader.all(WEBHOOKS["all"], (), webhooks.webhook)

    async def put_webhook(self, webhook: Webhook) -> None:
        await self._writer.ask(partial(webhooks.put, webhook=webhook))

    async def drop_webhook(self, webhook_id: str, at: float) -> bool:
        return await self._writer.ask(partial(webhooks.drop, webhook_id=webhook_id, at=at))

    async def take_deliveries(self, now: float, until: float, limit: int) -> Sequence[Delivery]:
        return await self._writer.ask(partial(webhooks.take, now=now, until=until, limit=limit))

    async def next_delivery(self) -> float | None:
        return await self._reader.one(WEBHOOKS["next"], (), lambda row: row[0])

    async def settle_delivery(self, delivery: Delivery) -> bool:
        return await self._writer.ask(partial(webhooks.settle, of=delivery))

    async def redeliver(self, delivery_id: str, at: float) -> bool:
        return await self._writer.ask(partial(webhooks.again, delivery_id=delivery_id, at=at))

    async def delivery(self, delivery_id: str) -> Delivery | None:
        return await self._reader.one(WEBHOOKS["one"], (delivery_id,), webhooks.delivery)

    async def deliveries(self, query: DeliveryQuery) -> Sequence[Delivery]:
        return await self._reader.all(*webhooks.page(query), webhooks.delivery)

    async def schedules(self) -> Sequence[Schedule]:
        return await self._reader.all(SCHEDULES["all"], (), schedules.schedule)

    async def schedule(self, schedule_id: str) -> Schedule | None:
        return await self._reader.one(SCHEDULES["one"], (schedule_id,), schedules.schedule)

    async def due_schedules(self, now: float, limit: int = 100) -> Sequence[Schedule]:
        return await self._reader.all(SCHEDULES["due"], (now, limit), schedules.schedule)

    async def add_schedule(self, schedule: Schedule) -> None:
        await self._writer.ask(partial(schedules.add, schedule=schedule))

    async def change_schedule(self, schedule: Schedule) -> bool:
        return await self._writer.ask(partial(schedules.change, schedule=schedule))

    async def drop_schedule(self, schedule_id: str) -> bool:
        return await self._writer.ask(partial(schedules.drop, schedule_id=schedule_id))

    async def backup(self, target: Path) -> None:
        await asyncio.to_thread(back_up, self.path, target)

    async def tombstone(self, job_id: str) -> bool:
        return await self._reader.one(READ["tombstone"], (job_id,), bool) is not None


def _listed(names: Collection[str]) -> str:
    return orjson.dumps(sorted(set(names))).decode()


def _refusal(path: Path, error: sqlite3.Error) -> StoreRefused:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return schema.damaged(path, str(error))
    reason: StoreError = meaning(error)
    return StoreRefused(f"{path} cannot be opened: {reason}")
