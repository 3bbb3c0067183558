"""The credentials that one connection has brought, and what they let it see. Pure: who checks them is handed in."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from .access import OPEN, WATCHING, Caller, Subject

CREDENTIALS = 200  # that one connection may hold


class Authorizer(Protocol):
    """Who knows keys and secrets."""

    @property
    def generation(self) -> int:
        """Rises whenever something may have been revoked: while it stays, all that stood still stands."""
        ...

    def admit(self, credential: str) -> Caller | None:
        """Whom a key or token stands for; None if it is none, or is no longer good."""
        ...

    def stands(self, caller: Caller) -> bool:
        """Whether what the caller came from was not revoked since; its time is not looked at."""
        ...


class _NoKeys:
    """Without keys nothing is checked."""

    generation = 0

    def admit(self, credential: str) -> Caller | None:
        return OPEN

    def stands(self, caller: Caller) -> bool:
        return True


class Admission:
    """Each question is answered by any of the credentials held: they add up. Without an `authorizer` all is open."""

    def __init__(self, authorizer: Authorizer | None = None, callers: Iterable[Caller] = (OPEN,)) -> None:
        self._authorizer = authorizer or _NoKeys()
        self._callers: list[Caller] = list(callers)
        self._reviewed = -1  # the generation in which all that is held was found to stand
        self._first_end = _first_end(self._callers)

    @property
    def needed(self) -> bool:
        """Whether credentials have still to come."""
        return not self._callers

    @property
    def open(self) -> bool:
        """Whether there are no keys, so that credentials do not count."""
        return OPEN in self._callers

    @property
    def operates_all(self) -> bool:
        """Whether a key was shown that is an operator's of the whole server."""
        return any(caller.operates_all and caller is not OPEN for caller in self._callers)

    @property
    def full(self) -> bool:
        return len(self._callers) > CREDENTIALS

    @property
    def watches(self) -> bool:
        """Whether anything at all may be watched."""
        return any(caller.may(WATCHING) for caller in self._callers)

    def add(self, credentials: Sequence[str]) -> int:
        """Hold these too, as far as they are good; how many are not."""
        found = [self._authorizer.admit(credential) for credential in credentials]
        good = [caller for caller in found if caller is not None]
        self._callers += [caller for caller in dict.fromkeys(good) if caller not in self._callers]
        self._first_end = _first_end(self._callers)
        return len(found) - len(good)

    def sees(self, subject: Subject) -> bool:
        return any(caller.may(WATCHING) and caller.reaches(subject) for caller in self._callers)

    def follows(self, feed: str) -> bool:
        return any(caller.follows(feed) for caller in self._callers)

    def shows(self, feed: str, owner: str | None) -> bool:
        """Whether a feed shows the jobs of this owner."""
        return any(caller.shows(feed, owner) for caller in self._callers)

    def drop_revoked(self) -> bool:
        """Let go of what was revoked; whether there was any. Asked of each connection at each tick: mostly a comparison."""
        if self._authorizer.generation == self._reviewed:
            return False
        self._reviewed = self._authorizer.generation
        return self._drop(lambda caller: not self._authorizer.stands(caller))

    def drop_expired(self, wall: float) -> bool:
        """Let go of what is over; whether there was any."""
        if wall < self._first_end:
            return False
        return self._drop(lambda caller: caller.expires_at is not None and caller.expires_at <= wall)

    def _drop(self, over: Callable[[Caller], bool]) -> bool:
        kept = [caller for caller in self._callers if not over(caller)]
        dropped, self._callers = len(kept) < len(self._callers), kept
        self._first_end = _first_end(kept)
        return dropped


def _first_end(callers: Iterable[Caller]) -> float:
    """When the first of these is over, in wall-clock seconds."""
    return min((caller.expires_at for caller in callers if caller.expires_at is not None), default=float("inf"))
