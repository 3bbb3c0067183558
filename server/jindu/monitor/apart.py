"""A blocking call in a daemon thread of its own: one that hangs holds neither the loop nor the end of the process."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def apart(function: Callable[[], T], name: str) -> T:
    """What the function returns or raises. If the caller is cancelled the thread goes on, and nobody hears what comes of it."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(value: Any, error: BaseException | None) -> None:
        if answer.done():  # nobody waits any more
            return
        if error is None:
            answer.set_result(value)
        else:
            answer.set_exception(error)

    def work() -> None:
        value, error = None, None
        try:
            value = function()
        except Exception as raised:  # noqa: BLE001 - told to who waits, on the loop
            error = raised
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=work, name=name, daemon=True).start()
    return await answer
