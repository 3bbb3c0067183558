"""The webhook of one job, and what every webhook has: the ends it may be told of, and the secret it is signed with.

The form is that of Standard Webhooks; a secret of theirs begins with `whsec_`.
"""

import base64
import binascii
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

SECRET_PREFIX = "whsec_"  # what every secret of the standard begins with; no secret itself # nosec B105
SECRET_BYTES = 32  # of one that is made here
SECRET_LEAST, SECRET_MOST = 24, 64  # bytes; what the standard asks for
URL_CHARS = 2_000
ENDINGS = ("completed", "failed", "cancelled")
EVENTS = (*(f"job.{end}" for end in ENDINGS), *(f"batch.{end}" for end in ENDINGS))
OF_JOBS = EVENTS[:3]


@dataclass(frozen=True, slots=True)
class Hook:
    """Where the end of one job is told, as its submit said. `secret` None: none was given, one is made with the job."""

    url: str
    events: tuple[str, ...] = OF_JOBS
    secret: str | None = None

    def dump(self) -> list[Any]:
        return [self.url, list(self.events), self.secret]

    @classmethod
    def load(cls, parts: list[Any]) -> "Hook":
        url, events, secret = parts
        return cls(url, tuple(events), secret)


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_secret(secret: str) -> str | None:
    """What is wrong with a secret that somebody brings; None if nothing is."""
    text = secret.removeprefix(SECRET_PREFIX)
    try:
        size = len(base64.b64decode(text, validate=True))
    except binascii.Error:
        size = 0
    if not secret.startswith(SECRET_PREFIX) or not SECRET_LEAST <= size <= SECRET_MOST:
        return f"{SECRET_PREFIX} and the base64 of {SECRET_LEAST} to {SECRET_MOST} random bytes"
    return None


def unknown_events(events: Collection[str]) -> str | None:
    """What is wrong with a choice of events; None if nothing is."""
    if not events or set(events) - set(EVENTS):
        return f"some of {', '.join(EVENTS)}"
    return None
