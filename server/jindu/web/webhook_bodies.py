"""What is asked about webhooks: the one of a job, and those of `/v1/webhooks`."""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictStr

from ..core.hook import EVENTS, OF_JOBS, SECRET_LEAST, SECRET_MOST, URL_CHARS, Hook, check_secret, unknown_events
from ..engine.params import FieldError, InvalidParams
from ..monitor.sending import wrong_url
from ..node import Node


def _known(events: list[str]) -> list[str]:
    if wrong := unknown_events(events):
        raise ValueError(wrong)
    return list(dict.fromkeys(events))


def _secret(secret: str) -> str:
    if wrong := check_secret(secret):
        raise ValueError(wrong)
    return secret


Url: TypeAlias = Annotated[
    StrictStr,
    Field(
        min_length=1,
        max_length=URL_CHARS,
        description="of the world: not of this machine or its networks",
        json_schema_extra={"format": "uri", "pattern": r"^https?://[^\s/?#]+"},
    ),
]
Event: TypeAlias = Annotated[StrictStr, Field(json_schema_extra={"enum": [*EVENTS]})]
Events: TypeAlias = Annotated[
    list[Event], Field(min_length=1, max_length=20, description="which ends are told"), AfterValidator(_known)
]
Secret: TypeAlias = Annotated[
    StrictStr,
    Field(
        description=f"whsec_ and the base64 of {SECRET_LEAST} to {SECRET_MOST} random bytes; without it one is made",
        json_schema_extra={"pattern": r"^whsec_([A-Za-z0-9+/]{4}){8,20}$"},
    ),
    AfterValidator(_secret),
]


class HookBody(BaseModel):
    """Where the end of one job is told."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    events: Events = Field(default_factory=lambda: [*OF_JOBS])
    secret: Secret | None = None


class WebhookBody(HookBody):
    """The body of `POST /v1/webhooks`. `owner`: of this owner's jobs only; `types`: of these job types only."""

    owner: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    types: Annotated[list[Annotated[StrictStr, Field(min_length=1, max_length=200)]], Field(max_length=100)] = Field(
        default_factory=list
    )
    description: Annotated[StrictStr, Field(max_length=200)] = ""
    enabled: StrictBool = True


class WebhookChange(BaseModel):
    """The body of `PATCH /v1/webhooks/{id}`: what is not given stays."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    events: Events | None = None
    types: Annotated[list[Annotated[StrictStr, Field(min_length=1, max_length=200)]], Field(max_length=100)] | None = None
    description: Annotated[StrictStr, Field(max_length=200)] | None = None
    enabled: StrictBool | None = None

    def given(self) -> dict[str, Any]:
        values = self.model_dump(exclude_none=True)
        return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


class RotateBody(BaseModel):
    """The body of `POST /v1/webhooks/{id}/rotate`; it may be empty."""

    model_config = ConfigDict(extra="forbid")

    secret: Secret | None = None


def hook_of(given: HookBody | str | None) -> Hook | None:
    """A webhook as the engine takes it: a text is the URL alone."""
    if given is None:
        return None
    return Hook(given) if isinstance(given, str) else Hook(given.url, tuple(given.events), given.secret)


def check_url(node: Node, url: str, pointer: str) -> None:
    """Raises `InvalidParams` for a URL that could never be sent to."""
    if wrong := wrong_url(url, node.webhooks.sender.networks):
        raise InvalidParams([FieldError(pointer, wrong)])
