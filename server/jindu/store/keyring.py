"""The keys of a server in memory, who they let in, and the tokens and tickets that are signed here.

* An API key is `jk_<id>_<secret>`. The secret has 256 random bits, so its plain SHA-256 is what is kept.
* A token (JWT, HS256, `kid` names the secret) lets its holder watch, and if asked cancel, one job, one batch, or all of one
  owner. Without a time limit it is good while the job is kept. It is made of nothing but what it says, so that the answer to a
  submit that is repeated holds the same token.
* A ticket is short-lived and opens what cannot send a header. What it has opened lives as long as what the ticket came from.

No credential is ever part of an error or a log line.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..core.access import TOKEN_SCOPES, ApiKey, Caller, Scope, SigningSecret, scopes_of
from ..core.clock import Clock
from ..core.codec import encode
from ..core.ids import random_id
from ..core.lazily import Lazily
from .keys import KeyStore

if TYPE_CHECKING:
    import jwt
else:
    jwt = Lazily("jwt")

PREFIX = "jk_"
SECRET_BYTES = 32
TICKET_SECONDS = 60.0
LONGEST_CREDENTIAL = 16 * 1024  # characters; nothing of ours is longer
_TOKEN, _TICKET = "jindu-token", "jindu-ticket"
_OPTIONS: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_iss": False}
_NOBODY = b"\0" * 32  # what an unknown key is compared with, so that it takes as long as a known one


class Keyring:
    """Made empty; `load` before use. `core.admission.Authorizer` is what connections see of it."""

    def __init__(self, store: KeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._keys: dict[str, ApiKey] = {}
        self._secrets: list[SigningSecret] = []  # the newest first
        self.generation = 0  # see `Authorizer`

    async def load(self) -> None:
        """Read keys and secrets; the first secret is made here. Raises `StoreError`."""
        self._keys = {key.id: key for key in await self._store.keys()}
        self._secrets = list(await self._store.signing())
        if not self._secrets:
            await self.rotate()
        if self._keys:
            import_module("jwt")  # now, not while somebody waits for the first token to be read

    async def load_again(self) -> None:
        """What another node has changed. Keys that the store has lost are good as before, and none is made of having none: an
        emptied store does not open the server."""
        self._keys |= {key.id: key for key in await self._store.keys()}
        secrets = list(await self._store.signing())
        if secrets:
            self._secrets = secrets
        else:
            await self.rotate()
        self.generation += 1

    @property
    def open_mode(self) -> bool:
        """Whether no key was ever made: revoking the last one does not open the server again."""
        return not self._keys

    @property
    def keys(self) -> Sequence[ApiKey]:
        """All that were ever made, in the order of their making."""
        return tuple(self._keys.values())

    def find(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    # -- changing ----------------------------------------------------------------------------------------------

    async def create(
        self, name: str, scopes: Collection[Scope], owner: str | None = None, expires_at: float | None = None
    ) -> tuple[ApiKey, str]:
        """A new key, and its text, which is shown now and never again. Raises `StoreError`."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        ordered = tuple(scope for scope in Scope if scope in scopes)
        key = ApiKey(random_id(), name, _digest(secret), ordered, owner, self._clock.wall(), expires_at)
        await self._store.add_key(key)
        self._keys[key.id] = key
        self.generation += 1  # the first one ends open mode
        return key, f"{PREFIX}{key.id}_{secret}"

    async def revoke(self, key_id: str) -> bool:
        """From now on the key is no good; whether there is such a key. Raises `StoreError`."""
        at = self._clock.wall()
        if not await self._store.revoke_key(key_id, at):
            return False
        key = self._keys[key_id]
        self._keys[key_id] = replace(key, revoked_at=at if key.revoked_at is None else key.revoked_at)
        self.generation += 1
        return True

    async def rotate(self) -> None:
        """Sign with a new secret from now on. What the one before signed stays good, what older ones signed does not."""
        secret = SigningSecret(random_id(), secrets.token_bytes(SECRET_BYTES), self._clock.wall())
        await self._store.sign_with(secret)
        self._secrets = [secret, *self._secrets[:1]]
        self.generation += 1

    # -- letting in --------------------------------------------------------------------------------------------

    def admit(self, credential: str) -> Caller | None:
        """Whom a key or a token stands for; None if it is none, or is expired or revoked."""
        return self._key(credential) if credential.startswith(PREFIX) else self._token(credential)

    def admit_ticket(self, ticket: str) -> Caller | None:
        """Whom a ticket stands for. Its own time is for coming in; the caller lives as long as what it was made with."""
        claims = self._read(ticket, _TICKET)
        if claims is None:
            return None
        scopes = {Scope.WATCH, Scope.OPERATE} if "jobs" in claims["channels"] else {Scope.WATCH}
        channels = frozenset(claims["channels"])
        return self._standing(Caller(frozenset(scopes), claims["owner"], channels, claims["until"], claims["by"]))

    def stands(self, caller: Caller) -> bool:
        """Whether what it came from was not revoked since."""
        kind, _, name = caller.source.partition(":")
        if kind == "key":
            key = self._keys.get(name)
            return key is not None and key.revoked_at is None
        if kind == "secret":
            return any(secret.id == name for secret in self._secrets)
        return self.open_mode

    def _standing(self, caller: Caller) -> Caller | None:
        over = caller.expires_at is not None and caller.expires_at <= self._clock.wall()
        return None if over or not self.stands(caller) else caller

    def _key(self, text: str) -> Caller | None:
        key_id, _, secret = text.removeprefix(PREFIX).partition("_")
        key = self._keys.get(key_id)
        fits = hmac.compare_digest(_digest(secret), _NOBODY if key is None else key.digest)
        return key.caller if key is not None and fits and key.good(self._clock.wall()) else None

    def _token(self, text: str) -> Caller | None:
        claims = self._read(text, _TOKEN)
        if claims is None:
            return None
        scopes = scopes_of(claims["scope"].split(), TOKEN_SCOPES) or frozenset()
        kind, _, name = claims["sub"].partition(":")
        caller = Caller(scopes, expires_at=claims.get("exp"), source=claims.get("by") or claims["source"])
        bound = replace(caller, owner=name) if kind == "owner" else replace(caller, channels=frozenset({claims["sub"]}))
        return self._standing(bound)

    # -- signing -----------------------------------------------------------------------------------------------

    def token(
        self, subject: str, scopes: Collection[Scope] = (Scope.WATCH,), expires_at: float | None = None, by: str | None = None
    ) -> str:
        """A token for `subject` ("job:ID", "batch:ID", "owner:NAME"); without `expires_at` the same again gives the same.

        `by`: the `source` of a caller with which it falls; without it, it stands as long as the secret it is signed with.
        """
        claims: dict[str, Any] = {"sub": subject, "scope": " ".join(scope for scope in TOKEN_SCOPES if scope in scopes)}
        if expires_at is not None:
            claims["exp"] = expires_at
        if by is not None:
            claims["by"] = by
        return self._sign(claims, _TOKEN)

    def ticket(self, channels: Collection[str], caller: Caller) -> tuple[str, float]:
        """A ticket for channels that `caller` may watch, and when it ends (wall-clock seconds)."""
        expires_at = self._clock.wall() + TICKET_SECONDS
        if caller.expires_at is not None:
            expires_at = min(expires_at, caller.expires_at)
        claims = {
            "channels": sorted(channels), "by": caller.source, "owner": caller.owner, "until": caller.expires_at,
            "exp": expires_at,
        }  # fmt: skip
        return self._sign(claims, _TICKET), expires_at

    def _sign(self, claims: dict[str, Any], kind: str) -> str:
        secret = self._secrets[0]
        signed = b"%b.%b" % (_header(secret.id, kind), _base64url(encode(claims)))
        return (signed + b"." + _base64url(hmac.digest(secret.secret, signed, "sha256"))).decode()

    def _read(self, text: str, kind: str) -> dict[str, Any] | None:
        """The claims of a text that we signed as this kind and that is not over; `source` is the secret it was signed with."""
        if len(text) > LONGEST_CREDENTIAL or not text.isascii():
            return None
        try:
            header = jwt.get_unverified_header(text)
            secret = next((one for one in self._secrets if one.id == header.get("kid")), None)
            if secret is None or header.get("typ") != kind:
                return None
            claims: dict[str, Any] = jwt.decode(text, secret.secret, algorithms=["HS256"], options=_OPTIONS)
        except (jwt.InvalidTokenError, RecursionError):  # the header of a foreign token may be nested to any depth
            return None
        # What we signed has the fields we gave it.
        if "exp" in claims and claims["exp"] <= self._clock.wall():
            return None
        return {**claims, "source": f"secret:{secret.id}"}


# The three parts of RFC 7515 section 7.1, put together here: each submit is answered with a token, and the library's way to
# the same text took a tenth of a submit. It reads them all.
@lru_cache(maxsize=16)
def _header(secret_id: str, kind: str) -> bytes:
    return _base64url(encode({"alg": "HS256", "kid": secret_id, "typ": kind}))


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()
