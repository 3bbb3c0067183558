"""Webhooks and deliveries. A delivery is born in the script that ends its job (`commit.lua`), in the shard of that job: what
asks for deliveries asks all shards."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from ...core.ids import SHARDS
from ...core.webhooks import Delivery, DeliveryQuery, State, Webhook
from .forms import Args, maybe, number, owner_name
from .link import Link
from .server import Arg
from .walk import Walk, downwards, shortest

FIELDS = ("b", "s", "t", "a", "r", "d", "c", "e", "k", "p")  # of a delivery, in the order in which `_delivery` takes them
LISTED = FIELDS[:-2]  # lists carry neither secret nor payload
PAGE = 200
AT_ONCE = 5_000  # that one sweep removes
REMOVED = b'"the webhook was removed"'


def born(of: Delivery) -> Args:
    """Arguments of a delivery for `commit.lua`. Raises `ValueError`, `TypeError`."""
    named = orjson.dumps((number(of.created_at), of.webhook or "", of.job, owner_name(of.owner)))
    body = orjson.dumps((of.id, of.job, of.owner, of.event, of.url, of.created_at, of.webhook))
    return [
        of.id, named, body, of.secret or "", of.payload, of.state.value, number(of.due_at), of.attempts, of.run,
        *_outcome(of),
    ]  # fmt: skip


def _outcome(of: Delivery) -> Args:
    return [maybe(of.tried_at), "" if of.status is None else of.status, orjson.dumps(of.error)]


def _delivery(row: Sequence[bytes | None]) -> Delivery | None:
    """Of the fields `FIELDS`, or `LISTED`; None if there is none."""
    if row[0] is None:
        return None
    id, job, owner, event, url, created_at, webhook = orjson.loads(row[0])
    state, due, attempts, run, tried, status, error, *more = (value or b"" for value in row[1:])
    secret, payload = more or (b"", b"")
    return Delivery(
        id, job, owner, event, url, payload, created_at, float(due), webhook, secret.decode() or None, State(state.decode()),
        int(attempts), int(run), float(tried) if tried else None, int(status) if status else None, orjson.loads(error),
    )  # fmt: skip


async def webhooks(link: Link) -> list[Webhook]:
    """In the order of their making."""
    (ids,) = await link.ask([("ZRANGE", "{j}:webhook:order", 0, -1)])
    if not ids:
        return []
    (texts,) = await link.ask([("HMGET", "{j}:webhooks", *ids)])
    return [_webhook(text) for text in texts if text is not None]


async def put(link: Link, webhook: Webhook) -> None:
    body = orjson.dumps(
        (
            webhook.id, webhook.url, webhook.secret, webhook.created_at, webhook.events, webhook.owner, webhook.types,
            webhook.description, webhook.enabled, webhook.former, webhook.former_until,
        )
    )  # fmt: skip
    await link.call("webhook", webhook.id, body)


def _webhook(text: bytes) -> Webhook:
    id, url, secret, created_at, events, owner, types, *rest = orjson.loads(text)
    return Webhook(id, url, secret, created_at, tuple(events), owner, tuple(types), *rest)


async def drop(link: Link, webhook_id: str, at: float) -> bool:
    """What waits for it is dead first: who is told of an error asks again, and then all of it is done."""
    for shard in range(SHARDS):
        await _call(link, shard, "drop", webhook_id, number(at), REMOVED)
    (known,) = await link.call("webhook", webhook_id, "")
    return bool(known)


async def take(link: Link, now: float, until: float, limit: int) -> list[Delivery]:
    due = await _by_due(link, "ZRANGEBYSCORE", "-inf", number(now), "WITHSCORES", "LIMIT", 0, limit)
    wanted: dict[int, list[str]] = {}
    for _, delivery_id, shard in due[:limit]:
        wanted.setdefault(shard, []).append(delivery_id)
    taken: list[Delivery] = []
    for shard, ids in wanted.items():
        rows = await _call(link, shard, "take", number(now), number(until), len(ids), *ids, *FIELDS)
        taken += [one for row in rows if (one := _delivery(row)) is not None]
    places = {delivery_id: place for place, (_, delivery_id, _) in enumerate(due)}
    return sorted(taken, key=lambda one: places[one.id])


async def next_due(link: Link) -> float | None:
    due = await _by_due(link, "ZRANGE", 0, 0, "WITHSCORES")
    return due[0][0] if due else None


async def settle(link: Link, of: Delivery) -> bool:
    args = (of.id, of.run, of.state.value, number(of.due_at), *_outcome(of))
    shard = await _found(link, of.id)
    return shard is not None and bool((await _call(link, shard, "settle", *args))[0])


async def again(link: Link, delivery_id: str, at: float) -> bool:
    shard = await _found(link, delivery_id)
    return shard is not None and bool((await _call(link, shard, "again", delivery_id, number(at)))[0])


async def one(link: Link, delivery_id: str) -> Delivery | None:
    rows = await link.ask([("HMGET", f"{{j{shard}}}:delivery:{delivery_id}", *FIELDS) for shard in range(SHARDS)])
    return next((delivery for row in rows if (delivery := _delivery(row)) is not None), None)


async def _call(link: Link, shard: int, what: str, *args: Arg) -> list[Any]:
    return await link.call("deliveries", what, shard, *args, slot=link.lines.slot(shard))


async def _found(link: Link, delivery_id: str) -> int | None:
    """The shard that a delivery is in: its id does not say."""
    there = await link.ask([("EXISTS", f"{{j{shard}}}:delivery:{delivery_id}") for shard in range(SHARDS)])
    return next((shard for shard, found in enumerate(there) if found), None)


async def _by_due(link: Link, name: str, *rest: Arg) -> list[tuple[float, str, int]]:
    """When due, id and shard of what waits, from all shards, the longest due first."""
    parts = await link.ask([(name, f"{{j{shard}}}:delivery:due", *rest) for shard in range(SHARDS)])
    return sorted(
        (float(part[place + 1]), part[place].decode(), shard)
        for shard, part in enumerate(parts)
        for place in range(0, len(part), 2)
    )


async def too_many(link: Link, until: float, most: int) -> list[tuple[int, str]]:
    """Shard and id of settled deliveries that were kept long enough, and of the oldest beyond so many."""
    old: list[Sequence[Arg]] = []
    for shard in range(SHARDS):
        settled = f"{{j{shard}}}:delivery:settled"
        old += [
            ("ZRANGEBYSCORE", settled, "-inf", number(until), "LIMIT", 0, AT_ONCE),
            ("ZCARD", f"{{j{shard}}}:delivery:over"),
        ]
    told = await link.ask(old)
    going = [(shard, one.decode()) for shard in range(SHARDS) for one in told[2 * shard]]
    beyond = min(sum(told[1::2]) - len(going) - most, AT_ONCE)
    if beyond > 0:
        ids = await link.ask([("ZRANGE", f"{{j{shard}}}:delivery:over", 0, beyond + len(going) - 1) for shard in range(SHARDS)])
        kept = sorted(
            {(one.decode(), shard) for shard, part in enumerate(ids) for one in part} - {(id, at) for at, id in going}
        )
        going += [(shard, one) for one, shard in kept[:beyond]]
    return going


async def page(link: Link, query: DeliveryQuery) -> list[Delivery]:
    """Down the shortest list that holds all that is asked for."""
    walk = Walk(await _shortest(link, query), "-", "+")
    below: str | None = "+" if query.before is None else f"({query.before}"
    found: list[Delivery] = []
    while below is not None and len(found) < query.limit:
        names, below = await downwards(link, replace(walk, below=below), PAGE)
        rows = await link.ask([("HMGET", f"{{j{shard}}}:delivery:{id}", *LISTED) for shard, id in names])
        found += [delivery for row in rows if (delivery := _delivery(row)) is not None and _fits(delivery, query)]
    return found[: query.limit]


async def _shortest(link: Link, query: DeliveryQuery) -> str:
    owner = None if query.owner is None else owner_name(query.owner)
    named = (("state", query.state), ("webhook", query.webhook), ("job", query.job), ("owner", owner))
    return await shortest(
        link, [f"delivery:of:{kind}:{value}" for kind, value in named if value is not None], "delivery:of:all"
    )


def _fits(of: Delivery, query: DeliveryQuery) -> bool:
    return (
        query.state in (None, of.state)
        and query.webhook in (None, of.webhook)
        and query.job in (None, of.job)
        and query.owner in (None, of.owner)
    )
