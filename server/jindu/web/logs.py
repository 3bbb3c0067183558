"""What the server writes to its log: one format, one stream, no secret in it.

uvicorn logs the address of each request with its query (RELIABILITY trap 3), libraries log what they like, and an exception may
say anything: so each line is scrubbed as it is written, whoever wrote it.
"""

import logging
import re
from copy import deepcopy
from typing import Any

from uvicorn.config import LOGGING_CONFIG
from uvicorn.logging import AccessFormatter, DefaultFormatter

from ..core.scrub import HIDDEN, scrub

# The address of a request as uvicorn and websockets write it: what people ask for is nobody's business either.
_QUERY = re.compile(r"((?:\b[A-Z]{3,7}|WebSocket) /[^\s\"?]*\?)[^\s\"]*")


def scrubbed(line: str) -> str:
    """A line of the log without secrets and without the queries of requests."""
    return scrub(_QUERY.sub(rf"\g<1>{HIDDEN}", line))


class Scrubbed(DefaultFormatter):
    """A line, with its traceback if it has one."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


class ScrubbedAccess(AccessFormatter):
    """A line about a request."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


def logging_config(level: str) -> dict[str, Any]:
    """uvicorn's logging with our loggers beside its own, and warnings of every other library."""
    config = deepcopy(LOGGING_CONFIG)
    config["loggers"]["jindu"] = {"handlers": ["default"], "level": level.upper(), "propagate": False}
    config["root"] = {"handlers": ["default"], "level": "WARNING"}
    for name, formatter in (("default", Scrubbed), ("access", ScrubbedAccess)):
        config["formatters"][name]["()"] = formatter
    return config
