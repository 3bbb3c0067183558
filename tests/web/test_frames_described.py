"""Frames of real conversations, and those of the vectors, are as the AsyncAPI document has them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from support.described import frame_validator, kinds
from support.rawclient import frames, opening, until
from support.server import ServerProcess

VECTORS = sorted((Path(__file__).parents[1] / "contract" / "vectors").glob("*.json"))
ABSENT = "0" * 26


def submit(http: httpx.Client, kind: str, **params: Any) -> str:
    return str(http.post("/v1/jobs", json={"type": kind, "params": params}).json()["id"])


def checked(received: list[dict[str, Any]], channel: str) -> set[str]:
    """The kinds of frame that were received, each as described; none is of a kind that the channel does not have."""
    known = kinds(channel, "send")
    for frame in received:
        frame_validator(known[frame["type"]]).validate(frame)
    return {frame["type"] for frame in received}


async def gathered(socket: ClientConnection, *kinds_wanted: str) -> list[dict[str, Any]]:
    """Frames up to where every wanted kind has come."""
    received: list[dict[str, Any]] = []
    async for message in socket:
        received += frames(message)
        if set(kinds_wanted) <= {frame["type"] for frame in received}:
            return received
    raise AssertionError(f"only {[frame['type'] for frame in received]} came")


async def test_what_a_socket_says(http: httpx.Client, server: ServerProcess) -> None:
    jobs = {f"job:{submit(http, kind)}": 0 for kind in ("half", "hold", "large")}
    done = submit(http, "greet", name="Ann")
    async with opening(server.url) as socket:
        hello = await until(socket, "hello")
        channels = {**jobs, f"job:{done}": 900, "jobs": 0, f"job:{ABSENT}": 0, "nothing": 0}
        said = {"type": "subscribe", "epoch": hello["epoch"], "channels": channels, "pace": 10}
        frame_validator(kinds("socket", "receive")["subscribe"]).validate(said)
        await socket.send(json.dumps(said))
        received = [hello, *await gathered(socket, "reset", "problem", "result", "complete", "error", "subscribed")]
        held = submit(http, "hold")
        received += await gathered(socket, "progress")
        http.post(f"/v1/jobs/{held}/cancel")
        received += await gathered(socket, "error")
        http.delete(f"/v1/jobs/{held}")
        received += await gathered(socket, "gone")
        await socket.send("[")
        received += await gathered(socket, "bye")
    assert checked(received, "socket") == set(kinds("socket", "send")) - {"ping", "hint"}
    assert {"data_url", "state"} <= {name for frame in received for name in frame}
    assert any("head" in frame for frame in received)
    assert any("result_url" in frame.get("state", {}) for frame in received)


def test_what_a_poll_and_a_stream_say(http: httpx.Client) -> None:
    ended = http.post("/v1/jobs?wait=10", json={"type": "half"}).json()
    asked = f"job:{ended['id']}"
    polled = http.get("/v1/poll", params={"channels": f"{asked},jobs"}).json()
    assert checked(polled, "poll") == {"hello", "problem", "result", "error", "bye"}
    with http.stream("GET", "/v1/stream", params={"channels": asked}) as answer:
        data = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
    streamed = [frame for text in data for frame in frames(text)]
    assert checked(streamed, "stream") == {"hello", "result", "error", "subscribed", "bye"}


@pytest.mark.parametrize("frame", [{"type": "ping"}, {"type": "hint", "job": ABSENT, "queue": None, "eta": None}])
def test_what_only_time_brings(frame: dict[str, Any]) -> None:
    assert checked([frame], "socket")


# The vectors show of a state what their story needs, and count time from 0: what they do show is as described.


def heard() -> Iterator[tuple[str, Any]]:
    """Direction and frame, of all vectors whose frames are those of today."""
    for path in VECTORS:
        vector = json.loads(path.read_text())
        if vector.get("later"):
            continue
        inward = "receive" if vector.get("kind") == "server" else "send"
        for step in vector.get("steps", []):
            yield from ((inward, frame) for frame in listed(step["in"], "frame", "answer"))
            yield from (("receive", frame) for frame in step.get("expect", {}).get("send", []))
        for rung, scripts in vector.get("world", {}).items():
            told = [what for script in scripts for _, what in script if rung != "look"]
            yield from (("send", frame) for what in told for frame in listed(what, "frame", "frames"))


def listed(event: Any, *names: str) -> list[Any]:
    given = next((event[name] for name in names if name in event), []) if isinstance(event, dict) else []
    return given if isinstance(given, list) else [given]


def test_the_vectors_are_as_described() -> None:
    seen = set()
    for action, frame in heard():
        kind = kinds("socket", action).get(frame.get("type", "")) if isinstance(frame, dict) else None
        if kind is None:  # clients have to take what they do not know, so there are vectors with that
            continue
        frame_validator(kind, whole=False).validate({field: value for field, value in frame.items() if field != "now"})
        seen.add(kind)
    assert seen >= set(kinds("socket", "receive").values()) - {"UnsubscribeFrame"}
    assert seen >= set(kinds("socket", "send").values())
