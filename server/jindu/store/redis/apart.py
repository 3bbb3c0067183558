"""Ways to Redis for the thread that renews leases: apart from those of the event loop, which a body may hold up."""

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .link import Link
from .scripts import DIGESTS, SCRIPTS

ANSWER_WITHIN = 3.0  # seconds


class Apart:
    """Goes where the link knows the slots to be. A server that did not answer is `silent` until the caller clears that: nobody
    waits for it once for each of its slots."""

    def __init__(self, link: Link) -> None:
        self.silent: set[tuple[str, int] | None] = set()
        self._link = link
        self._clients: dict[tuple[str, int] | None, Any] = {}

    def call(self, name: str, slot: str, args: list[Any]) -> list[bytes]:
        """Run a script; its answer, head and all. Raises what the client library raises. What is on its way to another server
        (ASK) is not followed: only part of its keys would be there."""
        address = self._link.lines.address(slot)
        if address in self.silent:
            raise redis.ConnectionError("it did not answer a moment ago")
        client = self._clients.get(address) or self._made(address)
        epoch = f"{{{slot}}}:epoch"
        try:
            try:
                answer: list[bytes] = client.evalsha(DIGESTS[name], 1, epoch, *args)
            except redis.exceptions.NoScriptError:
                client.script_load(SCRIPTS[name])
                answer = client.evalsha(DIGESTS[name], 1, epoch, *args)
        except (redis.ConnectionError, redis.TimeoutError, OSError):
            self.silent.add(address)
            raise
        return answer

    def _made(self, address: tuple[str, int] | None) -> Any:
        pool = redis.ConnectionPool.from_url(
            self._link.url.replace("valkey", "redis", 1), socket_timeout=ANSWER_WITHIN, socket_connect_timeout=ANSWER_WITHIN,
            retry=Retry(NoBackoff(), 0), retry_on_error=[],
        )  # fmt: skip
        if address is not None:
            pool.connection_kwargs |= {"host": address[0], "port": address[1]}
        self._clients[address] = redis.Redis.from_pool(pool)
        return self._clients[address]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
