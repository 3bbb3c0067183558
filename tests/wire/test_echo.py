"""The echo server that conformance is tried on, and what the run says where there is no fuzzing client."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from conformance.run import ALLOWED, failed, missing
from support.rawsocket import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, connected, frame, rest, unframed, upgrade
from support.server import CODE, free_port
from wire.asking import soon

pytestmark = [pytest.mark.timeout(60), pytest.mark.promise("protocol")]

GOODBYE = frame(CLOSE, (1000).to_bytes(2))
LARGE = b"\xce\xba" * 100_000
ECHOED = {
    "text": (frame(TEXT, b"hello"), [(TEXT, b"hello")]),
    "empty": (frame(TEXT) + frame(BINARY), [(TEXT, b""), (BINARY, b"")]),
    "sizes": (
        b"".join(frame(BINARY, b"*" * size) for size in (125, 126, 127, 128, 65_535, 65_536)),
        [(BINARY, b"*" * size) for size in (125, 126, 127, 128, 65_535, 65_536)],
    ),
    "large": (frame(TEXT, LARGE), [(TEXT, LARGE)]),
    "fragments": (
        b"".join(frame(CONTINUED if place else TEXT, LARGE[place : place + 999], final=False) for place in range(0, 9990, 999))
        + frame(CONTINUED),
        [(TEXT, LARGE[:9990])],
    ),
    "a ping between fragments": (
        frame(TEXT, b"a", final=False) + frame(PING, b"?") + frame(CONTINUED, b"b"),
        [(PONG, b"?"), (TEXT, b"ab")],
    ),
    "ten pings": (b"".join(frame(PING, b"%d" % n) for n in range(10)), [(PONG, b"%d" % n) for n in range(10)]),
}
CLOSED = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    environment = {"PYTHONPATH": ":".join(map(str, CODE))}
    process = subprocess.Popen([sys.executable, "-m", "conformance.echo", str(port)], env=environment)
    try:
        assert soon(lambda: _answers(port), 30)
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/").status_code == 404
    return False


def told(port: int, data: bytes, answers: int = 0) -> list[tuple[int, bytes]]:
    """All frames up to the end of the connection; good-bye is said after so many `answers`."""
    with connected(port) as raw:
        raw.sendall(upgrade(port))
        received = b""
        while b"\r\n\r\n" not in received:
            received += raw.recv(1)
        raw.sendall(data)
        received = b""
        while answers and len(unframed(received)[0]) < answers:
            received += raw.recv(65_536)
        if answers:
            raw.sendall(GOODBYE)
        frames, left = unframed(received + rest(raw))
        assert not left
        return frames


@pytest.mark.parametrize("name", ECHOED)
def test_messages_come_back_as_they_were(port: int, name: str) -> None:
    data, expected = ECHOED[name]
    assert told(port, data, len(expected)) == [*expected, (CLOSE, (1000).to_bytes(2))]


@pytest.mark.parametrize("code", CLOSED)
def test_a_close_is_answered_with_its_code(port: int, code: int) -> None:
    assert told(port, frame(CLOSE, code.to_bytes(2) + b"because")) == [(CLOSE, code.to_bytes(2) + b"because")]


def test_what_follows_a_close_is_not_answered(port: int) -> None:
    assert told(port, GOODBYE + frame(PING) + frame(TEXT, b"more")) == [(CLOSE, (1000).to_bytes(2))]


def test_the_run_says_why_it_was_skipped_and_what_failed() -> None:
    assert "no python2.7 here" in (missing(None) or "")
    assert "no python2.7 here" in (missing("/nowhere/python2.7") or "")
    assert "-m pip install autobahntestsuite==" in (missing(sys.executable) or "")
    well = {"behavior": "OK", "behaviorClose": "OK"}
    badly = {"behavior": "OK", "behaviorClose": "FAILED"}
    assert failed({"1.1.1": well, "7.1.5": badly, "5.1": badly}) == ["5.1"]
    assert len(ALLOWED) == 1
