"""What the environment says, read at each look, so that a page and a script always agree. Raises `SettingsError`."""

import os
import shlex
import sys
from pathlib import Path

HERE = Path(__file__).parent
AT_ONCE = 5
KEEP_FOR = "1h"
NOT_FOUND = 3  # exit code of a script that looked well and found nothing


class SettingsError(ValueError):
    """A setting cannot be used; the text says which, and what is expected."""


def asynchronous() -> bool:
    """`CALIBRATION_ASYNC`: whether the asynchronous routes are served."""
    return os.environ.get("CALIBRATION_ASYNC", "on").strip().casefold() not in ("off", "0", "false", "no")


def script() -> list[str]:
    """`CALIBRATION_SCRIPT`: the command that is run with an info hash behind it."""
    written = os.environ.get("CALIBRATION_SCRIPT", "").strip()
    try:
        command = shlex.split(written) if written else [sys.executable, str(HERE / "find_name.py")]
    except ValueError as wrong:
        raise SettingsError(f"CALIBRATION_SCRIPT is not a command: {wrong}") from None
    return command


def timeout() -> float:
    """`CALIBRATION_TIMEOUT`: seconds that the script may take."""
    written = os.environ.get("CALIBRATION_TIMEOUT", "").strip() or "30"
    try:
        seconds = float(written)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 3600:
        raise SettingsError(f"CALIBRATION_TIMEOUT is a number of seconds from above 0 to 3600, not {written!r}")
    return seconds


def notes() -> Path:
    """`CALIBRATION_NOTES`: the SQLite file of the notes."""
    return Path(os.environ.get("CALIBRATION_NOTES", "").strip() or "calibration-notes.db")
