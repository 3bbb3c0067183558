"""What the server writes to its log: one format, one stream, no secret in it.

uvicorn logs the address of each request with its query (RELIABILITY trap 3), libraries log what they like, and an exception may
say anything: so each line is scrubbed as it is written, whoever wrote it.
"""

import logging
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from uvicorn.config import LOGGING_CONFIG
from uvicorn.logging import AccessFormatter, DefaultFormatter

from ..core.current import current_job
from ..core.scrub import HIDDEN, scrub
from ..settings import Settings

# The address of a request as uvicorn and websockets write it: what people ask for is nobody's business either.
_QUERY = re.compile(r"((?:\b[A-Z]{3,7}|WebSocket) /[^\s\"?]*\?)[^\s\"]*")


def scrubbed(line: str) -> str:
    """A line of the log without secrets and without the queries of requests."""
    return scrub(_QUERY.sub(rf"\g<1>{HIDDEN}", line))


def of_job(line: str) -> str:
    """The line with the id of the job that it was logged by, in front of its end if it is not in it."""
    job = current_job.get()
    if job is None or job in line:
        return line
    first, newline, rest = line.partition("\n")
    return f"{first} [job {job}]{newline}{rest}"


class Scrubbed(DefaultFormatter):
    """A line, with its traceback if it has one."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(of_job(super().format(record)))


class Filed(logging.Formatter):
    """The same with its time, for a file: that a terminal shows when it came is no help there."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03d %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(of_job(super().format(record)))


class ScrubbedAccess(AccessFormatter):
    """A line about a request."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


def logging_config(settings: Settings) -> dict[str, Any]:
    """uvicorn's logging with our loggers beside its own, and warnings of every other library; in a file too, if one is set."""
    config = deepcopy(LOGGING_CONFIG)
    level = settings.log_level.upper()
    handlers = ["default"]
    for name, formatter in (("default", Scrubbed), ("access", ScrubbedAccess)):
        config["formatters"][name]["()"] = formatter
    if settings.log_file:
        handlers.append("file")
        config["formatters"]["file"] = {"()": Filed}
        config["handlers"]["file"] = {
            "class": "logging.handlers.RotatingFileHandler",
            "formatter": "file",
            "filename": settings.log_file,
            "maxBytes": settings.log_file_bytes,
            "backupCount": settings.log_files,
            "encoding": "utf-8",
        }
        config["loggers"]["uvicorn"]["handlers"] = [*config["loggers"]["uvicorn"]["handlers"], "file"]
    config["loggers"]["jindu"] = {"handlers": handlers, "level": level, "propagate": False}
    config["root"] = {"handlers": handlers, "level": "WARNING"}
    return config


class NoLogFile(Exception):
    """The log file cannot be written; the text says why, for people."""


def make_log_folder(settings: Settings) -> None:
    """So that the file can be made. Raises `NoLogFile`."""
    if not settings.log_file:
        return
    path = Path(settings.log_file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError as error:
        raise NoLogFile(f"the log file {path} cannot be written: {error.strerror}; correct the setting log_file") from None
