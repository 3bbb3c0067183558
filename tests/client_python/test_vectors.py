"""The client replays the shared vectors: the same files that hold the other clients and the server to the protocol."""

import itertools
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from client_python.vectors import FOLDER, Watcher, fit_updates, fits, stop_code, vectors
from client_python.world import World, script


@pytest.mark.parametrize("vector", vectors("watch"), ids=lambda vector: vector["name"])
def test_what_is_held(vector: dict[str, Any]) -> None:
    watcher = Watcher(vector)
    for number, step in enumerate(vector["steps"], 1):
        at = step.get("at", 0)
        seen = watcher.observed(watcher.happens(step["in"], at), at)
        for name, expected in step.get("expect", {}).items():
            assert fits(expected, seen[name], name), f"step {number}, {name}: expected {expected}, saw {seen[name]}"


@pytest.mark.parametrize("vector", vectors("ladder"), ids=lambda vector: vector["name"])
def test_the_way_taken(vector: dict[str, Any]) -> None:
    scripts = {rung: [script(rung, one) for one in some] for rung, some in vector["world"].items()}
    world = World(scripts, jobs=vector["jobs"], transports=vector["transports"], draw=vector.get("random", 0.5))
    world.play(vector["until"])
    for name, expected in vector["expect"].items():
        _CHECKS[name](world, expected)


def test_there_are_enough_and_each_says_why() -> None:
    read = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
    assert len(read) >= 80
    assert all(vector["name"] == name and vector["why"].endswith(".") for name, vector in read.items())
    assert {vector.get("kind", "watch") for vector in read.values()} == {"watch", "ladder", "server"}


def _live(world: World, expected: list[Any]) -> None:
    assert [rung for rung, _ in world.live] == [rung for rung, *_ in expected], world.states
    for (rung, at), (_, least, most) in zip(world.live, expected, strict=True):
        assert least <= at <= most, f"{rung} at {at}"


def _attempts(world: World, expected: dict[str, Any]) -> None:
    for rung, times in expected.items():
        seen = world.attempts[rung]
        if isinstance(times, int):
            assert len(seen) >= times, (rung, seen)
            continue
        assert len(seen) == len(times), (rung, seen)
        assert all(least <= at <= most for at, (least, most) in zip(seen, times, strict=True)), (rung, seen)


def _waits(world: World, expected: list[float]) -> None:
    queries = [parse_qs(urlsplit(r.url).query) | r.query for r in world.asked if r.url.endswith("/v1/poll")]
    assert [wait for wait, _ in itertools.groupby(float(query["wait"]) for query in queries)] == expected


def _looks(world: World, expected: list[list[float]]) -> None:
    for begin, end, least, most in expected:
        count = len([at for at in world.attempts["look"] if begin <= at <= end])
        assert least <= count <= most, (begin, end, world.attempts["look"])


def _updates(world: World, expected: list[Any]) -> None:
    assert fit_updates(expected, world.updates), world.updates


def _over(world: World, expected: bool) -> None:
    assert world.holding.over is expected


def _stop(world: World, expected: int) -> None:
    assert world.finish is not None
    assert stop_code(world.finish.error) == expected


_CHECKS = {
    "live": _live, "attempts": _attempts, "waits": _waits, "looks": _looks, "updates": _updates, "over": _over, "stop": _stop,
}  # fmt: skip
