"""The calls that carry frames over HTTP; the socket itself is in the AsyncAPI document."""

from typing import Annotated

from pydantic import Field

from ...core.messages import ServerFrame
from ...core.session import CHANNELS
from ..asking import LONGEST_WAIT
from ..stream import StreamEvent
from ..watching import ROTATE, AskedPoll, AskedStream
from .operation import Answer, Calls, Operation, Parameter

TAG = "watching"
Name = Annotated[str, Field(min_length=1)]
ASKS = (
    Parameter(
        "channels",
        "query",
        Annotated[list[Name], Field(min_length=1, max_length=CHANNELS)],
        "job:ID@SEQ with the seq held, job:ID, or a feed: jobs, owner:ID; several between commas or repeated",
        required=True,
        example=["jobs"],
    ),
    Parameter("epoch", "query", Annotated[str, Field(max_length=64)], "of the seqs; without it each counts as 0"),
    Parameter("pace", "query", float, "frames a second for one job, brought into 0.2 to 10"),
)
STREAM_ASKS = (
    *ASKS,
    Parameter("rotate", "query", Annotated[float, Field(ge=ROTATE[0], le=ROTATE[1])], "seconds after which the stream ends"),
    Parameter("Last-Event-ID", "header", str, "of one job: the id of the last event, epoch:seq; wins over the seq asked"),
    Parameter("last_event_id", "query", str, "the same, for who cannot set headers"),
)
POLL_ASKS = (
    *ASKS,
    Parameter("wait", "query", Annotated[float, Field(ge=0, le=LONGEST_WAIT)], "seconds to hold the answer, 25 if not given"),
)
EVENTS = {
    200: Answer("server-sent events; `data` is a frame, or an array of frames", StreamEvent, media=("text/event-stream",)),
    204: Answer("all that is watched has ended, and you hold the ends"),
}
EXAMPLE = {"channels": {"job:01M85ED3KTN23H8X8DA6GXWBE5": 16}, "epoch": "da28a6785aedd973"}
FRAMES = {200: Answer("hello, then the frames beyond the cursors", list[ServerFrame])}

WATCHING: Calls = {
    ("GET", "/v1/ws"): Operation(
        "socket",
        TAG,
        "Frames over a WebSocket",
        {101: Answer("the socket, subprotocol jindu.v1; its frames are in asyncapi.json")},
        refusals=(426,),
    ),
    ("GET", "/v1/stream"): Operation("stream", TAG, "Frames as server-sent events", EVENTS, STREAM_ASKS, refusals=(413,)),
    ("POST", "/v1/stream"): Operation(
        "streamAsked", TAG, "Frames as server-sent events, asked for with a body", EVENTS, STREAM_ASKS[-2:-1], AskedStream,
        body_example=EXAMPLE,
    ),
    ("GET", "/v1/poll"): Operation("poll", TAG, "Frames as one answer", FRAMES, POLL_ASKS, refusals=(413,)),
    ("POST", "/v1/poll"): Operation(
        "pollAsked", TAG, "Frames as one answer, asked for with a body", FRAMES, (), AskedPoll,
        body_example=EXAMPLE,
    ),
}  # fmt: skip
