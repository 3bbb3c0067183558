"""server/PROTOCOL.md says what the code does: its tables are read here."""

import re
from pathlib import Path

from jindu.core import frames
from support.histories import submitted

SERVER = Path(__file__).resolve().parents[2] / "server"
TEXT = (SERVER / "PROTOCOL.md").read_text()
SPEAKERS = [
    SERVER / "jindu" / name
    for name in ("core/frames.py", "core/session.py", "channels/peer.py", "channels/visit.py", "web/socket.py", "node.py")
]


def table(title: str) -> list[str]:
    """First cells of the table under a heading or sentence."""
    rows = TEXT.split(title, 1)[1].split("\n\n|", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [row.strip("|").split("|")[0].strip(" `") for row in rows]


def said(pattern: str) -> set[str]:
    return {found for path in SPEAKERS for found in re.findall(pattern, path.read_text())}


def test_every_frame_the_server_says_is_in_the_table() -> None:
    # A visit says what a client would have said: its subscribe is not ours.
    kinds = (said(r'"type": "([a-z]+)"') | {"progress", "complete", "error"}) - {"subscribe"}
    assert set(table("What the server says:")) == kinds


def test_every_close_code_is_in_the_table() -> None:
    assert set(table("## Closing")) == said(r"\b(?:Close|bye|send_away)\((\d{4})\b")


def test_every_field_of_the_state_is_in_the_table() -> None:
    assert table("## The state") == list(frames.state(submitted()))
