"""uvicorn as we serve: our protocol, our draining, our exit code."""

import logging
import os
import socket
import ssl
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from ..node import Node
from ..settings import Settings
from .application import Opening
from .guard import is_local
from .http_protocol import JinduHttpProtocol
from .limits import Serving, limits
from .logs import logging_config, make_log_folder
from .protocol import JinduProtocol

log = logging.getLogger("jindu.web")

INBOUND_BYTES = 128 * 1024  # above our own check of 64 KiB, so that 4013 can be told before uvicorn closes without a word


class OpenToAll(Exception):
    """There are no keys, and the address to listen on is not of this machine alone: anybody could run jobs."""


class BadCertificate(Exception):
    """The certificate or its key cannot be used; the text says why, for people."""


class Server(uvicorn.Server):
    """Opens the node around the server instead of in the ASGI lifespan: a refusal reaches the caller as it is, and draining
    comes before uvicorn closes every socket by itself (RELIABILITY trap 6). Ends normally after a signal it obeyed."""

    def __init__(self, asgi: Starlette, opening: Opening, settings: Settings) -> None:
        """Raises `BadCertificate`, `NoLogFile`."""
        make_log_folder(settings)
        self._asgi = asgi
        self._opening = opening
        self._node: Node | None = None
        config = Serving(
            asgi,
            limits(settings),
            host=settings.host,
            port=settings.port,
            log_level=settings.log_level,
            log_config=logging_config(settings),
            lifespan="off",
            ws=JinduProtocol,
            ws_max_size=INBOUND_BYTES,
            ws_ping_interval=None,  # pings are frames of ours: mini-programs cannot see the protocol's
            ws_per_message_deflate=False,
            loop="uvloop",
            http=JinduHttpProtocol,
            access_log=False,
            server_header=False,
            backlog=4096,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=3,
            ssl_certfile=settings.ssl_certfile or None,
            ssl_keyfile=settings.ssl_keyfile or None,
        )
        if config.is_ssl:
            _load_certificate(config)
        super().__init__(config)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop. Raises `StoreRefused` if the store cannot be opened, `OpenToAll` if anybody could come."""
        async with self._opening() as node:
            if node.keyring.open_mode and not is_local(self.config.host):
                raise OpenToAll(self.config.host)
            self._node = self._asgi.state.node = node
            node.end = self._end
            await super().serve(sockets)
        if node.left_behind:
            _leave_without_them(node.left_behind)

    def _end(self) -> None:
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not uvicorn's, which raises the signal again at the end: an exit that was asked for has code 0.
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._node is not None:
            await self._node.drain()
        await super().shutdown(sockets)


def _load_certificate(config: uvicorn.Config) -> None:
    """Read it now: uvicorn would do so behind the opening of the store, and fail with a traceback."""
    files = ", ".join(str(name) for name in (config.ssl_certfile, config.ssl_keyfile) if name)
    if not config.ssl_certfile:
        raise BadCertificate(f"{files} is a key without a certificate: give ssl_certfile too")
    try:
        config.load()
    except ssl.SSLError as error:  # also an OSError
        raise BadCertificate(f"{files}: not a certificate and its key in PEM ({error.reason or error})") from None
    except OSError as error:
        raise BadCertificate(f"{files} cannot be read: {error.strerror}") from None


def _leave_without_them(bodies: int) -> None:
    """End the process under bodies that ignore being cancelled: the loop's own end would wait for them for ever.

    Everything is handed back, written and closed by now (PROTOCOL section 7: the exit never waits for them).
    """
    log.warning("%d bodies ignore being asked to end: leaving without them", bodies)
    logging.shutdown()
    os._exit(0)
