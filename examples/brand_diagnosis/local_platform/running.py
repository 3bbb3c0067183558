"""The platform in a thread of this process, on a loopback port of its own."""

import os
import socket
import threading
from collections.abc import Sequence
from types import TracebackType

import uvicorn

from .corpus import Package
from .server import Settings, create_app

RATE_VARIABLE = "LOCAL_PLATFORM_TOKENS_PER_SECOND"
_STOP_WITHIN = 10.0  # seconds for the thread to end after it was asked to


def rate() -> float:
    """Tokens a second from the environment, else the default. Raises `ValueError` for anything but a number above 0."""
    written = os.environ.get(RATE_VARIABLE, "").strip()
    if not written:
        return Settings().tokens_per_second
    try:
        return Settings(tokens_per_second=float(written)).tokens_per_second
    except ValueError as fault:
        raise ValueError(f"{RATE_VARIABLE} must be a number above 0, not {written!r}") from fault


class LocalServer:
    """Serves from a daemon thread. Connections are taken from the start and answered once the corpus is read.

    `with LocalServer(settings) as server: server.base_url`. `stop` may be called twice.
    """

    def __init__(self, settings: Settings, packages: Sequence[Package] | None = None) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._settings, self._packages = settings, packages
        self._stopping = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._serve, name="local-platform", daemon=True)
        self._thread.start()

    def __enter__(self) -> "LocalServer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and end the thread; answers under way are cut off after a second."""
        self._stopping.set()
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(_STOP_WITHIN)

    def _serve(self) -> None:
        try:
            # Here and not in the constructor: reading all metadata would block the caller, often an event loop.
            app = create_app(self._settings, self._packages)
            config = uvicorn.Config(
                app,
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="warning",  # "Started server process" in the log of another server would confuse
                access_log=False,
                timeout_graceful_shutdown=1,
            )
            self._server = uvicorn.Server(config)
            if not self._stopping.is_set():
                self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
