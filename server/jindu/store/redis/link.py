"""The line to Redis: commands that nobody cancels and nothing resends, the epoch held by each, and what happens when it breaks.

Nothing is resent by the client library (trap 12: one script went out 11 times): whether a thing is done twice is decided
where the op id is known. A command that is under way is never cancelled (trap 10): who waits may go, the answer is still taken
off the line, so that the next command does not read it as its own.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import redis.asyncio as aioredis
from redis import exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ...core.clock import Clock
from ...core.ids import random_id
from ..contract import StoreBusy, StoreError, StoreRefused
from .failures import OtherEpoch, Unreachable, meaning
from .safety import Facts, facts, refuse_unfit, refuse_volatile
from .scripts import DIGESTS, SCRIPTS

log = logging.getLogger("jindu.store")
T = TypeVar("T")
Arg: TypeAlias = str | bytes | int | float

EPOCH, FACTS = "{j}:epoch", "{j}:facts"
ANSWER_WITHIN = 5.0  # seconds; then the line counts as broken
TRY_EVERY = 0.25  # seconds between two tries to reach a Redis that is away
LOOK_EVERY = 1.0  # seconds between two looks whether it is still there, and still the same
CONNECTIONS = 64


class Link:
    """Made by the store; `open` before use. `epoch` is the history that is believed in."""

    def __init__(self, url: str, clock: Clock, *, volatile: bool = False) -> None:
        self.url = url
        self.epoch = ""
        self.down_since: float | None = None  # monotonic seconds
        self.back_since: float | None = None  # when it answered again
        self._clock = clock
        self._volatile = volatile
        self._facts: Facts | None = None
        self._listeners: list[Callable[[], None]] = []
        self._healing = asyncio.Lock()
        self._trouble = asyncio.Event()
        self._closed = asyncio.Event()
        self._under_way: set[asyncio.Future[Any]] = set()
        # The one that looks takes whoever answers; the others only the run of Redis that was looked at: nothing is asked
        # of one that started again before the epoch is agreed on.
        self._looker = _client(url, 1)
        self.client = _client(url, CONNECTIONS, redis_connect_func=self._greeted)
        self.client.response_callbacks.clear()  # answers as they are, whatever version of the client library reads them

    @property
    def where(self) -> str:
        """The address for people: without a password."""
        at = self.client.connection_pool.connection_kwargs
        return f"Redis at {at.get('path') or '{}:{}'.format(at.get('host', 'localhost'), at.get('port', 6379))}"

    def on_epoch(self, listener: Callable[[], None]) -> None:
        """Call when another history begins."""
        self._listeners.append(listener)

    async def open(self) -> None:
        """Raises `StoreRefused`."""
        try:
            info = await self._info()
            refuse_unfit(info, self.where)
            if not self._volatile:
                refuse_volatile(info, self.where)
            await self._agree(info)
        except StoreError as error:
            raise StoreRefused(f"{self.where} cannot be used: {error}") from error

    def stop_tending(self) -> None:
        self._closed.set()
        self._trouble.set()

    async def close(self) -> None:
        self.stop_tending()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self.client.aclose()
        await self._looker.aclose()

    # -- asking ------------------------------------------------------------------------------------------------

    async def call(self, name: str, *args: Arg) -> list[Any]:
        """Run a script; its answer without the head. Raises `StoreError`: `Unreachable` when it may have run."""
        answer = await self._outlasted(lambda: _script(self.client, name, [EPOCH], [self.epoch, *args]))
        if answer[0] == b"EPOCH":
            self._trouble.set()
            raise OtherEpoch("Redis holds another history: it was emptied, restored or restarted")
        rest: list[Any] = answer[1:]
        return rest

    async def ask(self, commands: Sequence[Sequence[Arg]]) -> list[Any]:
        """The answers to reading commands, sent as one. Raises `StoreError`."""
        if not commands:
            return []

        async def sent() -> list[Any]:
            pipe = self.client.pipeline(transaction=False)
            pipe.execute_command("GET", EPOCH)
            for command in commands:
                pipe.execute_command(*command)
            answers: list[Any] = await pipe.execute()
            return answers

        epoch, *answers = await self._outlasted(sent)
        if epoch is None or epoch.decode() != self.epoch:
            self._trouble.set()
            raise OtherEpoch("Redis holds another history: it was emptied, restored or restarted")
        return answers

    async def _outlasted(self, command: Callable[[], Awaitable[T]]) -> T:
        work: asyncio.Future[T] = asyncio.ensure_future(command())
        self._under_way.add(work)
        work.add_done_callback(self._done)
        try:
            return await asyncio.shield(work)
        except exceptions.RedisError as error:
            failure = meaning(error)
            if isinstance(failure, Unreachable):
                self._lost(failure)
            raise failure from error
        except OSError as error:
            gone = Unreachable(f"Redis does not answer: {error}")
            self._lost(gone)
            raise gone from error

    def _done(self, work: "asyncio.Future[Any]") -> None:
        self._under_way.discard(work)
        if not work.cancelled():
            work.exception()  # its caller may have gone

    def _lost(self, error: StoreError) -> None:
        if self.down_since is None:
            self.down_since = self._clock.monotonic()
            log.warning("%s", error)
        self._trouble.set()

    # -- the line broke, or another history began --------------------------------------------------------------

    async def _greeted(self, connection: Any) -> None:
        """Every new connection: whether it leads to the run of Redis that the epoch was agreed with."""
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        said = str(await connection.read_response(), "utf-8", "replace")
        if self._facts is not None and f"run_id:{self._facts.run}\r" not in said:
            self._trouble.set()
            raise exceptions.ConnectionError("Redis was started anew")

    async def tend(self) -> None:
        """Look after the line until `close`: whoever notices trouble has it mended here."""
        while not self._closed.is_set():
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._trouble.wait()
            except TimeoutError:
                pass
            if not self._closed.is_set():
                await self.heal()

    async def heal(self) -> bool:
        """Whether Redis answers, and agrees on the epoch. Tries once."""
        async with self._healing:
            self._trouble.clear()
            try:
                info = await self._info()
                await self._agree(info)
            except StoreError as error:
                self._trouble.set()
                if self.down_since is None:
                    self.down_since = self._clock.monotonic()
                    log.warning("%s", error)
                await asyncio.sleep(TRY_EVERY)
                return False
            if self.down_since is not None:
                log.warning("%s answers again", self.where)
                self.down_since, self.back_since = None, self._clock.monotonic()
            return True

    async def _info(self) -> dict[str, Any]:
        """All that is to be known of the server that answers now."""

        async def asked() -> dict[str, Any]:
            info: dict[str, Any] = await self._looker.info()
            return info

        return await self._outlasted(asked)

    async def _agree(self, info: dict[str, Any]) -> None:
        if int(info.get("loading", 0)):
            raise StoreBusy("Redis is loading its data")
        known = facts(info, await self._fsync())

        async def decided() -> bytes:
            given: list[Arg] = [known.run, known.replication, random_id(), int(known.synced), int(known.replicas)]
            epoch: bytes = await _script(self._looker, "epoch", [EPOCH, FACTS], given)
            return epoch

        epoch = (await self._outlasted(decided)).decode()
        self._facts = known
        if epoch != self.epoch:
            before, self.epoch = self.epoch, epoch
            if before:
                log.warning("history begins anew (epoch %s): what Redis has lost, clients are told to forget", epoch)
                for listener in tuple(self._listeners):
                    listener()

    async def _fsync(self) -> str | None:
        """The setting `appendfsync`; None where it may not be read, as with many that are managed by others."""

        async def asked() -> str | None:
            try:
                found = await self._looker.config_get("appendfsync")
            except exceptions.ResponseError:
                return None
            return _text({_text(name): value for name, value in found.items()}.get("appendfsync"))

        return await self._outlasted(asked)


def _text(value: Any) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


async def _script(client: "aioredis.Redis", name: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
    try:
        return await client.evalsha(DIGESTS[name], len(keys), *keys, *args)
    except exceptions.NoScriptError:  # a new Redis, or one that started again; the script did not run
        await client.script_load(SCRIPTS[name])
        return await client.evalsha(DIGESTS[name], len(keys), *keys, *args)


def _client(url: str, connections: int, **more: Any) -> "aioredis.Redis":
    """Raises `StoreRefused` for what is no address."""
    pool: Any = aioredis.BlockingConnectionPool
    try:
        made = pool.from_url(
            url.replace("valkey", "redis", 1), max_connections=connections, timeout=ANSWER_WITHIN,
            socket_timeout=ANSWER_WITHIN, socket_connect_timeout=ANSWER_WITHIN, socket_keepalive=True, protocol=2,
            retry=Retry(NoBackoff(), 0), retry_on_error=[], **more,
        )  # fmt: skip
    except ValueError as error:
        named = url.rpartition("@")[2]
        raise StoreRefused(f"{named!r} is no address of a Redis ({error}). Write redis://localhost:6379/0") from None
    return aioredis.Redis.from_pool(made)
