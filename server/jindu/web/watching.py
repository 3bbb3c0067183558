"""What a request to watch asks for: the same fields in a query and in a JSON body (PROTOCOL section 4)."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.types import Receive

from ..core.codec import encode
from ..core.session import CHANNELS, INBOUND_BYTES, watched_id
from . import asking
from .problems import Problem

WAIT = 25.0  # seconds
ROTATE = (1, 86_400)  # seconds
NAMES_BYTES = INBOUND_BYTES - 1024  # of all channels: as many as a socket would take in one message
A = TypeVar("A", bound="Asked")


class Asked(BaseModel):
    """Channels with the seq held of each; `pace` is frames a second for one job."""

    model_config = ConfigDict(extra="forbid", strict=True)

    channels: dict[str, Annotated[int, Field(ge=0, le=asking.SEQ_LIMIT), asking.WHOLE]] = Field(
        min_length=1, json_schema_extra={"maxProperties": CHANNELS}
    )
    epoch: Annotated[str, Field(max_length=64)] | None = None
    pace: Annotated[float, Field(allow_inf_nan=False)] | None = None


class AskedStream(Asked):
    rotate: Annotated[float, Field(ge=ROTATE[0], le=ROTATE[1])] | None = None
    last_event_id: str | None = None


class AskedPoll(Asked):
    wait: Annotated[float, Field(ge=0, le=asking.LONGEST_WAIT)] = WAIT


async def read(kind: type[A], request: Request) -> A:
    """What is asked, from the body of a POST, else from the query. Raises `Problem` that names what is wrong."""
    posted = request.method == "POST"
    asked = asking.model(kind, await asking.json(request)) if posted else _from_query(kind, request.query_params)
    if len(asked.channels) > CHANNELS:
        raise Problem("TOO_MANY_CHANNELS", f"one request may watch {CHANNELS} channels: watch a feed, or open another")
    if len(encode(asked.channels)) > NAMES_BYTES:
        raise Problem("TOO_LARGE", f"the names of all channels may have {NAMES_BYTES} bytes")
    return asked


async def gone(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _from_query(kind: type[A], query: QueryParams) -> A:
    given: dict[str, Any] = {name: query[name] for name in kind.model_fields if name in query}
    channels = dict(_channel(part) for text in query.getlist("channels") for part in text.split(",") if part)
    if not channels:
        raise Problem("BAD_REQUEST", "say what to watch: ?channels=job:ID@SEQ,job:ID, SEQ being the seq held")
    try:
        return kind.model_validate({**given, "channels": channels}, strict=False)
    except ValidationError as error:
        told = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors(include_url=False))
        raise Problem("BAD_REQUEST", told) from None


def _channel(text: str) -> tuple[str, int]:
    """`job:ID@16` as name and seq held. What a feed is called may hold an @ of its own."""
    name, at, held = text.rpartition("@")
    if at and held.isascii() and held.isdigit():
        return name, int(held.lstrip("0")[:20] or "0")  # twenty digits are too many; a text may have thousands
    if at and watched_id(text) is not None:
        raise Problem("BAD_REQUEST", "channels: after @ comes the seq held, an integer from 0, such as job:ID@16")
    return text, 0
