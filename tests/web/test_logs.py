"""The log holds no credential, wherever one was put (RELIABILITY trap 3)."""

import logging

import pytest

from jindu.core.scrub import scrub
from jindu.web.logs import Scrubbed

KEY = "jk_0123456789abcdef_ZgC4qIJS4BeEFIPwk88864P1ZDWjlwaM2O4ewZRx7d4"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2I6MDEifQ.dGhpcy1pcy1hLXNpZ25hdHVyZQ"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"GET /v1/ws?ticket={JWT}&x=1", "GET /v1/ws?ticket=***&x=1"),
        ("GET /v1/ws?x=1&TOKEN=plain", "GET /v1/ws?x=1&TOKEN=***"),
        (f"bearer {KEY}, again {JWT}.", "bearer ***, again ***."),
        (f"/v1/jobs/{KEY}", "/v1/jobs/***"),
        ("job_key=5 was kept; 3 tokens", "job_key=5 was kept; 3 tokens"),
        ("connection open", "connection open"),
    ],
)
def test_what_is_left_of_a_line(said: str, kept: str) -> None:
    assert scrub(said) == kept


def test_arguments_of_a_record_are_looked_at() -> None:
    record = logging.LogRecord(
        "uvicorn", logging.INFO, "x.py", 1, '%s - "WebSocket %s" [accepted]', ("::1", f"/?ticket={JWT}"), None
    )
    assert Scrubbed("%(message)s").format(record) == '::1 - "WebSocket /?***" [accepted]'
    plain = logging.LogRecord("uvicorn", logging.INFO, "x.py", 1, "%d jobs", (3,), None)
    assert Scrubbed("%(message)s").format(plain) == "3 jobs"
