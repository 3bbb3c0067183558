"""The line to Redis: commands that nobody cancels and nothing resends, the epoch held by each, and what happens when it breaks.

A command that is under way is never cancelled (trap 10): who waits may go, the answer is still taken off the line, so that the
next command does not read it as its own.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from redis import exceptions

from ...core.clock import Clock
from ..contract import StoreBusy, StoreError, StoreRefused
from . import layout
from .failures import OtherEpoch, Unreachable, meaning
from .history import Disagreed, agreed
from .lines import COMMON, Lines, ManyServers, OneServer
from .safety import facts, is_cluster, refuse_unfit, refuse_volatile
from .scripts import DIGESTS
from .server import Arg, Seen, Server, Words

log = logging.getLogger("jindu.store")
T = TypeVar("T")

TRY_EVERY = 0.25  # seconds between two tries to reach a Redis that is away
TRIES = 5
LOOK_EVERY = 1.0  # seconds between two looks whether it is still there, and still the same


class Link:
    """Made by the store; `open` before use. `epoch` is the history that is believed in."""

    def __init__(self, url: str, clock: Clock, *, volatile: bool = False) -> None:
        self.url = url
        self.epoch = ""
        self.down_since: float | None = None  # monotonic seconds
        self.back_since: float | None = None  # when it answered again
        self._clock = clock
        self._volatile = volatile
        self._runs: set[str] | None = None  # of Redis, that were looked at
        self._listeners: list[Callable[[], None]] = []
        self._healing = asyncio.Lock()
        self._trouble = asyncio.Event()
        self._closed = asyncio.Event()
        self._under_way: set[asyncio.Future[Any]] = set()
        self._door = Server(url, self._greeted)
        self.lines: Lines = OneServer(self._door)

    @property
    def where(self) -> str:
        """The address for people: without a password."""
        return self.lines.where

    @property
    def is_cluster(self) -> bool:
        """Whether shards may lie on different servers: then no script reaches more than one."""
        return len(self.lines.slots) > 1

    def on_epoch(self, listener: Callable[[], None]) -> None:
        """Call when another history begins."""
        self._listeners.append(listener)

    async def open(self) -> None:
        """Raises `StoreRefused`."""
        try:
            first = await self._outlasted(self._door.look)
            refuse_unfit(first.info, first.where)
            if is_cluster(first.info):
                self.lines = ManyServers(self._door)
            seen = await self._looked()
            for one in seen.values():
                refuse_unfit(one.info, one.where)
                if not self._volatile:
                    refuse_volatile(one.info, one.where)
            await self._agree(seen)
            await self._adopt()
        except StoreError as error:
            raise StoreRefused(f"{self.where} cannot be used: {error}") from error

    async def _adopt(self) -> None:
        """Bring the layout of keys up; another node may begin a new history meanwhile."""
        for _ in range(TRIES):
            try:
                return await layout.adopt(self)
            except OtherEpoch:
                await self._agree(await self._looked())
        raise StoreBusy("other nodes begin one history after the other")

    def stop_tending(self) -> None:
        self._closed.set()
        self._trouble.set()

    async def close(self) -> None:
        self.stop_tending()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self.lines.close()

    # -- asking ------------------------------------------------------------------------------------------------

    async def call(self, name: str, *args: Arg, slot: str = COMMON) -> list[Any]:
        """Run a script; its answer without the head. Raises `StoreError`: `Unreachable` when it may have run."""
        words = ("EVALSHA", DIGESTS[name], 1, f"{{{slot}}}:epoch", self.epoch, *args)
        (answer,) = await self._answers([(slot, words)])
        if answer[0] == b"EPOCH":
            self._trouble.set()
            raise OtherEpoch("Redis holds another history: it was emptied, restored or restarted")
        rest: list[Any] = answer[1:]
        return rest

    async def spread(self, name: str, head: Sequence[Arg], items: Iterable[tuple[Any, ...]]) -> list[Any]:
        """A script over things of several shards, each of which begins with its shard: called once for each slot that has any.
        The answers, one behind the other. Raises as `call`, when all that was asked is answered."""
        parts: dict[str, list[Arg]] = {}
        for item in items:
            parts.setdefault(self.lines.slot(int(item[0])), []).extend(item)
        if len(parts) == 1:
            ((slot, args),) = parts.items()
            return await self.call(name, *head, *args, slot=slot)
        told = await together(self.call(name, *head, *args, slot=slot) for slot, args in parts.items())
        return [answer for answers in told for answer in answers]

    async def ask(self, commands: Sequence[Words], *, at: str = COMMON) -> list[Any]:
        """The answers to reading commands, sent as one to each server. `at`: where those go that name no key. Raises
        `StoreError`."""
        if not commands:
            return []
        asked = [(_slot(command) or at, command) for command in commands]
        slots = list(dict.fromkeys(slot for slot, _ in asked)) if self.is_cluster else [COMMON]
        epochs = [(slot, ("GET", f"{{{slot}}}:epoch")) for slot in slots]
        answers = await self._answers([*epochs, *asked])
        if any(epoch is None or epoch.decode() != self.epoch for epoch in answers[: len(slots)]):
            self._trouble.set()
            raise OtherEpoch("Redis holds another history: it was emptied, restored or restarted")
        return answers[len(slots) :]

    async def _answers(self, asked: Sequence[tuple[str, Words]]) -> list[Any]:
        async def sent() -> list[Any]:
            answers = await self.lines.send(asked)
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
            return answers

        return await self._outlasted(sent)

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
        """Every new connection: whether it leads to a run of Redis that the epoch was agreed with. Nothing is asked of one that
        started again before the epoch is agreed on anew."""
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        said = str(await connection.read_response(), "utf-8", "replace")
        if self._runs is not None and said.partition("run_id:")[2].partition("\r")[0] not in self._runs:
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
                await self._agree(await self._looked())
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

    async def _looked(self) -> dict[str, Seen]:
        return await self._outlasted(self.lines.look)

    async def _agree(self, seen: Mapping[str, Seen]) -> None:
        if any(int(one.info.get("loading", 0)) for one in seen.values()):
            raise StoreBusy("Redis is loading its data")
        known = {slot: facts(one.info, one.fsync) for slot, one in seen.items()}
        try:
            epoch = await self._outlasted(lambda: agreed(self.lines, known))
        except Disagreed as error:
            raise StoreBusy(str(error)) from error
        self._runs = {one.run for one in known.values()}
        if epoch != self.epoch:
            before, self.epoch = self.epoch, epoch
            if before:
                log.warning("history begins anew (epoch %s): what Redis has lost, clients are told to forget", epoch)
                for listener in tuple(self._listeners):
                    listener()


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """All to their ends, then the error of the first that failed."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException):
            raise one
    return done  # type: ignore[return-value]


def _slot(command: Words) -> str | None:
    """The slot of the key that a command names first."""
    key = command[1] if len(command) > 1 else ""
    return key[1 : key.index("}")] if isinstance(key, str) and key.startswith("{j") else None
