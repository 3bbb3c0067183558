"""Who may do what: a credential as a value, and the questions that HTTP, stream, poll and socket ask of it.

Two things are asked, always in this order, so that what is foreign looks exactly like what never existed:

1. `Caller.may(act)`: could this credential ever do such a thing? If not, the answer is "forbidden", whatever the id.
2. `Caller.reaches(subject)`: is this job or batch within its reach? If not, the answer is that of an unknown id.

Scopes are independent: `operate` implies neither `watch` nor `submit`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from .clock import rfc3339
from .job import Job


class Scope(StrEnum):
    SUBMIT = "submit"
    WATCH = "watch"
    OPERATE = "operate"
    CANCEL = "cancel"  # of tokens only: a key cancels by `submit`


KEY_SCOPES = (Scope.SUBMIT, Scope.WATCH, Scope.OPERATE)
TOKEN_SCOPES = (Scope.WATCH, Scope.CANCEL)

Act: TypeAlias = frozenset[Scope]  # any of these scopes will do

WATCHING: Act = frozenset({Scope.WATCH})
CHANGING: Act = frozenset({Scope.SUBMIT})
CANCELLING: Act = frozenset({Scope.SUBMIT, Scope.CANCEL})
OPERATING: Act = frozenset({Scope.OPERATE})


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: whose it is, and the channels that lead to it (a job's own, and that of its batch)."""

    owner: str | None
    channels: frozenset[str]

    @classmethod
    def of(cls, job: Job) -> "Subject":
        """The subject that a job or a batch is."""
        return cls(job.spec.owner, channels_of(job.id, batch=job.is_batch, member_of=job.spec.batch))


def channels_of(id: str, *, batch: bool, member_of: str | None) -> frozenset[str]:
    """The channels that lead to a job (of the batch `member_of`), or to a `batch`."""
    own = f"batch:{id}" if batch else f"job:{id}"
    return frozenset({own} if member_of is None else {own, f"batch:{member_of}"})


@dataclass(frozen=True, slots=True)
class Caller:
    """What one credential allows.

    `owner`: only this owner's jobs exist for it. `channels`: only what these lead to does; None for a key and for an owner's
    token, which are not bound to channels. `expires_at` is in wall-clock seconds. `source` is what it stands or falls with: a
    key, a signing secret, or that there are no keys.
    """

    scopes: frozenset[Scope]
    owner: str | None = None
    channels: frozenset[str] | None = None
    expires_at: float | None = None
    source: str = "open"

    def may(self, act: Act) -> bool:
        """Whether it could do this to anything at all."""
        return not self.scopes.isdisjoint(act)

    def reaches(self, subject: Subject) -> bool:
        """Whether this job or batch exists for it."""
        if self.owner is not None and self.owner != subject.owner:
            return False
        return self.channels is None or not self.channels.isdisjoint(subject.channels)

    @property
    def unbounded(self) -> bool:
        """Whether everything is within its reach, so that nobody need look whose a job is."""
        return self.owner is None and self.channels is None

    @property
    def operates(self) -> bool:
        """Whether it is an operator, perhaps of one owner's jobs only."""
        return self.may(OPERATING) and self.channels is None

    @property
    def operates_all(self) -> bool:
        """Whether it is an operator of the whole server."""
        return self.may(OPERATING) and self.unbounded

    def lists(self, batch: str | None = None) -> bool:
        """Whether it may list jobs (of a batch): those within its reach are shown."""
        return self.may(WATCHING) and (self.channels is None or f"batch:{batch}" in self.channels)

    def follows(self, feed: str) -> bool:
        """Whether it may watch the feed `jobs` or `owner:NAME`."""
        if not self.may(WATCHING) or not (self.channels is None or feed in self.channels):
            return False
        return self.may(OPERATING) if feed == "jobs" else self.owner in (None, feed.removeprefix("owner:"))

    def shows(self, feed: str, owner: str | None) -> bool:
        """Whether a feed shows it the jobs of this owner."""
        return self.follows(feed) and self.owner in (None, owner)

    def grants_owner(self, owner: str) -> bool:
        """Whether it may hand on a token for all that is this owner's."""
        return self.channels is None and (self.owner == owner or (self.owner is None and self.may(OPERATING)))


OPEN = Caller(frozenset(Scope))


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: its secret only as a digest. Times are wall-clock seconds."""

    id: str
    name: str
    digest: bytes
    scopes: tuple[Scope, ...]
    owner: str | None
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None

    def good(self, wall: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or wall < self.expires_at)

    def shown(self) -> dict[str, Any]:
        """As people and programs see it: without anything of its secret."""
        return {
            "id": self.id,
            "name": self.name,
            "scopes": list(self.scopes),
            "owner": self.owner,
            "created_at": rfc3339(self.created_at),
            "expires_at": rfc3339(self.expires_at),
            "revoked_at": rfc3339(self.revoked_at),
        }

    @property
    def caller(self) -> Caller:
        return Caller(frozenset(self.scopes), self.owner, None, self.expires_at, f"key:{self.id}")


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """What tokens are signed with; `id` stands in their header."""

    id: str
    secret: bytes
    made_at: float


def scopes_of(names: Collection[str], allowed: Collection[Scope]) -> frozenset[Scope] | None:
    """Scopes by name; None if there are none, or one of them is not allowed."""
    if not names or any(name not in tuple(allowed) for name in names):
        return None
    return frozenset(Scope(name) for name in names)
