"""What the server writes to its log: one format, one stream, and no credential in it.

uvicorn logs the address of each WebSocket with its query (RELIABILITY trap 3), and a client may put a key anywhere.
"""

import logging
import re
from copy import deepcopy
from typing import Any

from uvicorn.config import LOGGING_CONFIG
from uvicorn.logging import DefaultFormatter

_NAMED = re.compile(r"((?:ticket|token|key|auth|authorization)=)[^&\s\"']+", re.IGNORECASE)
_HEADER = re.compile(r"(\bbearer\s+|\bauthorization:\s*\w+\s+)[\w.~+/=-]{6,}", re.IGNORECASE)
# The address of a request as uvicorn and websockets write it. What people search for is nobody's business either.
_QUERY = re.compile(r"((?:\b[A-Z]{3,7}|WebSocket) /[^\s\"?]*\?)[^\s\"]*")
_KNOWN = re.compile(r"jk_[0-9a-f]{16}_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")  # our keys; anything signed as a JWT
HIDDEN = "***"


def scrubbed(text: str) -> str:
    """The text without credentials: values of parameters and headers that carry them, queries of requests, and whatever looks
    like one of ours."""
    for pattern in (_QUERY, _NAMED, _HEADER):
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return _KNOWN.sub(HIDDEN, text)


class Scrubbed(DefaultFormatter):
    """Writes every record, the text of its exception too, without credentials."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


def logging_config(level: str) -> dict[str, Any]:
    """uvicorn's logging with our loggers beside its own."""
    config = deepcopy(LOGGING_CONFIG)
    config["loggers"]["jindu"] = {"handlers": ["default"], "level": level.upper(), "propagate": False}
    for formatter in config["formatters"].values():
        formatter["()"] = Scrubbed
    return config
