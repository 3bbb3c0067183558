"""What the three scripts share: a server at an address of your own, its routes, checks that are counted and printed."""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import httpx

DEFAULT_URL = "http://127.0.0.1:8765"
PATIENCE = 300.0  # seconds that a diagnosis may take
POLL_EVERY = 0.5  # seconds
ASKED = {
    "brand_list": ["starlette", "fastapi", "django"],
    "selectedModels": [{"name": "Local BM25", "checked": True}],
    "custom_question": "Which web frameworks for asyncio do you recommend?",
}
OLD_STATUSES = ("initializing", "processing", "completed", "failed")
OLD_STAGES = ("init", "ai_fetching", "ranking_analysis", "source_tracing", "completed", "failed")


def arguments(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--base-url", default=DEFAULT_URL, help=f"the server to ask ({DEFAULT_URL})")
    parser.add_argument("--key", default="", help="an API key with submit and watch, where the server has keys")
    return parser


def client(base_url: str, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=base_url, headers=headers, timeout=30)


def get(http: httpx.Client, path: str, status: int = 200) -> Any:
    return body_of(http.get(path), status)


def post(http: httpx.Client, path: str, body: Any, status: int = 200) -> Any:
    return body_of(http.post(path, json=body), status)


def body_of(answer: httpx.Response, status: int) -> Any:
    where = f"{answer.request.method} {answer.request.url.path}"
    expect(answer.status_code == status, f"{where}: {answer.status_code}, not {status}: {answer.text[:200]}")
    return answer.json()


def expect(true: bool, otherwise: str) -> None:
    if not true:
        raise AssertionError(otherwise)


def in_agreement(body: Any) -> None:
    """The rules that status, stage, progress and is_completed keep at every moment."""
    said = json.dumps({field: body[field] for field in ("status", "stage", "progress", "is_completed")})
    expect(body["status"] in OLD_STATUSES and body["stage"] in OLD_STAGES, f"unknown words: {said}")
    done = body["status"] == "completed"
    expect(done == (body["stage"] == "completed") == (body["progress"] == 100), f"completed by halves: {said}")
    expect(body["is_completed"] == (body["status"] in ("completed", "failed")), f"is_completed disagrees: {said}")
    if body["status"] == "failed":
        expect(body["stage"] == "failed" and body["progress"] == 0, f"failed by halves: {said}")


def polled(http: httpx.Client, task_id: str, seen: Callable[[Any], None] = in_agreement) -> Any:
    """Ask for the status until it has ended; each answer is `seen`."""
    give_up = time.monotonic() + PATIENCE
    while True:
        body = get(http, f"/test/status/{task_id}")
        seen(body)
        if body["is_completed"]:
            return body
        expect(time.monotonic() < give_up, f"{task_id} has not ended after {PATIENCE:.0f} s")
        time.sleep(POLL_EVERY)


def run(title: str, base_url: str, checks: list[tuple[str, Callable[[], str]]]) -> int:
    """Run the checks in order, each printed with what it says; the exit code: 0 if all passed. One that fails does not stop
    the next, which may need it and then fails too."""
    print(f"{title}\n{'=' * 60}\n{base_url}\n")
    failed = 0
    for number, (name, check) in enumerate(checks, start=1):
        try:
            said, mark = check(), "✓"
        except (AssertionError, httpx.HTTPError, KeyError, ValueError) as wrong:
            said, mark, failed = f"{type(wrong).__name__}: {wrong}", "✗", failed + 1
        print(f"{mark} {number}/{len(checks)} {name}: {said}", flush=True)
    print(f"\n{len(checks) - failed} of {len(checks)} passed")
    return 1 if failed else 0
