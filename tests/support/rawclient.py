"""A client written by hand from PROTOCOL: the fold of rule 1 to 3, and nothing else. Sockets are cut without good-bye."""

from collections.abc import Sequence
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect


class Held:
    """What a client holds of one job. `order` is each partial result as it arrived; with the names of the job's `stages`
    it is seen that these do not fall back either."""

    def __init__(self, job_id: str, stages: Sequence[str] = ()) -> None:
        self.job_id = job_id
        self._stages = ["init", *stages, "completed"] if stages else []
        self.epoch = ""
        self.seq = 0
        self.state: dict[str, Any] = {}
        self.order: list[tuple[str | int, Any]] = []
        self.ends: list[dict[str, Any]] = []
        self.resets = 0
        self.feed = 0

    def fold(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "hello":
            if self.epoch and frame["epoch"] != self.epoch:
                self.seq, self.order = 0, []
            self.epoch = frame["epoch"]
        if frame.get("feed"):
            self.feed += 1
            return
        if frame.get("job") != self.job_id:
            return
        if frame["type"] == "reset":
            self.resets += 1
            self.seq, self.order = 0, []
        elif frame["type"] in ("progress", "result", "complete", "error"):
            self._apply(frame)

    def snapshot(self, body: dict[str, Any]) -> None:
        """The answer of `GET /v1/jobs/ID`, as the frames that say the same."""
        self.fold({"type": "hello", "epoch": body["epoch"]})
        ends = {"completed": "complete", "failed": "error", "cancelled": "error"}
        newest = {"type": ends.get(body["status"], "progress"), "job": self.job_id, "seq": body["seq"], "state": body}
        told = [{"type": "result", "job": self.job_id, **part} for part in body["partial"]]
        if told and told[-1]["seq"] == body["seq"]:
            told[-1]["state"] = body
        for frame in (*told, newest):
            self.fold(frame)

    def _apply(self, frame: dict[str, Any]) -> None:
        if frame["seq"] <= self.seq:
            return
        assert not self.ends, "something follows the end"
        self.seq = frame["seq"]
        if frame["type"] == "result":
            self.order.append((frame["key"], frame.get("data", frame.get("data_url"))))
        if "state" in frame:
            self._check_climb(frame)
            self.state = frame["state"]
        if frame["type"] in ("complete", "error"):
            self.ends.append(frame)

    def _check_climb(self, frame: dict[str, Any]) -> None:
        if self.state and frame["type"] != "error":
            assert self._place(frame["state"]) >= self._place(self.state)
        assert (frame["state"]["progress"] == 100) == (frame["type"] == "complete"), "100 only with complete"

    def _place(self, state: dict[str, Any]) -> tuple[int, int, float]:
        stage = self._stages.index(state["stage"]) if self._stages else 0
        return state["attempt"], stage, state["progress"]

    @property
    def subscribe(self) -> str:
        """The frame that resumes where this client stands, with the feed of all jobs beside it."""
        channels = {f"job:{self.job_id}": self.seq, "jobs": 0}
        return orjson.dumps({"type": "subscribe", "epoch": self.epoch, "channels": channels}).decode()


def opening(url: str, query: str = "", **options: Any) -> Any:
    """Connect to the server's socket; an async context manager."""
    return connect(f"{url.replace('http', 'ws')}/v1/ws{query}", subprotocols=["jindu.v1"], compression=None, **options)  # type: ignore[list-item]


def frames(message: str | bytes) -> list[dict[str, Any]]:
    """The frames of one message, which is an object or an array of them."""
    value = orjson.loads(message)
    return value if isinstance(value, list) else [value]


async def until(socket: ClientConnection, kind: str, held: Held | None = None) -> dict[str, Any]:
    """Read, folding, up to the first frame of a kind; returns it."""
    async for message in socket:
        found = None
        for frame in frames(message):
            if held is not None:
                held.fold(frame)
            if found is None and frame["type"] == kind:
                found = frame
        if found is not None:
            return found
    raise AssertionError(f"the socket ended without a {kind!r}")


def cut(socket: ClientConnection) -> None:
    """As a phone does in a tunnel: no close frame, no good-bye."""
    socket.transport.abort()
