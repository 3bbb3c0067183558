"""Webhooks and deliveries as rows. What writes is one transaction each, in the writer's thread."""

import sqlite3
from typing import TypeAlias

import orjson

from ...core.webhooks import Delivery, DeliveryQuery, State, Webhook
from .rows import Row
from .sql import WEBHOOKS
from .transaction import written

Statement: TypeAlias = tuple[str, list[object]]

LISTED = "id, job, owner, event, url, created_at, due_at, webhook, state, attempts, run, tried_at, status, error, NULL, x''"


def webhook(found: Row) -> Webhook:
    id, url, secret, created_at, events, owner, types, description, enabled, former, former_until = found
    chosen, only = tuple(orjson.loads(events)), tuple(orjson.loads(types))
    return Webhook(id, url, secret, created_at, chosen, owner, only, description, bool(enabled), former, former_until)


def row(delivery: Delivery) -> Row:
    """Parameters of `deliver`."""
    return (
        delivery.id, delivery.job, delivery.owner, delivery.event, delivery.url, delivery.created_at, delivery.due_at,
        delivery.webhook, delivery.state.value, delivery.attempts, delivery.run, delivery.tried_at, delivery.status,
        delivery.error, delivery.secret, delivery.payload,
    )  # fmt: skip


def delivery(found: Row) -> Delivery:
    """The delivery of a row whose columns are in the order of `row`."""
    (
        id, job, owner, event, url, created_at, due_at, webhook, state, attempts, run, tried_at, status, error, secret, payload,
    ) = found  # fmt: skip
    return Delivery(
        id, job, owner, event, url, payload, created_at, due_at, webhook, secret, State(state), attempts, run, tried_at, status,
        error,
    )  # fmt: skip


def page(query: DeliveryQuery) -> Statement:
    """SQL and parameters of a list, newest first."""
    named = (("state", query.state), ("webhook", query.webhook), ("job", query.job), ("owner", query.owner))
    terms = [(f"{column} = ?", str(value)) for column, value in named if value is not None]
    if query.before is not None:
        terms.append(("id < ?", query.before))
    where = " AND ".join(term for term, _ in terms) or "TRUE"
    sql = f"SELECT {LISTED} FROM deliveries WHERE {where} ORDER BY id DESC LIMIT ?"  # values are parameters # nosec B608
    return sql, [*(value for _, value in terms), query.limit]


def put(connection: sqlite3.Connection, _numbers: object, webhook: Webhook) -> None:
    parameters = (
        webhook.id, webhook.url, webhook.secret, webhook.created_at, orjson.dumps(webhook.events).decode(), webhook.owner,
        orjson.dumps(webhook.types).decode(), webhook.description, webhook.enabled, webhook.former, webhook.former_until,
    )  # fmt: skip
    written(connection, lambda c: c.execute(WEBHOOKS["put"], parameters).rowcount)


def drop(connection: sqlite3.Connection, _numbers: object, webhook_id: str, at: float) -> bool:
    def work(c: sqlite3.Connection) -> int:
        c.execute(WEBHOOKS["orphan"], (at, webhook_id))
        return c.execute(WEBHOOKS["drop"], (webhook_id,)).rowcount

    return written(connection, work) == 1


def take(connection: sqlite3.Connection, _numbers: object, now: float, until: float, limit: int) -> list[Delivery]:
    found = written(connection, lambda c: c.execute(WEBHOOKS["take"], (now, until, limit)).fetchall())
    return sorted(map(delivery, found), key=lambda one: one.id)


def settle(connection: sqlite3.Connection, _numbers: object, of: Delivery) -> bool:
    parameters = (of.state.value, of.due_at, of.tried_at, of.status, of.error, of.id, of.run)
    return written(connection, lambda c: c.execute(WEBHOOKS["settle"], parameters).rowcount) == 1


def again(connection: sqlite3.Connection, _numbers: object, delivery_id: str, at: float) -> bool:
    return written(connection, lambda c: c.execute(WEBHOOKS["again"], (at, delivery_id)).rowcount) == 1
