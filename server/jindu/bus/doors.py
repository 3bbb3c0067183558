"""Ways to Redis for hints: one server, or any server of a cluster, for each of them passes on to all what it is told."""

from typing import Any

import redis.asyncio as aioredis
from redis import exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

ANSWER_WITHIN = 5.0  # seconds


class Doors:
    """`client` is the way that is taken now."""

    def __init__(self, url: str) -> None:
        first = aioredis.Redis.from_url(
            url.replace("valkey", "redis", 1), socket_timeout=ANSWER_WITHIN, socket_connect_timeout=ANSWER_WITHIN,
            socket_keepalive=True, protocol=2, retry=Retry(NoBackoff(), 0), retry_on_error=[],
        )  # fmt: skip
        self._by_address: dict[tuple[str, int], Any] = {self._address(first): first}
        self._order: list[Any] = [first]

    @property
    def client(self) -> Any:
        return self._order[0]

    def broke(self, client: Any) -> None:
        """Take another way than this one, if another is known."""
        if client is self.client:
            self._order.append(self._order.pop(0))

    async def learn(self) -> None:
        """Ask for more ways. Raises what the client library raises."""
        try:
            ranges = await self.client.execute_command("CLUSTER", "SLOTS")
        except exceptions.ResponseError:  # there is no cluster, or we may not ask
            return
        host, _ = self._address(self.client)
        for _, _, *servers in ranges:
            for name, port, *_ in servers:
                named = name.decode() if isinstance(name, bytes) else name
                self._add((named if named and named != "?" else host, int(port)))

    def _add(self, address: tuple[str, int]) -> None:
        if address not in self._by_address:
            pool = self.client.connection_pool
            given = {**pool.connection_kwargs, "host": address[0], "port": address[1]}
            made = type(pool)(pool.connection_class, max_connections=pool.max_connections, **given)
            self._by_address[address] = aioredis.Redis.from_pool(made)
            self._order.append(self._by_address[address])

    @staticmethod
    def _address(client: Any) -> tuple[str, int]:
        at = client.connection_pool.connection_kwargs
        return str(at.get("host", "localhost")), int(at.get("port", 6379))

    async def close(self) -> None:
        for client in self._order:
            await client.aclose()
