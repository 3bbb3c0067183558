"""Calling what authors wrote: it may raise anything, and none of it may end the server. Plain functions get threads.

Threads are daemons of our own, one a call.

Not `asyncio.to_thread`: a pool's thread that never ends holds the process at exit (RELIABILITY trap 13), and a body that
ignores its time-out is such a thread.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

from .port import Outcome


def guarded(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Call; what it raises, `SystemExit` too, comes back in the `Outcome`."""
    try:
        return Outcome(function(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001 - a body may raise anything, and none of it may end the server
        return Outcome(error=error)


async def guarded_async(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Await a coroutine function; what it raises, `SystemExit` too, comes back in an `Outcome` and never ends the loop."""
    try:
        return Outcome(await function(*args, **kwargs))
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and _asked_to_stop():
            raise
        return Outcome(error=error)


def _asked_to_stop() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> "asyncio.Future[Outcome]":
    """Start a thread; the future is done with its `Outcome`, never with an exception.

    Cancelling the future abandons the thread: it runs on, and nobody hears of its end.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Outcome] = loop.create_future()
    context = contextvars.copy_context()

    def settle(outcome: Outcome) -> None:
        if not future.done():
            future.set_result(outcome)

    def work() -> None:
        outcome = context.run(guarded, function, *args, **kwargs)
        # The loop may be gone by the time an abandoned thread returns.
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, outcome)

    name = getattr(function, "__name__", "call")
    threading.Thread(target=work, name=f"jindu-{name}", daemon=True).start()
    return future
