"""The three ways a body runs: on the loop, in a thread, in a child process. One small face for the runner."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .port import Outcome
from .threads import guarded_async, in_thread


class Body(Protocol):
    """`ended` is done with an `Outcome`, and never with an exception, when the body has really ended."""

    ended: "asyncio.Future[Outcome]"

    def stop(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it by force, where that can be done; threads and coroutines cannot be killed."""
        ...


class CoroutineBody:
    """`name` tells people whose task it is."""

    def __init__(self, function: Callable[..., Any], kwargs: Mapping[str, Any], name: str) -> None:
        self.ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(guarded_async(function, **kwargs), name=name)
        # Not in a `finally` of the task: one that is stopped before its first step never comes to it.
        self._task.add_done_callback(self._over)

    def _over(self, task: "asyncio.Task[Outcome]") -> None:
        if not self.ended.done():
            self.ended.set_result(Outcome(error=asyncio.CancelledError()) if task.cancelled() else task.result())

    def stop(self) -> None:
        self._task.cancel()

    def kill(self) -> None:
        self._task.cancel()


class ThreadBody:
    """`stop` is heard at the next stage, item or look at `ctx.cancelled`: the port carries it."""

    def __init__(self, function: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
        self.ended = in_thread(function, **kwargs)

    def stop(self) -> None: ...

    def kill(self) -> None: ...
