"""`/asyncapi.json`: AsyncAPI 3.0 for the frames of `jindu.v1`, made from the types that the server builds them of."""

from importlib.metadata import version
from typing import Any, get_args

from ...core.frames import MESSAGE_BYTES, SUBPROTOCOL
from ...core.messages import ClientFrame, ServerFrame
from ...core.session import CHANNELS, FRAMES, INBOUND_BYTES, PING_EVERY
from .schemas import PLACE, Schema, Schemas

FROM_SERVER = tuple(kind.__name__ for kind in get_args(ServerFrame))
FROM_CLIENT = tuple(kind.__name__ for kind in get_args(ClientFrame))
# A poll is one answer: nothing of it is live.
NOT_IN_POLLS = ("SubscribedFrame", "HintFrame", "GoneFrame", "PingFrame")

PROMISE = f"""\
Commands are HTTP (`openapi.json`); here a client only watches. A job has one state and one cursor, `epoch:seq`, the same on
every transport, so a client may change transport at any moment, lose nothing and see nothing twice.

A message is one frame, or an array of frames: at most {MESSAGE_BYTES} bytes from the server, {INBOUND_BYTES} bytes and
{FRAMES} frames from a client. Frames and fields that are not known are ignored, both ways.

1. A frame of a job is applied if and only if its `seq` is above the one held for that job. Frames of feeds (`feed`) move no
   cursor.
2. Subscribing is resuming: kept results above the held `seq`, then the newest state if above it, or one `problem`; then
   `subscribed`.
3. Another `epoch` than before means: forget seqs and results held. A cursor of another epoch, or above the job's seq,
   counts as 0 and is told by `reset`, before any frame of that job.
4. Exactly one `complete` or `error` comes for every job that was accepted; nothing follows it; who subscribes late gets it.
5. After 2 x `ping` + 5 seconds of silence the other side is gone; `ping` is {PING_EVERY}.

Closing: only `bye.stop`, or a code from 4000 to 4099, stops a client (4000 a message that is binary, not JSON, or neither
object nor array; 4001 none of the subprotocols offered is ours; 4003 forbidden; 4004 more than {CHANNELS} channels; 4009
unauthorized; 4013 a message that is too big). 4100 to 4199: come back with growing pauses, 0.5 to 20 s with full jitter, or
after `retry_ms` (4102 nothing was heard, 4103 an error of ours, 4104 too many frames in a second, 4105 no auth within 10
s). 4200 to 4299: come back after `retry_ms` (4200 the server stops or restarts, 4201 the time asked for with `rotate` is
over, 4202 the token expired: renew it first). Anything else, also 1000 without `bye`: come back with growing pauses.
"""
WATCHED = "What is watched: `job:ID`, `batch:ID`, and the feeds `jobs` and `owner:ID`."


def asyncapi() -> Schema:
    """The document; the same for every server."""
    schemas = Schemas([(kind, "serialization") for kind in (*get_args(ServerFrame), *get_args(ClientFrame))])
    in_polls = tuple(name for name in FROM_SERVER if name not in NOT_IN_POLLS)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Jindu, {SUBPROTOCOL}",
            "version": version("jindu"),
            "description": PROMISE,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                **_channel("/v1/ws", "A WebSocket", (*FROM_SERVER, *FROM_CLIENT)),
                "bindings": {"ws": {"method": "GET", "headers": _subprotocol()}},
            },
            "stream": _channel("/v1/stream", "Server-sent events, each a message. Asked for by query or body", FROM_SERVER),
            "poll": _channel("/v1/poll", "One answer, an array of frames. Asked for by query or body", in_polls),
        },
        "operations": {
            "tellSocket": _operation("send", "socket", "The server tells what moved", FROM_SERVER),
            "hearSocket": _operation("receive", "socket", "The server hears what to watch", FROM_CLIENT),
            "tellStream": _operation("send", "stream", "The server tells what moved", FROM_SERVER),
            "tellPoll": _operation("send", "poll", "The server tells what moved since", in_polls),
        },
        "components": {
            "messages": {name: _message(name, schemas.components[name]) for name in (*FROM_SERVER, *FROM_CLIENT)},
            "schemas": dict(sorted(schemas.components.items())),
        },
    }


def _channel(address: str, title: str, messages: tuple[str, ...]) -> Schema:
    named = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {"address": address, "title": title, "description": WATCHED, "messages": named}


def _operation(action: str, channel: str, summary: str, messages: tuple[str, ...]) -> Schema:
    refs = [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary, "messages": refs}


def _message(name: str, schema: Schema) -> Schema:
    kind = schema["properties"]["type"]["const"]
    return {"name": kind, "title": name, "summary": schema["description"], "payload": {"$ref": f"{PLACE}{name}"}}


def _subprotocol() -> dict[str, Any]:
    return {"type": "object", "properties": {"Sec-WebSocket-Protocol": {"type": "string", "const": SUBPROTOCOL}}}
