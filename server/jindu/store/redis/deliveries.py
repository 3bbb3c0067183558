"""Webhooks and deliveries. A delivery is born in the script that ends its job (`commit.lua`)."""

from collections.abc import Sequence
from typing import Any

import orjson

from ...core.webhooks import Delivery, DeliveryQuery, State, Webhook
from .forms import Args, maybe, number, owner_name
from .link import Arg, Link

FIELDS = ("b", "s", "t", "a", "r", "d", "c", "e", "k", "p")  # of a delivery, in the order in which `_delivery` takes them
LISTED = FIELDS[:-2]  # lists carry neither secret nor payload
PAGE = 200
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
    (known,) = await link.call("deliveries", "drop", webhook_id, number(at), REMOVED)
    return bool(known)


async def take(link: Link, now: float, until: float, limit: int) -> list[Delivery]:
    taken = await link.call("deliveries", "take", number(now), number(until), limit, *FIELDS)
    return [one for row in taken if (one := _delivery(row)) is not None]


async def next_due(link: Link) -> float | None:
    (found,) = await link.ask([("ZRANGE", "{j}:delivery:due", 0, 0, "WITHSCORES")])
    return float(found[1]) if found else None


async def settle(link: Link, of: Delivery) -> bool:
    args = (of.id, of.run, of.state.value, number(of.due_at), *_outcome(of))
    (settled,) = await link.call("deliveries", "settle", *args)
    return bool(settled)


async def again(link: Link, delivery_id: str, at: float) -> bool:
    (known,) = await link.call("deliveries", "again", delivery_id, number(at))
    return bool(known)


async def one(link: Link, delivery_id: str) -> Delivery | None:
    (row,) = await link.ask([("HMGET", f"{{j}}:delivery:{delivery_id}", *FIELDS)])
    return _delivery(row)


async def page(link: Link, query: DeliveryQuery) -> list[Delivery]:
    """Down the shortest list that holds all that is asked for."""
    name = await _shortest(link, query)
    below = "+" if query.before is None else f"({query.before}"
    found: list[Delivery] = []
    while len(found) < query.limit:
        (ids,) = await link.ask([("ZREVRANGEBYLEX", name, below, "-", "LIMIT", 0, PAGE)])
        rows = await link.ask([("HMGET", f"{{j}}:delivery:{id.decode()}", *LISTED) for id in ids])
        found += [delivery for row in rows if (delivery := _delivery(row)) is not None and _fits(delivery, query)]
        if len(ids) < PAGE:
            break
        below = f"({ids[-1].decode()}"
    return found[: query.limit]


async def _shortest(link: Link, query: DeliveryQuery) -> str:
    owner = None if query.owner is None else owner_name(query.owner)
    named = (("state", query.state), ("webhook", query.webhook), ("job", query.job), ("owner", owner))
    lists = [f"{{j}}:delivery:of:{kind}:{value}" for kind, value in named if value is not None]
    if len(lists) < 2:
        return (lists or ["{j}:delivery:of:all"])[0]
    asked: list[Sequence[Arg]] = [("ZCARD", name) for name in lists]
    sizes: list[Any] = await link.ask(asked)
    return lists[sizes.index(min(sizes))]


def _fits(of: Delivery, query: DeliveryQuery) -> bool:
    return (
        query.state in (None, of.state)
        and query.webhook in (None, of.webhook)
        and query.job in (None, of.job)
        and query.owner in (None, of.owner)
    )
