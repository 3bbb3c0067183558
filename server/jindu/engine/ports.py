"""Ports to a run in the same process: from a coroutine, and from a thread."""

import asyncio
import threading
from collections.abc import Callable

from ..core.events import Key
from .port import RunCalls


class LoopPort:
    """The calls of a run as they are: on the loop nothing lies between."""

    def __init__(self, run: RunCalls) -> None:
        self._run = run
        self.stage, self.expect, self.progress = run.stage, run.expect, run.progress
        self.partial, self.log = run.partial, run.line

    @property
    def cancelled(self) -> bool:
        return self._run.stopping

    def save_step(self, name: str, value: bytes) -> None:
        raise RuntimeError("in a coroutine use `await ctx.step(...)`")

    async def save_step_async(self, name: str, value: bytes) -> None:
        await self._run.save_step(name, value)


class ThreadPort:
    """Carries calls to the loop in order. Progress that the loop has not fetched yet is replaced, not queued: a thread that
    reports a million times costs the loop one call a turn."""

    def __init__(self, run: RunCalls) -> None:
        self._run = run
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._slot: list[tuple[int, float, str | None]] | None = None

    @property
    def cancelled(self) -> bool:
        return self._run.stopping

    def stage(self, position: int) -> None:
        self._in_order(self._run.stage, position)

    def expect(self, items: int) -> None:
        self._in_order(self._run.expect, items)

    def progress(self, position: int, within: float, message: str | None) -> None:
        with self._lock:
            if self._slot is not None:
                older = self._slot[0]
                self._slot[0] = (position, within, older[2] if message is None and older[0] == position else message)
                return
            slot = self._slot = [(position, within, message)]
            self._call(self._fetch, slot)

    def partial(self, key: Key, data: bytes) -> None:
        self._in_order(self._run.partial, key, data)

    def log(self, line: str) -> None:
        self._in_order(self._run.line, line)

    def save_step(self, name: str, value: bytes) -> None:
        with self._lock:
            self._slot = None
        asyncio.run_coroutine_threadsafe(self._run.save_step(name, value), self._loop).result()

    async def save_step_async(self, name: str, value: bytes) -> None:
        raise RuntimeError("in a thread use `ctx.step_sync(...)`")

    def _in_order(self, function: Callable[..., object], *args: object) -> None:
        with self._lock:
            # Later progress must not slip into a slot that lies before this call.
            self._slot = None
            self._call(function, *args)

    def _call(self, function: Callable[..., object], *args: object) -> None:
        if not self._loop.is_closed():  # an abandoned thread may outlive the server's loop
            self._loop.call_soon_threadsafe(function, *args)

    def _fetch(self, slot: list[tuple[int, float, str | None]]) -> None:
        with self._lock:
            if self._slot is slot:
                self._slot = None
        self._run.progress(*slot[0])
