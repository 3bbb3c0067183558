"""A real HTTP receiver for webhooks: what came is kept, what is answered is the test's choice."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from standardwebhooks import Webhook

WITHIN = 30.0  # seconds that something awaited may take


@dataclass
class Letter:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return orjson.loads(self.body)

    def verified(self, secret: str) -> Any:
        """What it says, if the signature is good; raises as the library does."""
        return Webhook(secret).verify(self.body, self.headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many come at once; what does not fit would wait a second and more


@dataclass
class Receiver:
    """`answer` gives status and headers for the nth letter (from 0). Used as a context manager."""

    address: str = "127.0.0.1"
    answer: Callable[[int], tuple[int, dict[str, str]]] = lambda number: (204, {})
    letters: list[Letter] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> "Receiver":
        receiver, self._arrived = self, threading.Condition()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                if len(body) < length:
                    self.close_connection = True  # whoever sent it was killed over it
                    return
                with receiver._arrived:
                    number = len(receiver.letters)
                    receiver.letters.append(Letter(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                    receiver._arrived.notify_all()
                status, headers = receiver.answer(number)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: object) -> None: ...

        self._server = _Server((self.address, self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}/hook"

    def wait(self, number: int) -> list[Letter]:
        """The letters, once there are so many; from another thread than the loop's."""
        deadline = time.monotonic() + WITHIN
        with self._arrived:
            while len(self.letters) < number:
                assert self._arrived.wait(deadline - time.monotonic()), f"{len(self.letters)} of {number} letters came"
            return list(self.letters)
