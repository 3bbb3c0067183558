"""`/v1/tokens`, capabilities to hand on, and `/v1/tickets`, which open what cannot send a header.

Nobody hands on more than they have, nor for longer: a token falls with what it was made with.
"""

from typing import Annotated, Any, NotRequired

from pydantic import BaseModel, ConfigDict, Field, StrictStr, model_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.access import CANCELLING, TOKEN_SCOPES, WATCHING, Scope, scopes_of
from ..core.clock import rfc3339
from ..core.session import CHANNELS, is_channel, watched_id
from ..core.shown import Time
from ..engine.params import FieldError
from . import access, answers, asking
from .keys import LONGEST
from .problems import Problem

Id = Annotated[StrictStr, Field(min_length=1, max_length=200)]


SUBJECTS = ("job", "batch", "owner")  # what a token may be for
SCOPES = ("watch", "cancel", "watch cancel", "cancel watch")
CHANNEL = r"^(jobs|(job|batch):[A-Za-z0-9_-]{16,64}|owner:.+)$"


def _only(subject: str) -> dict[str, Any]:
    """JSON Schema of a body that names this subject and no other; without types, of which Redoc wants one in one place."""
    others = {name: {"enum": [None]} for name in SUBJECTS if name != subject}
    return {"required": [subject], "properties": {subject: {"not": {"enum": [None]}}, **others}}


class TokenBody(BaseModel):
    """The body of `POST /v1/tokens`: one of `job`, `batch`, `owner`; `scope` is "watch" or "watch cancel"; `ttl` in seconds,
    without it the token is good while the job is kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"oneOf": [_only(name) for name in SUBJECTS]})

    job: Id | None = None
    batch: Id | None = None
    owner: Id | None = None
    scope: Annotated[StrictStr, Field(json_schema_extra={"enum": [*SCOPES]})] = Scope.WATCH.value
    ttl: Annotated[float, Field(strict=True, gt=0, le=LONGEST)] | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> "TokenBody":
        if [getattr(self, name) for name in SUBJECTS].count(None) != 2:
            raise ValueError("name one of job, batch and owner")
        return self

    @property
    def subject(self) -> str:
        """As a channel."""
        if self.owner is not None:
            return f"owner:{self.owner}"
        return f"job:{self.job}" if self.batch is None else f"batch:{self.batch}"

    @property
    def scopes(self) -> frozenset[Scope]:
        """To cancel is to watch too."""
        found = scopes_of(self.scope.split(), TOKEN_SCOPES)
        if found is None:
            raise Problem("INVALID_PARAMS", "", errors=[FieldError("/scope", 'is "watch" or "watch cancel"')])
        return found | {Scope.WATCH}


class TicketBody(BaseModel):
    """The body of `POST /v1/tickets`."""

    model_config = ConfigDict(extra="forbid")

    channels: Annotated[
        list[Annotated[StrictStr, Field(json_schema_extra={"pattern": CHANNEL})]], Field(min_length=1, max_length=CHANNELS)
    ]


class TokenMade(TypedDict):
    """A capability to hand on; `expires_at` null: while the job is kept."""

    token: str
    expires_at: Time | None
    scope: str
    job: NotRequired[str]
    batch: NotRequired[str]
    owner: NotRequired[str]


class TicketMade(TypedDict):
    """A ticket, and the channels it opens."""

    ticket: str
    expires_at: Time
    channels: list[str]


def routes() -> list[Route]:
    return [
        Route("/v1/tokens", token, methods=["POST"]),
        Route("/v1/tickets", access.needs(WATCHING, ticket), methods=["POST"]),
    ]


async def token(request: Request) -> Response:
    """201 with the token. For an owner: by an operator, or with that owner's own key."""
    node, who = asking.node(request), access.caller(request)
    body = asking.model(TokenBody, await asking.json(request))
    scopes = body.scopes
    if body.owner is not None:
        if not who.grants_owner(body.owner):
            raise Problem("FORBIDDEN", "a token for an owner is made by an operator, or with that owner's own key")
    else:
        access.require(request, WATCHING)
        await _exists(request, body.subject)
    if Scope.CANCEL in scopes and not (who.may(CANCELLING) or (body.owner is not None and who.operates)):
        raise Problem("FORBIDDEN", "to hand on the right to cancel, one must have it")
    ends = [] if body.ttl is None else [round(node.clock.wall() + body.ttl, 3)]
    expires_at = min([*ends, *([] if who.expires_at is None else [who.expires_at])], default=None)
    text = node.keyring.token(body.subject, scopes, expires_at, who.source)
    told = {name: value for name in SUBJECTS if (value := getattr(body, name)) is not None}
    scope = " ".join(scope for scope in TOKEN_SCOPES if scope in scopes)
    return answers.value({"token": text, "expires_at": rfc3339(expires_at), "scope": scope, **told}, 201)


async def ticket(request: Request) -> Response:
    """201 with a ticket for `?ticket=`, good for a minute, as often as wished, for these channels."""
    node, who = asking.node(request), access.caller(request)
    body = asking.model(TicketBody, await asking.json(request))
    channels = list(dict.fromkeys(body.channels))
    wrong = [place for place, channel in enumerate(body.channels) if not is_channel(channel)]
    if wrong:
        raise Problem("INVALID_PARAMS", "", errors=[FieldError(f"/channels/{place}", "is no channel") for place in wrong])
    for channel in channels:
        if watched_id(channel) is not None:
            await _exists(request, channel)
        elif not who.follows(channel):
            raise Problem("FORBIDDEN", f"this credential may not watch the feed {channel}")
    text, expires_at = node.keyring.ticket(channels, who)
    return answers.value({"ticket": text, "expires_at": rfc3339(expires_at), "channels": channels}, 201)


async def _exists(request: Request, channel: str) -> None:
    """Raises `UnknownJob` or `RemovedJob` unless the caller would find this job or batch."""
    node, id = asking.node(request), watched_id(channel) or ""
    await access.visible(request, id)
    await (node.batches if channel.startswith("batch:") else node.jobs).read(id)
