"""A recorded life of one job, told as a good server tells it: whole, or from any cursor."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from client_python.hostile_server import Peer

JOB = "01JOB0000000000000000000AA"


def state(progress: float, status: str = "running", **more: Any) -> dict[str, Any]:
    ended = status in ("completed", "failed", "cancelled")
    stage = status if ended else "working"
    return {
        "status": status, "stage": stage, "progress": progress, "is_completed": ended, "message": "", "attempt": 1,
        "max_attempts": 1, "results": 0, **more,
    }  # fmt: skip


ERROR = {
    "code": "AI_QUOTA_EXHAUSTED",
    "title": {"zh": "AI 配额已用尽", "en": "AI quota exhausted"},
    "message": {"zh": "请切换到其他平台。", "en": "Switch to another platform."},
    "action": "switch_platform",
    "action_text": {"zh": "切换平台", "en": "Switch platform"},
    "retryable": False,
    "retry_after": None,
    "id": f"{JOB}-1",
}


@dataclass(frozen=True)
class Story:
    """Frames in order of seq; results have no state, so that the newest state is always that of the last other frame."""

    frames: Sequence[dict[str, Any]]

    def after(self, seq: int, upto: int | None = None) -> list[dict[str, Any]]:
        """What rule 2 replays to a client that holds `seq`, if frame `upto` (counted) is the newest."""
        known = self.frames[:upto]
        results = [frame for frame in known if frame["type"] == "result" and frame["seq"] > seq]
        newest = known[-1]
        states = [frame for frame in known if frame["type"] != "result"][-1:]
        if newest["type"] == "result" and states:
            results[-1:] = [{**newest, "state": states[0]["state"]}] if results else []
            return results
        return results + [frame for frame in states if frame["seq"] > seq]

    def snapshot(self, upto: int | None = None, epoch: str = "E1") -> dict[str, Any]:
        known = self.frames[:upto]
        kept = [{name: frame[name] for name in ("seq", "key", "data")} for frame in known if frame["type"] == "result"]
        states = [frame["state"] for frame in known if frame["type"] != "result"] or [state(0, "pending")]
        stages = [{"name": "working", "title": {"zh": "处理中", "en": "Working"}}]
        return {
            "id": JOB, "type": "story", "stages": stages, **states[-1], "partial": kept, "seq": known[-1]["seq"],
            "epoch": epoch, "poll_after_ms": 0,
        }  # fmt: skip


def told(length: int, seed: int = 1, end: str = "completed") -> Story:
    """A story of about `length` changes, the same for the same seed."""
    rng = random.Random(seed)
    frames: list[dict[str, Any]] = [{"type": "progress", "job": JOB, "seq": 1, "state": state(0, "pending")}]
    for seq in range(2, length + 2):
        if rng.random() < 0.4:
            frames.append({"type": "result", "job": JOB, "seq": seq, "key": f"k{seq}", "data": seq})
        else:
            percent = round(99.9 * (seq - 1) / (length + 1), 1)
            frames.append({"type": "progress", "job": JOB, "seq": seq, "state": state(percent)})
    if end == "completed":
        frames.append({"type": "complete", "job": JOB, "seq": length + 2, "state": state(100, end, result={"n": length})})
    else:
        frames.append({"type": "error", "job": JOB, "seq": length + 2, "state": state(0, end, error=ERROR, reached=42.0)})
    return Story(frames)


def telling(story: Story, cut_after: int | None = None, epoch: str = "E1", code: int | None = None) -> Any:
    """A script: hello, resume from the client's cursor, then frame by frame; the link ends after `cut_after` frames."""

    def script(peer: Peer) -> None:
        peer.accept()
        peer.hello(epoch)
        asked = peer.receive()
        while asked["type"] != "subscribe":
            asked = peer.receive()
        peer.server.subscribed.append(asked)
        held = asked["channels"].get(f"job:{JOB}", 0) if asked.get("epoch") == epoch else 0
        if asked.get("epoch") not in ("", epoch) and asked["channels"].get(f"job:{JOB}"):
            peer.send({"type": "reset", "job": JOB})
        for frame in list(unheard(story, held))[:cut_after]:
            peer.send(frame)
        if cut_after is None:
            peer.until_gone()
        elif code is None:
            peer.cut()
        else:
            peer.close(code)

    return script


def unheard(story: Story, held: int) -> Iterator[dict[str, Any]]:
    return (frame for frame in story.frames if frame["seq"] > held)
