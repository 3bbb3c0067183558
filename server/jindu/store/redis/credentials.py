"""Keys and signing secrets, and whose a job is."""

from typing import Any

import orjson

from ...core.access import ApiKey, Scope, SigningSecret, Subject, channels_of
from ...core.job import Job
from ..contract import Exists
from .link import Link


async def keys(link: Link) -> list[ApiKey]:
    """All, in the order of their making."""
    order, texts, revoked = await link.ask(
        [("LRANGE", "{j}:keys:order", 0, -1), ("HGETALL", "{j}:keys"), ("HGETALL", "{j}:keys:revoked")]
    )
    made, over = _by_name(texts), _by_name(revoked)
    found = [_key(made[id], over.get(id)) for id in order]
    return sorted(found, key=lambda key: key.created_at)


async def add(link: Link, key: ApiKey) -> None:
    """Raises `Exists`."""
    body = orjson.dumps((key.id, key.name, key.digest.hex(), list(key.scopes), key.owner, key.created_at, key.expires_at))
    (added,) = await link.call("keys", "add", key.id, body)
    if not added:
        raise Exists(key.id)


async def revoke(link: Link, key_id: str, at: float) -> bool:
    (known,) = await link.call("keys", "revoke", key_id, repr(at))
    return bool(known)


async def signing(link: Link) -> list[SigningSecret]:
    (texts,) = await link.ask([("LRANGE", "{j}:signing", 0, 1)])
    return [SigningSecret(id, bytes.fromhex(secret), at) for id, secret, at in map(orjson.loads, texts)]


async def sign_with(link: Link, secret: SigningSecret) -> None:
    await link.call("keys", "sign", orjson.dumps((secret.id, secret.secret.hex(), secret.made_at)))


def subject(id: str, job: Job | None, tomb: bytes | None) -> Subject | None:
    """Of a job, or of what its tombstone remembers."""
    if job is not None:
        return Subject.of(job)
    if tomb is None:
        return None
    owner = orjson.loads(tomb)[0]
    return Subject(owner[1:] if owner else None, channels_of(id, batch=False, member_of=id))


def _key(text: bytes, revoked: bytes | None) -> ApiKey:
    id, name, digest, scopes, owner, created_at, expires_at = orjson.loads(text)
    over = None if revoked is None else float(revoked)
    return ApiKey(id, name, bytes.fromhex(digest), tuple(map(Scope, scopes)), owner, created_at, expires_at, over)


def _by_name(flat: Any) -> dict[bytes, bytes]:
    return flat if isinstance(flat, dict) else dict(zip(flat[::2], flat[1::2], strict=True))
