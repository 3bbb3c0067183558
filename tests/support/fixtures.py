"""Requests of old clients and the answers they know, from `tests/examples/fixtures`, played against a server.

A step is a request with what must be answered, or `until`: a path asked until its answer says `is_completed`, or a status of an
end. In an answer `<str>`, `<int>`, `<list>`, `<time>`, `<any>` stand for any value of that kind, `~text` for a text that begins
so, `{name}` for what was kept; other fields than those named are refused, unless `"...": true` allows them. `keep` names the
id answered.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from .following import follow

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "fixtures"
KINDS: dict[str, type | tuple[type, ...]] = {"<str>": str, "<int>": int, "<list>": list, "<num>": (int, float), "<dict>": dict}
ENDS = ("completed", "failed", "cancelled", "success")
IDS = ("execution_id", "task_id", "id")


def play(http: httpx.Client, name: str, **known: str) -> dict[str, str]:
    """Play all steps of a file; what was kept, by name."""
    kept = dict(known)
    for step in json.loads((FOLDER / f"{name}.json").read_text()):
        if "until" in step:
            wait(http, filled(step["until"], kept))
            continue
        body = {"json": filled(step["body"], kept)} if "body" in step else {}
        answer = http.request(step["method"], filled(step["path"], kept), **body)
        assert answer.status_code == step["status"], (step["name"], answer.text)
        assert answer.headers["content-type"].partition(";")[0] == "application/json", step["name"]
        compare(answer.json(), filled(step["answer"], kept), step["name"])
        if "keep" in step:
            kept[step["keep"]] = str(next(answer.json()[field] for field in IDS if field in answer.json()))
    return kept


def wait(http: httpx.Client, path: str) -> dict[str, Any]:
    """What a path answers when its job has ended; the test's own time limit ends what never does."""
    while True:
        answer = http.get(path)
        assert answer.status_code == 200, (path, answer.text)
        body: dict[str, Any] = answer.json()
        if body.get("is_completed") or body.get("status") in ENDS:
            return body
        for _ in follow(http, body.get("job_id") or body["task_id"]):
            pass


def filled(value: Any, kept: dict[str, str]) -> Any:
    if isinstance(value, str):
        for name, text in kept.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, list):
        return [filled(one, kept) for one in value]
    if isinstance(value, dict):
        return {name: filled(one, kept) for name, one in value.items()}
    return value


def compare(found: Any, expected: Any, where: str) -> None:
    if isinstance(expected, dict):
        assert isinstance(found, dict), where
        named = {field for field in expected if field != "..."}
        assert named <= set(found), (where, found)
        assert "..." in expected or named == set(found), (where, found)
        for field in named:
            compare(found[field], expected[field], f"{where}: {field}")
    elif isinstance(expected, list):
        assert isinstance(found, list), where
        assert len(found) == len(expected), (where, found)
        for place, one in enumerate(expected):
            compare(found[place], one, f"{where}: {place}")
    elif isinstance(expected, str) and expected in KINDS:
        assert isinstance(found, KINDS[expected]), (where, found)
    elif expected == "<time>":
        assert datetime.fromisoformat(found).tzinfo is not None, (where, found)
    elif isinstance(expected, str) and expected.startswith("~"):
        assert str(found).startswith(expected[1:]), (where, found)
    elif expected != "<any>":
        assert (found, type(found)) == (expected, type(expected)), where
