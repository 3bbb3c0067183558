"""`/v1/keys`: the API keys of the server, for operators. A key's text is shown once, when it is made."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictStr, field_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.access import KEY_SCOPES, ApiKey, Scope
from ..core.shown import Time
from . import access, answers, asking, jobs
from .problems import Problem

LONGEST = 10 * 365 * 86_400  # seconds that a key or token may be good for


class KeyBody(BaseModel):
    """The body of `POST /v1/keys`; `expires_in` in seconds."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StrictStr, Field(min_length=1, max_length=100)]
    scopes: Annotated[list[Annotated[Scope, Field(json_schema_extra={"enum": [*KEY_SCOPES]})]], Field(min_length=1)]
    owner: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    expires_in: Annotated[float, Field(strict=True, gt=0, le=LONGEST)] | None = None

    @field_validator("scopes")
    @classmethod
    def _of_keys(cls, scopes: list[Scope]) -> list[Scope]:
        if not set(scopes) <= set(KEY_SCOPES):
            raise ValueError(f"a key has the scopes {', '.join(KEY_SCOPES)}")
        return scopes


class KeyShown(TypedDict):
    """A key, without anything of its secret."""

    id: str
    name: str
    scopes: list[Scope]
    owner: str | None
    created_at: Time
    expires_at: Time | None
    revoked_at: Time | None


class KeyMade(KeyShown):
    """A new key with its text, which is shown this once."""

    key: str


class KeyList(TypedDict):
    """Every key that was ever made, revoked ones too."""

    items: list[KeyShown]


def routes() -> list[Route]:
    operator = access.needs_operator
    return [
        jobs.by_method("/v1/keys", {"GET": operator(all_keys), "POST": operator(create)}),
        Route("/v1/keys/rotate", operator(rotate), methods=["POST"]),
        jobs.by_method("/v1/keys/{id}", {"GET": operator(one), "DELETE": operator(revoke)}),
    ]


async def all_keys(request: Request) -> Response:
    """Every key that was ever made, revoked ones too, without their secrets."""
    return answers.value({"items": [key.shown() for key in asking.node(request).keyring.keys]})


async def create(request: Request) -> Response:
    """201 with the key's text in `key`. The first key ends open mode at once: from then on every request needs one."""
    node = asking.node(request)
    body = asking.model(KeyBody, await asking.json(request))
    expires_at = None if body.expires_in is None else node.clock.wall() + body.expires_in
    key, text = await node.keyring.create(body.name, body.scopes, body.owner, expires_at)
    return answers.value({**key.shown(), "key": text}, 201, {"Location": f"/v1/keys/{key.id}"})


async def one(request: Request) -> Response:
    return answers.value(_found(request).shown())


async def revoke(request: Request) -> Response:
    """204; again too. Connections that live by the key are ended within a second or so."""
    await asking.node(request).keyring.revoke(_found(request).id)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def rotate(request: Request) -> Response:
    """204: tokens are signed with a new secret; those signed two secrets ago are no good any more."""
    await asking.node(request).keyring.rotate()
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _found(request: Request) -> ApiKey:
    key = asking.node(request).keyring.find(request.path_params["id"])
    if key is None:
        raise Problem("NOT_FOUND", "there is no such key")
    return key
