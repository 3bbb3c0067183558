"""However a legal history is cut, doubled and reordered: the same end, and each partial result once, in order."""

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from client_python.stories import JOB, Story, told
from jindu_client import Update
from jindu_client._held import Holding, Output
from jindu_client._link import Link

HELLO = {"type": "hello", "v": 1, "epoch": "E1", "ping": 20}


@given(
    length=st.integers(1, 25),
    seed=st.integers(0, 1000),
    cuts=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30), st.booleans()), max_size=8),
    noise=st.randoms(use_true_random=False),
)
def test_any_cutting_folds_to_the_same(length: int, seed: int, cuts: list[tuple[int, int, bool]], noise: random.Random) -> None:
    story = told(length, seed)
    session = Holding([JOB])
    updates: list[Update] = []
    upto = 0
    for grown, kept, polled in [*cuts, (len(story.frames), 10_000, False)]:
        upto = min(len(story.frames), upto + grown)
        updates += only_updates(polling(session, story, upto) if polled else link(session, story, upto, kept, noise))
    assert [(u.key, u.data) for u in updates if u.kind == "result"] == [
        (frame["key"], frame["data"]) for frame in story.frames if frame["type"] == "result"
    ]
    assert [u.is_end for u in updates].count(True) == 1
    assert updates[-1].is_end
    assert updates[-1].result == {"n": length}
    assert session.held[JOB].seq == story.frames[-1]["seq"]
    assert session.held[JOB].state == story.frames[-1]["state"]
    seqs = [u.seq for u in updates]
    assert seqs == sorted(set(seqs))
    assert session.over


def link(session: Holding, story: Story, upto: int, kept: int, noise: random.Random) -> list[Output]:
    """One connection: resume, told to `upto`, cut after `kept` messages, with every legal repeat and overtaking."""
    if session.over:
        return []
    connection = Link(session, 0)
    (subscription,) = (json.loads(text) for text in connection.outgoing())
    held = subscription["channels"][f"job:{JOB}"]
    frames = story.after(held, upto)
    outputs = connection.received(json.dumps(HELLO), 0)
    for frame in with_repeats(frames, story, upto, noise)[:kept]:
        message = [frame] if noise.random() < 0.5 else frame
        outputs += connection.received(json.dumps(message), 0)
    return outputs


def with_repeats(frames: list[dict[str, Any]], story: Story, upto: int, noise: random.Random) -> list[dict[str, Any]]:
    """Old frames again, anywhere: what was sent before (or overtaken) has a seq below that of the frame it follows."""
    mixed: list[dict[str, Any]] = []
    for frame in frames:
        mixed.append(frame)
        older = [old for old in story.frames[:upto] if old["seq"] <= frame["seq"]]
        mixed += noise.sample(older, min(len(older), noise.randint(0, 3)))
        if noise.random() < 0.2:
            mixed.append({**story.frames[-1], "feed": True})
    return mixed


def polling(session: Holding, story: Story, upto: int) -> list[Output]:
    return session.snapshot(story.snapshot(upto))


def only_updates(outputs: list[Output]) -> list[Update]:
    assert all(isinstance(output, Update) for output in outputs)
    return [output for output in outputs if isinstance(output, Update)]
