"""One Redis server: a line for work, and one that looks at whoever answers. Nothing is resent here but what did not run.

The client library resends nothing (trap 12: one script went out 11 times): whether a thing is done twice is decided where the
op id is known. Answers come as Redis gave them, errors among them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import hiredis
import redis.asyncio as aioredis
from redis import exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..contract import StoreRefused
from .scripts import DIGESTS, SCRIPTS

Arg: TypeAlias = str | bytes | int | float
Words: TypeAlias = Sequence[Arg]
Greeting: TypeAlias = Callable[[Any], Awaitable[None]]

ANSWER_WITHIN = 5.0  # seconds; then the line counts as broken
CONNECTIONS = 64
_NAMES = {digest: name for name, digest in DIGESTS.items()}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server says of itself."""

    where: str
    info: Mapping[str, Any]
    fsync: str | None  # None where it may not be read, as with many that are managed by others


class Server:
    """`greeting` is awaited for each new connection for work, in the place of the library's own."""

    def __init__(self, url: str, greeting: Greeting, address: tuple[str, int] | None = None) -> None:
        """At the address in `url`, or at another with all else of it. Raises `StoreRefused` for what is no address."""
        self._url = url
        self._greeting = greeting
        self._looker = _client(url, 1, address)
        self._client = _client(url, CONNECTIONS, address, redis_connect_func=greeting)
        self._client.response_callbacks.clear()  # answers as they are, whatever version of the client library reads them

    @property
    def address(self) -> tuple[str, int]:
        at = self._client.connection_pool.connection_kwargs
        return str(at.get("host", "localhost")), int(at.get("port", 6379))

    @property
    def where(self) -> str:
        """The address for people: without a password."""
        path = self._client.connection_pool.connection_kwargs.get("path")
        return f"Redis at {path or '{}:{}'.format(*self.address)}"

    def beside(self, address: tuple[str, int]) -> "Server":
        """Another server that is reached by the same means."""
        return Server(self._url, self._greeting, address)

    async def close(self) -> None:
        await self._client.aclose()
        await self._looker.aclose()

    async def send(self, commands: Sequence[Words], *, looking: bool = False) -> list[Any]:
        """The answer to each, or its error. Raises when the line breaks: then any may have been done."""
        client = self._looker if looking else self._client
        answers = await _sent(client, commands)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, exceptions.NoScriptError)]
        if unknown:  # a new Redis, or one that started again; these did not run
            for name in {_NAMES[str(commands[place][1])] for place in unknown}:
                await client.script_load(SCRIPTS[name])
            again = await _sent(client, [commands[place] for place in unknown])
            for place, answer in zip(unknown, again, strict=True):
                answers[place] = answer
        return answers

    async def look(self) -> Seen:
        """All that is to be known of the server that answers now."""
        pipe = self._looker.pipeline(transaction=False)
        pipe.info()
        pipe.config_get("appendfsync")
        info, found = await pipe.execute(raise_on_error=False)
        if isinstance(info, Exception):
            raise info
        values = {} if isinstance(found, Exception) else {_text(name): _text(value) for name, value in found.items()}
        return Seen(self.where, info, values.get("appendfsync"))

    async def slots(self) -> list[Any]:
        """Of a cluster, which of its servers has which slots, as this one knows it. Raises `ClusterDownError` where it cannot
        be right: this server is out of reach of most others, or not all slots are served."""
        state, found = await _sent(self._looker, [("CLUSTER", "INFO"), ("CLUSTER", "SLOTS")])
        for answer in (state, found):
            if isinstance(answer, Exception):
                raise answer
        if "cluster_state:ok" not in _text(state):
            raise exceptions.ClusterDownError("CLUSTERDOWN not every slot is served, or too few masters can be reached")
        slots: list[Any] = found
        return slots


async def _sent(client: Any, commands: Sequence[Words]) -> list[Any]:
    if len(commands) == 1:
        try:
            return [await client.execute_command(*commands[0])]
        except exceptions.ResponseError as error:
            return [error]
    pipe = client.pipeline(transaction=False)
    for command in commands:
        pipe.execute_command(*command)
    answers: list[Any] = await pipe.execute(raise_on_error=False)
    return answers


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@cache
def _packing(plain: Any) -> Any:
    """The same kind of connection, whose commands are put together in C: the client library does so only where it blocks."""

    class Packing(plain):  # type: ignore[misc]
        def pack_command(self, *args: Any) -> list[bytes]:
            return [hiredis.pack_command((*args[0].split(), *args[1:]))]

    return Packing


def _client(url: str, connections: int, address: tuple[str, int] | None, **more: Any) -> "aioredis.Redis":
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
    made.connection_class = _packing(made.connection_class)
    if address is not None:
        made.connection_kwargs |= {"host": address[0], "port": address[1]}
    return aioredis.Redis.from_pool(made)
