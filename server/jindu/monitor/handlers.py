"""The consistency monitor around a handler, of whatever framework: what it answers is checked before it leaves."""

import asyncio
import inspect
import json
from collections.abc import Callable, MutableMapping
from functools import wraps
from typing import Any, TypeVar

from .consistency import SYNCED, StateConsistencyMonitor

F = TypeVar("F", bound=Callable[..., Any])


def monitor_state_consistency(monitor: StateConsistencyMonitor) -> Callable[[F], F]:
    """Decorate a handler, `def` or `async def`, that returns a dict, a (dict, status) or a JSON response.

    An answer that shows the status of a job is checked, and repaired where the monitor repairs; a response keeps its length
    right. Any other answer passes as it is: an error without a status, a list, a stream.
    """

    def decorate(handler: F) -> F:
        if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None)):  # noqa: B004

            @wraps(handler)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                return _checked(monitor, await handler(*args, **kwargs))

            return awaited  # type: ignore[return-value]

        @wraps(handler)
        def called(*args: Any, **kwargs: Any) -> Any:
            answer = handler(*args, **kwargs)
            if inspect.isawaitable(answer):  # a plain function that hands on a coroutine
                return _later(monitor, answer)
            return _checked(monitor, answer)

        return called  # type: ignore[return-value]

    return decorate


async def _later(monitor: StateConsistencyMonitor, answer: Any) -> Any:
    return _checked(monitor, await asyncio.ensure_future(answer))


def _checked(monitor: StateConsistencyMonitor, answer: Any) -> Any:
    if isinstance(answer, MutableMapping):
        _check(monitor, answer)
    elif isinstance(answer, tuple) and answer:
        _checked(monitor, answer[0])
    elif hasattr(answer, "body") and hasattr(answer, "status_code"):
        _check_response(monitor, answer)
    return answer


def _check(monitor: StateConsistencyMonitor, payload: MutableMapping[str, Any]) -> bool:
    """Whether the payload was changed. A `status` alone is not yet the status of a job: envelopes have one too."""
    if "status" not in payload or not any(name in payload for name in SYNCED[1:]):
        return False
    return monitor.check_and_log(payload).issues != [] and monitor.auto_fix


def _check_response(monitor: StateConsistencyMonitor, response: Any) -> None:
    body = response.body
    if not isinstance(body, bytes | bytearray | memoryview):
        return
    try:
        payload = json.loads(bytes(body))
    except ValueError:
        return
    if isinstance(payload, dict) and _check(monitor, payload):
        response.body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        headers = getattr(response, "headers", None)
        if headers is not None and "content-length" in headers:
            headers["content-length"] = str(len(response.body))
