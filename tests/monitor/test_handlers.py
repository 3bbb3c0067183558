"""The monitor around handlers of any kind: what leaves is right, whatever they return (REQUIREMENTS B9)."""

import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from jindu import StateConsistencyMonitor, monitor_state_consistency

WRONG = {"task_id": "t1", "status": "completed", "stage": "ai_fetching", "progress": 100, "is_completed": True, "name": "品牌"}
RIGHT = {**WRONG, "stage": "completed"}


@pytest.fixture
def monitor() -> StateConsistencyMonitor:
    return StateConsistencyMonitor()


def test_sync_handlers(monitor: StateConsistencyMonitor) -> None:
    @monitor_state_consistency(monitor)
    def plain(task_id: str) -> dict[str, Any]:
        """Its text stays."""
        return {**WRONG, "task_id": task_id}

    @monitor_state_consistency(monitor)
    def with_status() -> tuple[dict[str, Any], int]:
        return dict(WRONG), 200

    assert plain("t2") == {**RIGHT, "task_id": "t2"}
    assert with_status() == (RIGHT, 200)
    assert (plain.__name__, plain.__doc__) == ("plain", "Its text stays.")
    assert monitor.get_stats()["issues_found"] == 2


async def test_async_handlers(monitor: StateConsistencyMonitor) -> None:
    @monitor_state_consistency(monitor)
    async def plain() -> dict[str, Any]:
        return dict(WRONG)

    @monitor_state_consistency(monitor)
    async def with_status() -> tuple[dict[str, Any], int]:
        return dict(WRONG), 200

    @monitor_state_consistency(monitor)
    def hands_on() -> Any:
        return plain()

    assert await plain() == RIGHT
    assert await with_status() == (RIGHT, 200)
    assert await hands_on() == RIGHT


@pytest.mark.parametrize(
    "answer", [{"error": "no such task"}, {"status": "success", "execution_id": "e"}, [WRONG], "text", None]
)
def test_what_is_no_status_passes_as_it_is(monitor: StateConsistencyMonitor, answer: Any) -> None:
    before = json.dumps(answer)
    assert json.dumps(monitor_state_consistency(monitor)(lambda: answer)()) == before
    assert monitor.get_stats()["total_checks"] == 0


async def test_responses_keep_their_length_right(monitor: StateConsistencyMonitor) -> None:
    @monitor_state_consistency(monitor)
    async def shown(request: Request) -> Response:
        return JSONResponse({**WRONG, "stage": "a much longer name of a stage"}, status_code=203, headers={"x-kept": "yes"})

    @monitor_state_consistency(monitor)
    def text(request: Request) -> Response:
        return PlainTextResponse("status stage")

    @monitor_state_consistency(monitor)
    async def streamed(request: Request) -> Response:
        return StreamingResponse(iter([b"a", b"b"]))

    routes = [Route("/shown", shown), Route("/text", text), Route("/streamed", streamed)]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://here") as client:
        answer = await client.get("/shown")
        assert (answer.status_code, answer.json(), answer.headers["x-kept"]) == (203, RIGHT, "yes")
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert (await client.get("/text")).text == "status stage"
        assert (await client.get("/streamed")).text == "ab"


def test_without_auto_fix_a_response_is_left_alone() -> None:
    monitor = StateConsistencyMonitor(auto_fix=False)
    response = JSONResponse(WRONG)
    body = response.body
    assert monitor_state_consistency(monitor)(lambda: response)().body is body
    assert monitor.get_stats()["issues_found"] == 1


def test_what_a_handler_raises_passes(monitor: StateConsistencyMonitor) -> None:
    @monitor_state_consistency(monitor)
    def failing() -> None:
        raise LookupError("no such task")

    with pytest.raises(LookupError):
        failing()
