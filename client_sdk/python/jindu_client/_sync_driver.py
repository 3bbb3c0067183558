"""The blocking driver: carries out the commands of a watch with threads and sockets, no event loop. Decides nothing."""

import time
from collections.abc import Callable, Generator

import httpx

from ._commands import Answered, Ask, Command, Dial, Drop, Emit, Finish, Heard, Line, Listen, Send, State, Tell
from ._held import Output
from ._mailbox import Mailbox
from ._requests import Response
from ._sync_http import SyncHttp
from ._sync_lines import AskUse, SocketUse, StreamUse, Use
from ._watching import Watching
from .errors import WaitTimeout

OnState = Callable[[State], None]
NEVER = float("inf")
LEAVE_WITHIN = 0.5  # seconds that a line gets to end before the caller goes on without it


class SyncDriver:
    """One watch. `timeout` is seconds for the whole of it, None for ever; then it raises `WaitTimeout`."""

    def __init__(self, http: SyncHttp, watching: Watching, timeout: float | None, on_state: OnState | None) -> None:
        self._http = http
        self._watching = watching
        self._timeout = timeout
        self._on_state = on_state
        self._mailbox = Mailbox()
        self._uses: dict[Line, Use] = {}
        self._ended: list[Use] = []
        self._asks: dict[Line, Ask | None] = {}  # what may be asked once more with a new credential
        self._polling: httpx.Client | None = None

    def run(self) -> Generator[Output, None, None]:
        """Outputs as they come. Closing the generator closes the connections; the job is not touched."""
        watching, limit = self._watching, self._timeout
        deadline = NEVER if limit is None else time.monotonic() + limit
        watching.start(time.monotonic())
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
                        self._do(command)
                if time.monotonic() >= deadline:
                    raise WaitTimeout(f"not ended within {limit:g} s; the job goes on")
                self._wait(deadline)
        finally:
            self._let_go()

    def _wait(self, deadline: float) -> None:
        watching = self._watching
        heard = self._mailbox.get(min(watching.wake_at, deadline) - time.monotonic())
        now = time.monotonic()
        if heard is not None and not self._asked_again(*heard):
            watching.heard(*heard, now)
        if now >= watching.wake_at and self._mailbox.empty:  # what waits to be heard may be a sign of life
            watching.tick(now)

    def _do(self, command: Command) -> None:
        http, tokens = self._http, self._http.tokens
        if isinstance(command, Dial):
            self._use("ws", SocketUse(command, http, self._mailbox, tokens.fresh()))
        elif isinstance(command, Listen):
            self._use("stream", StreamUse(command, http, self._mailbox, tokens.fresh()))
        elif isinstance(command, Ask):
            self._asks[command.line] = command if tokens.renewable else None
            self._ask(command)
        elif isinstance(command, Send):
            use = self._uses.get("ws")
            if isinstance(use, SocketUse):
                use.send(command.texts)
        elif isinstance(command, Drop):
            self._drop(command.line)
        elif isinstance(command, Tell) and self._on_state is not None:
            self._on_state(command.state)

    def _ask(self, command: Ask) -> None:
        client = self._http.client
        if command.line == "longpoll":
            client = self._polling = self._polling or self._http.new_client()
        token = self._http.tokens.current()
        self._use(command.line, AskUse(command, self._http, self._mailbox, token, client))

    def _asked_again(self, line: Line, what: Heard) -> bool:
        """A credential that is no longer good is renewed once, and the same asked again."""
        command = self._asks.pop(line, None)
        if command is None or not isinstance(what, Answered):
            return False
        if not (isinstance(what.answer, Response) and what.answer.status == 401):
            return False
        self._http.tokens.fresh()
        self._ask(command)
        return True

    def _use(self, line: Line, use: Use) -> None:
        self._drop(line)
        self._uses[line] = use
        use.begin()

    def _drop(self, line: Line) -> None:
        if (use := self._uses.pop(line, None)) is not None:
            use.drop()
            self._ended = [ended for ended in [*self._ended, use] if ended.thread.is_alive()]

    def _let_go(self) -> None:
        for line in list(self._uses):
            self._drop(line)
        for use in self._ended:
            use.thread.join(LEAVE_WITHIN)
        if self._polling is not None:
            self._polling.close()
