"""What breaks RFC 6455 or jindu.v1, byte by byte: the connection closes with the code that says why; others go on."""

import zlib

import httpx
import pytest

from support.rawsocket import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, RawSocket, frame, said
from support.server import ServerProcess
from wire.asking import cancelled, serves, submitted

pytestmark = [pytest.mark.timeout(60), pytest.mark.promise("protocol")]

HUGE = b"[" + b" " * 130 * 1024 + b"]"
LARGE = b"[" + b" " * 70 * 1024 + b"]"
DEFLATED = bytes.fromhex("aa56 4a54 b252 5052 aa05 00".replace(" ", ""))


def deflated(data: bytes) -> bytes:
    """As a permessage-deflate message has it (RFC 7692 section 7.2.1)."""
    squeezed = zlib.compressobj(9, wbits=-15)
    return (squeezed.compress(data) + squeezed.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


BOMB = deflated(b" " * 40_000_000)  # 39 kB

# Frames, and the code that closes. Sections are of RFC 6455.
BROKEN = {
    "unmasked (5.1)": (frame(TEXT, b"{}", masked=False), 1002),
    "reserved bit 1 (5.2)": (frame(TEXT, DEFLATED, reserved=4), 1002),
    "reserved bit 2": (frame(TEXT, b"{}", reserved=2), 1002),
    "reserved bit 3": (frame(TEXT, b"{}", reserved=1), 1002),
    "reserved bit of a control frame": (frame(PING, b"", reserved=4), 1002),
    "deflate bomb": (frame(TEXT, BOMB, reserved=4), 1002),
    **{f"reserved opcode {opcode}": (frame(opcode, b"x"), 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "long ping (5.5)": (frame(PING, b"x" * 126), 1002),
    "long pong": (frame(PONG, b"x" * 70_000), 1002),
    "long close": (frame(CLOSE, b"\x03\xe8" + b"x" * 124), 1002),
    "fragmented ping": (frame(PING, b"", final=False), 1002),
    "fragmented close": (frame(CLOSE, b"\x03\xe8", final=False), 1002),
    "continued from nothing (5.4)": (frame(CONTINUED, b"{}"), 1002),
    "text within a message": (frame(TEXT, b"{", final=False) + frame(TEXT, b"}"), 1002),
    "close of one byte (5.5.1)": (frame(CLOSE, b"\x03"), 1002),
    **{f"close with {code}": (frame(CLOSE, code.to_bytes(2)), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000)},
    "close with bad UTF-8": (frame(CLOSE, b"\x03\xe8\xff\xfe"), 1007),
    "bad UTF-8 (8.1)": (frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80"), 1007),
    "UTF-8 cut off": (frame(TEXT, b'"\xe8\xbf'), 1007),
    "UTF-8 bad across fragments": (frame(TEXT, b'"\xe8', final=False) + frame(CONTINUED, b'\xff"'), 1007),
    "above what is received": (frame(TEXT, HUGE), 4013),
    "above it in fragments": (
        b"".join(frame(CONTINUED if n else TEXT, b" " * 60_000, final=n == 2) for n in range(3)),
        4013,
    ),
    "above what is read": (frame(TEXT, LARGE), 4013),
    "announced, never sent": (frame(TEXT, HUGE)[:14], 4013),
    "2^62 bytes announced": (b"\x81\xff" + (2**62).to_bytes(8) + b"mask", 4013),
    "2^63 bytes announced": (b"\x81\xff" + (2**63).to_bytes(8) + b"mask", 4013),
    "binary": (frame(BINARY, b"{}"), 4000),
    "empty binary": (frame(BINARY), 4000),
    "empty text": (frame(TEXT), 4000),
    "not JSON": (frame(TEXT, b"{"), 4000),
}  # fmt: skip
KEPT = {
    "fragmented, a ping between": frame(TEXT, b'{"type":', final=False) + frame(PING, b"?") + frame(CONTINUED, b'"pong"}'),
    "empty fragments": frame(TEXT, b"", final=False) + frame(CONTINUED, b"", final=False) + frame(CONTINUED, b"[]"),
    "a character across fragments": frame(TEXT, b'{"type":"\xe8\xbf', final=False) + frame(CONTINUED, b'\x9b"}'),
    "pong unasked": frame(PONG, b"hello"),
    "longest ping": frame(PING, b"x" * 125),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_closes_with_its_code(wired: ServerProcess, name: str) -> None:
    data, code = BROKEN[name]
    job_id = submitted(wired, "hold")
    with RawSocket(wired.port) as good, RawSocket(wired.port) as bad:
        good.send(said({"type": "subscribe", "channels": {f"job:{job_id}": 0}}))
        good.until("subscribed")
        bad.send(data)
        told, closed = bad.ending()
        assert closed == code
        assert [frame["code"] for frame in told if frame["type"] == "bye"] == ([code] if code >= 4000 else [])
        cancelled(wired, job_id)
        assert good.until("error")["state"]["status"] == "cancelled"


@pytest.mark.parametrize("name", KEPT)
def test_what_is_odd_and_allowed_is_kept(wired: ServerProcess, name: str) -> None:
    with RawSocket(wired.port) as socket:
        socket.send(KEPT[name] + said({"type": "subscribe", "channels": {}}))
        assert socket.until("subscribed")["channels"] == {}


def test_byte_by_byte_is_as_good_as_at_once(wired: ServerProcess) -> None:
    with RawSocket(wired.port) as socket:
        for byte in said({"type": "subscribe", "channels": {"jobs": 0}}):
            socket.send(bytes((byte,)))
        assert "jobs" in socket.until("subscribed")["channels"]


def test_compression_is_never_agreed_to(wired: ServerProcess) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_no_context_takeover\r\n"
    with RawSocket(wired.port, headers=offer) as socket:
        assert b"permessage-deflate" not in socket.head.lower()
        assert b"sec-websocket-extensions" not in socket.head.lower()
        assert 30_000 < len(BOMB) < 40_000
        socket.send(frame(TEXT, BOMB, reserved=4))
        assert socket.ending()[1] == 1002


@pytest.mark.parametrize("together", [frame(3, b"x"), frame(TEXT, b"\xff"), frame(PING, b"?"), b"\x00" * 10_000], ids=range(4))
def test_what_is_broken_in_the_same_flight_as_the_opening(wired: ServerProcess, together: bytes) -> None:
    with RawSocket(wired.port, together=together + said({"type": "subscribe", "channels": {}})) as socket:
        assert socket.head.startswith(b"HTTP/1.1 101 ")
        if together[0] == 0x89:
            assert socket.until("subscribed")
        else:
            assert socket.ending()[1] in (1002, 1007)


def test_a_hundred_violations_leave_the_server_as_it_was(wired: ServerProcess) -> None:
    before = wired.said()
    for _ in range(100):
        for data in (frame(TEXT, b"\xff"), frame(3), frame(CLOSE, b"\x03")):
            with RawSocket(wired.port) as socket:
                socket.send(data)
    assert serves(wired)
    assert httpx.get(f"{wired.url}/readyz").status_code == 200
    assert "Traceback" not in wired.said().removeprefix(before)


def test_frames_that_are_left_unread_are_no_harm(wired: ServerProcess) -> None:
    """Three hundred at once, which come back as problems; too many of them may close the connection, with a code of ours."""
    with RawSocket(wired.port) as socket:
        socket.send(b"".join(said({"type": number}) for number in range(300)) + frame(CLOSE, b"\x03\xe8"))
        told, code = socket.ending()
    assert code == 1000 or (code is not None and 4100 <= code < 4200)
    assert {problem["code"] for problem in told if problem["type"] == "problem"} <= {"BAD_REQUEST", "RATE_LIMITED"}
