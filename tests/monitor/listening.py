"""Who is told of alerts, as a real HTTP server on loopback: what came is kept, what is answered is the test's choice."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCEPTED = (200, b'{"errcode":0}')


@dataclass(frozen=True)
class Came:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass
class Listener:
    """`answer` gives status and body of the nth request, from 0."""

    answer: Callable[[int], tuple[int, bytes]] = lambda number: ACCEPTED
    came: list[Came] = field(default_factory=list)
    url: str = ""


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            number = len(listener.came)
            listener.came.append(Came(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, answer = listener.answer(number)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", f"{listener.url}/elsewhere")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
