"""How long a connection may rest between two requests.

uvicorn sets a timer after each answer and cancels it at the next request, which costs more than a short answer takes to be
written. Here one timer goes on, and looks when it fires since when there has been nothing to do.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Resting(HttpToolsProtocol):
    """`timeout_keep_alive` seconds, as uvicorn has it."""

    _resting_since: float | None = None  # of the loop's clock; None while a request is under way

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._resting_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_in(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._resting_since is None:  # the answer that is due sets a timer again
            return
        left = self._resting_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_in(left)
        else:
            super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest_no_more()
        super().connection_lost(exc)

    def _unset_keepalive_if_required(self) -> None:
        self._resting_since = None

    def _rest_no_more(self) -> None:
        """The connection is over, or somebody else's: nothing of it is held by a timer."""
        self._resting_since = None
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _look_in(self, seconds: float) -> None:
        task: asyncio.TimerHandle = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
        self.timeout_keep_alive_task = task
