"""What the server writes to its log: one format, one stream, and no credential in it.

uvicorn logs the address of each WebSocket with its query (RELIABILITY trap 3), and a client may put a key anywhere.
"""

import logging
import re
from copy import deepcopy
from typing import Any

from uvicorn.config import LOGGING_CONFIG

_NAMED = re.compile(r"((?:ticket|token|key|auth|authorization)=)[^&\s\"']+", re.IGNORECASE)
_KNOWN = re.compile(r"jk_[0-9a-f]{16}_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")  # our keys; anything signed as a JWT
HIDDEN = "***"


def scrubbed(text: str) -> str:
    """The text without credentials: values of parameters that carry them, and whatever looks like one of ours."""
    return _KNOWN.sub(HIDDEN, _NAMED.sub(rf"\g<1>{HIDDEN}", text))


class Scrub(logging.Filter):
    """Lets every record pass, without credentials."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        clean = scrubbed(said)
        if clean != said:
            record.msg, record.args = clean, ()
            record.__dict__.pop("color_message", None)
        return True


def logging_config(level: str) -> dict[str, Any]:
    """uvicorn's logging with our loggers beside its own."""
    config = deepcopy(LOGGING_CONFIG)
    config["loggers"]["jindu"] = {"handlers": ["default"], "level": level.upper(), "propagate": False}
    config["filters"] = {"scrub": {"()": Scrub}}
    for handler in config["handlers"].values():
        handler["filters"] = ["scrub"]
    return config
