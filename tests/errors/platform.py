"""A platform that answers as it is asked to: the status, body and headers are in the address."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit


class _Asked(BaseHTTPRequestHandler):
    over: threading.Event

    def do_GET(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query))
        how = asked.pop("how", "")
        if how == "hang up":
            return
        if how == "say nothing":
            self.over.wait(30)
            return
        body = asked.pop("body", "").encode()
        self.send_response(int(asked.pop("status", "200")))
        for name, value in asked.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class Platform:
    """Where it is, and addresses that make it answer."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, status: int = 200, body: Mapping[str, object] | str = "", how: str = "", **headers: str) -> str:
        """`how`: "hang up" or "say nothing"; underscores in the names of headers become hyphens."""
        text = body if isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return f"http://127.0.0.1:{self.port}/?" + urlencode({"status": status, "body": text, "how": how, **named})


@contextmanager
def platform() -> Iterator[Platform]:
    handler = type("Asked", (_Asked,), {"over": threading.Event()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Platform(server.server_port)
        finally:
            handler.over.set()  # type: ignore[attr-defined]
            server.shutdown()
            thread.join()
