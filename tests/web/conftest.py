"""One server for all tests of the room, and callers of which every answer is looked over."""

import re
from collections.abc import Iterator

import httpx
import pytest

from support.described import as_described
from support.server import ServerProcess

PROBLEM = {
    "type", "title", "status", "detail", "instance", "code", "text", "action", "action_text", "retryable", "retry_after",
    "trace_id",
}  # fmt: skip
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
INTERNAL = ("Traceback", ".py", "site-packages", "SELECT ", "sqlite", "canary-4711", "/srv/", "pydantic", "orjson")


def looked_over(answer: httpx.Response) -> None:
    """No answer tells of the inside; every refusal is a problem as RFC 9457 and HTTP_API have it."""
    answer.read()
    if answer.headers.get("content-type") == "application/octet-stream":
        return  # a backup: all of the inside, for operators
    text = TOKEN.sub("", answer.text)  # signed at random: any word may be in there
    for word in INTERNAL:
        assert word not in text, f"{answer.request.method} {answer.request.url} tells {word!r}"
    assert answer.status_code != 500, answer.text
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        body = answer.json()
        assert set(body) - {"errors"} == PROBLEM
        assert body["status"] == answer.status_code
        assert body["instance"] == answer.request.url.path
        assert set(body["text"]) == set(body["action_text"]) == {"zh", "en"}
        assert (body["retry_after"] is not None) == ("retry-after" in answer.headers)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-language"] in ("zh", "en")
        assert "Accept-Language" in answer.headers["vary"].split(", ")
    as_described(answer)
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        assert answer.status_code < 400 or answer.request.url.path.endswith(("/result", "/readyz"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("web")
    env = {
        "JINDU_REPORT_FOLDER": str(folder / "reports"),
        "JINDU_CONCURRENCY": "50",
        "JINDU_ORIGINS": '["https://app.example"]',
        "JINDU_BODY_BYTES": "300000",
    }
    with ServerProcess("web.web_jobs:app", folder, env=env) as process:
        yield process


@pytest.fixture
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, event_hooks={"response": [looked_over]}) as client:
        yield client
