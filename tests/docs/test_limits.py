"""docs/limits.md says what the settings and the code say."""

import re
from pathlib import Path

import pytest

from jindu.channels.peer import UNSERVED
from jindu.core.codec import DEPTH_LIMIT
from jindu.core.frames import MESSAGE_BYTES
from jindu.core.session import AUTH_WITHIN, CHANNELS, FRAMES, INBOUND_BYTES, PING_EVERY
from jindu.monitor.sending import TIMEOUT
from jindu.monitor.webhooks import AT_ONCE
from jindu.settings import Settings
from jindu.web.http_protocol import HEAD_BYTES
from jindu.web.limits import COME_BACK_AFTER
from jindu.web.protocol import LINGER
from jindu.web.stall import PENDING, SEND_BUFFER, UNACKNOWLEDGED_MS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "limits.md").read_text()
ROWS = re.findall(r"^\| (.+?) \| ([\d,]+) ?(s|KiB|MiB)?[^|]*\| (?:`(\w+)`|fixed) \|", TEXT, re.MULTILINE)
UNIT = {"": 1, "s": 1, "KiB": 1024, "MiB": 1024 * 1024}
NAMED = {name: int(number.replace(",", "")) * UNIT[unit] for _, number, unit, name in ROWS if name}
FIXED = {what: int(number.replace(",", "")) * UNIT[unit] for what, number, unit, name in ROWS if not name}


def test_every_setting_that_is_named_has_the_default_that_is_told() -> None:
    assert len(NAMED) >= 7
    assert {name: getattr(Settings(), name) for name in NAMED} == NAMED


@pytest.mark.parametrize(
    ("begin", "value"),
    [
        ("what was sent", UNACKNOWLEDGED_MS / 1000),
        ("credentials", AUTH_WITHIN),
        ("silence", 2 * PING_EVERY + 5),
        ("a client that was told", LINGER),
        ("a try of a webhook", TIMEOUT),
        ("webhooks tried at once", AT_ONCE),
        ("line and headers", HEAD_BYTES),
        ("WebSocket message", INBOUND_BYTES),
        ("frames in one", FRAMES),
        ("message of the server", MESSAGE_BYTES),
        ("levels", DEPTH_LIMIT),
        ("channels", CHANNELS),
        ("requests on a socket", UNSERVED),
    ],
)
def test_what_is_fixed_is_told_as_it_is(begin: str, value: float) -> None:
    assert [told for what, told in FIXED.items() if what.startswith(begin)] == [value]


def test_what_the_prose_says() -> None:
    text = " ".join(TEXT.split())
    assert f"{PENDING // 1024} KiB and one message" in text
    assert f"a send buffer of {SEND_BUFFER // 1024} KiB" in text
    assert f"`Retry-After: {COME_BACK_AFTER}`" in text
