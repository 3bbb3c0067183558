"""A request that does not arrive: half a head, a body that stalls, nothing at all (RELIABILITY trap 5)."""

import contextlib
import socket
import time

import httpx
import pytest

from jindu.web.http_protocol import HEAD_BYTES
from support.rawsocket import RawSocket, connected, rest, said, upgrade
from support.server import ServerProcess
from wire.asking import serves
from wire.conftest import BODY, LIMIT

pytestmark = pytest.mark.timeout(60)

LATE = 3.0  # seconds that a busy machine may add
HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def closed_after(server: ServerProcess, *parts: bytes) -> tuple[float, bytes]:
    """Seconds from the connection, or from the last part, to its end; and what was answered."""
    with connected(server.port) as raw:
        for part in parts:
            raw.sendall(part)
        begun = time.monotonic()
        try:
            told = rest(raw)
        except ConnectionResetError:
            told = b""
        return time.monotonic() - begun, told


@pytest.mark.parametrize(
    "part", [b"", b"G", HEAD, HEAD + b"X-Half: ", upgrade(1)[:-2]], ids=["none", "one", "head", "half", "ws"]
)
@pytest.mark.promise("slow_header")
def test_a_head_that_does_not_come_is_not_waited_for(wired: ServerProcess, part: bytes) -> None:
    seconds, told = closed_after(wired, part)
    assert LIMIT * 0.8 <= seconds < LIMIT + LATE
    assert told == b""


@pytest.mark.promise("slow_header")
def test_a_head_that_drips_gains_no_time(wired: ServerProcess) -> None:
    begun = time.monotonic()
    with connected(wired.port) as raw:
        raw.sendall(HEAD)
        raw.settimeout(LIMIT / 10)
        while time.monotonic() < begun + 20 and not _ended(raw):
            raw.sendall(b"X-Drip: 1\r\n")
    assert time.monotonic() - begun < LIMIT + LATE


def _ended(raw: socket.socket) -> bool:
    """Whether the server closed within the socket's time-out."""
    try:
        return raw.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_the_second_request_of_a_connection_has_the_same_time(wired: ServerProcess) -> None:
    with connected(wired.port) as raw:
        raw.sendall(HEAD + b"\r\n")
        assert raw.recv(65_536).startswith(b"HTTP/1.1 200")
        raw.sendall(b"GET")
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):
            rest(raw)
        assert LIMIT * 0.8 <= time.monotonic() - begun < LIMIT + LATE


@pytest.mark.parametrize("start", [POST, POST + b"{", CHUNKED, CHUNKED + b"5\r\n{"], ids=["none", "some", "chunked", "half"])
@pytest.mark.promise("slow_header")
def test_a_body_that_stalls_is_not_waited_for(wired: ServerProcess, start: bytes) -> None:
    seconds, _ = closed_after(wired, start)
    assert BODY * 0.8 <= seconds < BODY + LATE


def test_a_body_that_comes_slowly_and_comes_is_read(wired: ServerProcess) -> None:
    """Longer than both limits, no gap as long as the body's."""
    body = b'{"type":"greet"}'
    with connected(wired.port) as raw:
        raw.sendall(POST.replace(b"100", b"%d" % len(body)))
        for place in range(len(body)):
            time.sleep(BODY / 8)
            raw.sendall(body[place : place + 1])
        assert raw.recv(65_536).startswith(b"HTTP/1.1 202")


def test_an_answer_may_take_longer_than_a_request(wired: ServerProcess) -> None:
    """Long-poll, stream and socket say nothing for longer than any request may take to come."""
    answer = httpx.get(f"{wired.url}/v1/poll?channels=jobs&wait=1", timeout=10)
    assert answer.status_code == 200
    with RawSocket(wired.port) as opened:
        time.sleep(LIMIT + BODY)
        opened.send(said({"type": "subscribe", "channels": {}}))
        assert opened.until("subscribed")


def test_a_head_above_64_kib_is_refused(wired: ServerProcess) -> None:
    lines = b"".join(b"X-Long: %s\r\n" % (b"x" * 8_000) for _ in range(8))
    _, told = closed_after(wired, (HEAD + lines).ljust(HEAD_BYTES + 64, b"y"))
    assert told.startswith(b"HTTP/1.1 431 ")
    assert serves(wired)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [("POST", "", 405), ("GET", "X: y\r\n" * 200, 431), ("GET", f"X: {'y' * 10_000}\r\n", 431)],
    ids=["post", "many", "long"],
)
def test_an_opening_that_the_library_refuses_is_answered_and_closed(
    wired: ServerProcess, method: str, headers: str, status: int
) -> None:
    seconds, told = closed_after(wired, upgrade(wired.port, method=method, headers=headers))
    assert told.startswith(f"HTTP/1.1 {status} ".encode())
    assert seconds < LATE


def test_a_head_of_many_kilobytes_opens_as_well(wired: ServerProcess) -> None:
    headers = "".join(f"Cookie: c{number}={'y' * 4_000}\r\n" for number in range(8))
    with RawSocket(wired.port, headers=headers) as opened:
        assert opened.until("hello")


def test_what_comes_in_the_same_flight_as_the_opening_is_served(wired: ServerProcess) -> None:
    """PROTOCOL section 2: auth and subscribe may follow without waiting for the answer."""
    together = said({"type": "subscribe", "channels": {"jobs": 0}}) + said({"type": "unsubscribe", "channels": ["jobs"]})
    with RawSocket(wired.port, together=together) as opened:
        assert opened.until("hello")["auth"] == "ok"
        assert "jobs" in opened.until("subscribed")["channels"]
