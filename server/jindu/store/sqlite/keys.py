"""Keys and signing secrets as rows. Each function is one transaction, in the writer's thread."""

import sqlite3

from ...core.access import ApiKey, Scope, SigningSecret, Subject, channels_of
from ..contract import Exists
from .group import Numbers
from .rows import Row
from .sql import KEYS
from .transaction import written


def key(row: Row) -> ApiKey:
    id, name, digest, scopes, owner, created_at, expires_at, revoked_at = row
    return ApiKey(id, name, digest, tuple(map(Scope, scopes.split())), owner, created_at, expires_at, revoked_at)


def secret(row: Row) -> SigningSecret:
    return SigningSecret(*row)


def subject(row: Row) -> Subject:
    id, owner, kind, batch = row
    if kind == "gone":
        return Subject(owner, channels_of(id, batch=False, member_of=id))
    return Subject(owner, channels_of(id, batch=kind == "batch", member_of=batch))


def add(connection: sqlite3.Connection, numbers: Numbers, key: ApiKey) -> None:
    """Raises `Exists`."""
    row = (
        key.id, key.name, key.digest, " ".join(key.scopes), key.owner, key.created_at, key.expires_at, key.revoked_at,
    )  # fmt: skip
    if written(connection, lambda c: c.execute(KEYS["add"], row).rowcount) == 0:
        raise Exists(key.id)


def revoke(connection: sqlite3.Connection, numbers: Numbers, key_id: str, at: float) -> bool:
    return written(connection, lambda c: c.execute(KEYS["revoke"], (at, key_id)).rowcount) == 1


def sign_with(connection: sqlite3.Connection, numbers: Numbers, secret: SigningSecret) -> None:
    def work(c: sqlite3.Connection) -> int:
        c.execute(KEYS["sign_with"], (secret.id, secret.secret, secret.made_at))
        return c.execute(KEYS["forget_older"]).rowcount

    written(connection, work)
