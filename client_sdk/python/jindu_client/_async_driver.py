"""The asyncio driver: carries out the commands of a watch. Decides nothing."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from ._async_http import AsyncHttp
from ._async_lines import SocketLine, ask, listen
from ._commands import Answered, Ask, Command, Dial, Drop, Emit, Finish, Heard, Line, Listen, Send, Tell
from ._held import Output
from ._mailbox import ROOM
from ._requests import Response
from ._sync_driver import LEAVE_WITHIN, NEVER, OnState
from ._watching import Watching
from .errors import WaitTimeout


class AsyncDriver:
    """One watch. `timeout` is seconds for the whole of it, None for ever; then it raises `WaitTimeout`."""

    def __init__(self, http: AsyncHttp, watching: Watching, timeout: float | None, on_state: OnState | None) -> None:
        self._http = http
        self._watching = watching
        self._timeout = timeout
        self._on_state = on_state
        # Bounded, so that a slow reader makes the server send fewer, fresher frames.
        self._mail: asyncio.Queue[tuple[Line, asyncio.Task[None], Heard]] = asyncio.Queue(ROOM)
        self._uses: dict[Line, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._socket = SocketLine()
        self._asks: dict[Line, Ask | None] = {}  # what may be asked once more with a new credential

    async def run(self) -> AsyncGenerator[Output, None]:
        """Outputs as they come. Closing the generator closes the connections; the job is not touched."""
        watching, limit, clock = self._watching, self._timeout, asyncio.get_running_loop().time
        deadline = NEVER if limit is None else clock() + limit
        watching.start(clock())
        try:
            while True:
                for command in watching.commands():
                    if isinstance(command, Emit):
                        yield command.output
                    elif isinstance(command, Finish):
                        if command.error is not None:
                            raise command.error
                        return
                    else:
                        await self._do(command)
                if clock() >= deadline:
                    raise WaitTimeout(f"not ended within {limit:g} s; the job goes on")
                await self._wait(deadline)
        finally:
            await self._let_go()

    async def _wait(self, deadline: float) -> None:
        watching, clock = self._watching, asyncio.get_running_loop().time
        until = min(watching.wake_at, deadline)
        try:
            async with asyncio.timeout_at(None if until == NEVER else until):
                line, use, what = await self._mail.get()
        except TimeoutError:
            watching.tick(clock())
            return
        now = clock()
        if self._uses.get(line) is use and not await self._asked_again(line, what):
            watching.heard(line, what, now)
        if now >= watching.wake_at and self._mail.empty():  # what waits to be heard may be a sign of life
            watching.tick(now)

    async def _do(self, command: Command) -> None:
        http, tokens = self._http, self._http.tokens
        if isinstance(command, Dial):
            self._socket = SocketLine()
            self._use("ws", self._socket.run(command, http, await tokens.fresh(), self._telling("ws")))
        elif isinstance(command, Listen):
            self._use("stream", listen(command, http, await tokens.fresh(), self._telling("stream")))
        elif isinstance(command, Ask):
            self._asks[command.line] = command if tokens.renewable else None
            await self._ask(command)
        elif isinstance(command, Send):
            await self._socket.send(command.texts)
        elif isinstance(command, Drop):
            self._drop(command.line)
        elif isinstance(command, Tell) and self._on_state is not None:
            self._on_state(command.state)

    async def _ask(self, command: Ask) -> None:
        token = await self._http.tokens.current()
        self._use(command.line, ask(command, self._http, token, self._telling(command.line)))

    async def _asked_again(self, line: Line, what: Heard) -> bool:
        """A credential that is no longer good is renewed once, and the same asked again."""
        command = self._asks.pop(line, None)
        if command is None or not isinstance(what, Answered):
            return False
        if not (isinstance(what.answer, Response) and what.answer.status == 401):
            return False
        await self._http.tokens.fresh()
        await self._ask(command)
        return True

    def _telling(self, line: Line) -> Any:
        async def tell(what: Heard) -> None:
            use = asyncio.current_task()
            assert use is not None
            await self._mail.put((line, use, what))

        return tell

    def _use(self, line: Line, use: Coroutine[Any, Any, None]) -> None:
        self._drop(line)
        self._uses[line] = asyncio.create_task(use, name=f"jindu-{line}")

    def _drop(self, line: Line) -> None:
        if (use := self._uses.pop(line, None)) is not None:
            use.cancel()
            self._leaving.add(use)
            use.add_done_callback(self._leaving.discard)

    async def _let_go(self) -> None:
        for line in list(self._uses):
            self._drop(line)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=LEAVE_WITHIN)
