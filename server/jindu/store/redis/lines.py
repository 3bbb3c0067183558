"""Where commands go: to one Redis, or to the servers of a cluster, each by the slot of the keys that it touches.

A slot is named here by the hash tag of its keys: `j0` to `j15` for the shards, `j` for what is of none. A cluster may move any
of them at any time; who is told so (MOVED) was done nothing, and asks again where it was sent. A slot that is on its way (ASK)
is asked for nothing: only part of its keys would be there.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from redis import exceptions
from redis.crc import key_slot

from ...core.ids import SHARDS
from .server import Seen, Server, Words

Asked: TypeAlias = tuple[str, Words]  # a slot and a command

COMMON = "j"
ALL = (COMMON, *(f"j{shard}" for shard in range(SHARDS)))
MOVES = 5  # times that one command follows its slot


class Lines(Protocol):
    @property
    def slots(self) -> Sequence[str]:
        """Those that are apart, each with an epoch of its own."""
        ...

    @property
    def where(self) -> str:
        """The address for people."""
        ...

    def slot(self, shard: int) -> str:
        """The slot whose epoch guards the keys of a shard."""
        ...

    def address(self, slot: str) -> tuple[str, int] | None:
        """Where its server is; None: where the address of the store says. May be asked in any thread."""
        ...

    async def send(self, asked: Sequence[Asked], *, looking: bool = False) -> list[Any]:
        """The answer to each, or why there is none (an exception, not raised)."""
        ...

    async def look(self) -> dict[str, Seen]:
        """What the server of each slot says of itself. Raises what the client library raises."""
        ...

    async def close(self) -> None: ...


class OneServer:
    """All slots are one."""

    slots = (COMMON,)

    def __init__(self, server: Server) -> None:
        self.server = server
        self.where = server.where

    def slot(self, shard: int) -> str:
        return COMMON

    def address(self, slot: str) -> tuple[str, int] | None:
        return None

    async def send(self, asked: Sequence[Asked], *, looking: bool = False) -> list[Any]:
        return await _sent(self.server, [words for _, words in asked], looking)

    async def look(self) -> dict[str, Seen]:
        return {COMMON: await self.server.look()}

    async def close(self) -> None:
        await self.server.close()


class ManyServers:
    """A cluster. What it looks like is asked of whichever of its servers answers."""

    slots = ALL

    def __init__(self, door: Server) -> None:
        self.where = door.where.replace("Redis", "Redis Cluster", 1)
        self._servers = {door.address: door}
        self._at: dict[str, Server] = {}
        self._asked: list[Server] = [door]  # whom to ask next comes first
        self._learning = asyncio.Lock()

    def slot(self, shard: int) -> str:
        return f"j{shard}"

    def address(self, slot: str) -> tuple[str, int] | None:
        server = self._at.get(slot)
        return None if server is None else server.address

    async def send(self, asked: Sequence[Asked], *, looking: bool = False) -> list[Any]:
        answers: list[Any] = [None] * len(asked)
        todo = list(range(len(asked)))
        for _ in range(MOVES):
            for place, answer in await self._round(asked, todo, looking):
                answers[place] = answer
            todo = [place for place in todo if isinstance(answers[place], exceptions.MovedError)]
            if not todo:
                break
            try:
                await self._learn()
            except (exceptions.RedisError, OSError):
                break  # MOVED is what they are told: nothing was done
        return answers

    async def _round(self, asked: Sequence[Asked], todo: Sequence[int], looking: bool) -> list[tuple[int, Any]]:
        """Each server is sent all that is its in one go."""
        places: dict[Server, list[int]] = {}
        lost: list[tuple[int, Any]] = []
        for place in todo:
            server = self._at.get(asked[place][0])
            if server is None:
                lost.append((place, exceptions.ClusterDownError("CLUSTERDOWN nobody serves this slot")))
            else:
                places.setdefault(server, []).append(place)
        answers = await asyncio.gather(
            *(_sent(server, [asked[place][1] for place in mine], looking) for server, mine in places.items())
        )
        pairs = [zip(mine, given, strict=True) for mine, given in zip(places.values(), answers, strict=True)]
        return lost + [pair for part in pairs for pair in part]

    async def look(self) -> dict[str, Seen]:
        await self._learn()
        if len(self._at) < len(ALL):
            raise exceptions.ClusterDownError("CLUSTERDOWN not every slot is served")
        servers = list(dict.fromkeys(self._at.values()))
        seen = dict(zip(servers, await asyncio.gather(*(server.look() for server in servers)), strict=True))
        return {slot: seen[server] for slot, server in self._at.items()}

    async def _learn(self) -> None:
        """Which server has which slot, from the first that answers. Raises the last one's error."""
        async with self._learning:
            for left in range(len(self._asked) - 1, -1, -1):
                one = self._asked[0]
                try:
                    self._take(await one.slots(), one)
                except (exceptions.RedisError, OSError):
                    self._asked.append(self._asked.pop(0))
                    if not left:
                        raise
                else:
                    return

    def _take(self, ranges: Sequence[Any], told_by: Server) -> None:
        at: dict[str, Server] = {}
        for first, last, (host, port, *_), *_ in ranges:
            mine = [slot for slot in ALL if first <= key_slot(slot.encode()) <= last]
            if not mine:
                continue
            name = host.decode() if isinstance(host, bytes) else host
            # A server may not know its own name, or not want to tell it: it is where it was asked.
            address = (name if name and name != "?" else told_by.address[0], int(port))
            if address not in self._servers:
                self._servers[address] = told_by.beside(address)
                self._asked.append(self._servers[address])
            at |= dict.fromkeys(mine, self._servers[address])
        self._at = at

    async def close(self) -> None:
        for server in self._servers.values():
            await server.close()


async def _sent(server: Server, commands: Sequence[Words], looking: bool) -> list[Any]:
    try:
        return await server.send(commands, looking=looking)
    except (exceptions.RedisError, OSError) as error:
        return [error] * len(commands)
