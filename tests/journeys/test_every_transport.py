"""One job, watched over every transport at once, from before its first step, from its middle and after its end: all that any
client can be told. Everybody ends with equal last frames, and has each partial result once, in order."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx

from journeys.journey_jobs import STAGES
from support.rawclient import Held
from support.server import ServerProcess
from support.transports import TRANSPORTS, Transport

ADVICE = ("eta", "queue", "stale_after")
KEYS = [f"{stage}-{number}" for stage in STAGES for number in range(0, 20, 4)]
FRAMES = ("by_socket", "by_stream", "by_posted_stream", "by_long_poll", "by_posted_poll", "by_plain_poll")


class Audience:
    """Watchers of one job, each with what it holds, by the name of its transport and the time it came."""

    def __init__(self, url: str, job_id: str) -> None:
        self.helds: dict[tuple[str, str], Held] = {}
        self._url = url
        self._job_id = job_id
        self._watching: list[asyncio.Task[None]] = []

    def come(self, when: str, transports: Iterable[Transport] = TRANSPORTS) -> None:
        for transport in transports:
            held = self.helds[transport.__name__, when] = Held(self._job_id, STAGES)
            self._watching.append(asyncio.create_task(transport(self._url, held)))

    async def until(self, seen: Callable[[Held], bool]) -> None:
        """Until everybody has seen that; what ends a watcher too early is raised."""
        while not all(map(seen, self.helds.values())):
            for watching in self._watching:
                if watching.done():
                    watching.result()
            await asyncio.sleep(0.01)

    async def end(self) -> None:
        await asyncio.gather(*self._watching)


async def whole(http: httpx.AsyncClient, value: Any) -> Any:
    """What stands at the URL that was told in place of large data."""
    url = isinstance(value, str) and value.startswith("/v1/jobs/")
    return (await http.get(value)).json() if url else value


async def last_state(http: httpx.AsyncClient, state: dict[str, Any]) -> dict[str, Any]:
    result = state.get("result") if state.get("result") is not None else state["result_url"]
    return {**state, "result": await whole(http, result)}


def at_the_second_gate(held: Held) -> bool:
    shown = held.state
    return bool(shown) and (shown["attempt"], shown["stage"], shown["message"]) == (2, "second", "second 19")


async def test_one_journey_over_every_transport_ends_with_equal_last_frames(server: ServerProcess, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http, asyncio.timeout(120):
        job_id = (await http.post("/v1/jobs", json={"type": "everything"})).json()["id"]
        audience = Audience(server.url, job_id)
        audience.come("early")
        await audience.until(lambda held: held.seq > 0)
        (tmp_path / "count.go").touch()
        await audience.until(at_the_second_gate)
        audience.come("late")
        await audience.until(at_the_second_gate)
        (tmp_path / "count.half").touch()
        await audience.end()
        audience.come("after the end")
        await audience.end()

        truth = (await http.get(f"/v1/jobs/{job_id}")).json()
        assert (truth["status"], truth["attempt"], truth["result"]) == ("completed", 2, {"text": "x" * 50_000})
        assert [part["key"] for part in truth["partial"]] == KEYS
        assert len(audience.helds) == 3 * len(TRANSPORTS)
        for name, held in audience.helds.items():
            order = [(key, await whole(http, data)) for key, data in held.order]
            assert order == [(part["key"], part["data"]) for part in truth["partial"]], name
            assert len(held.ends) == 1, name
            assert (held.seq, held.resets) == (truth["seq"], 0), name
            state = await last_state(http, held.state)
            expected = {field: truth[field] for field in state if field in truth and field not in ADVICE}
            assert expected.keys() >= {"status", "stage", "progress", "message", "result", "results", "updated_at"}, name
            assert {field: state[field] for field in expected} == expected, name

    last = [audience.helds[name, when].ends[0] for name in FRAMES for when in ("early", "late", "after the end")]
    assert all(frame == last[0] for frame in last)
    told = [data for _, data in audience.helds["by_socket", "early"].order]
    assert sum(isinstance(data, str) and data.startswith("/v1/jobs/") for data in told) == 9, "large results go by URL"
