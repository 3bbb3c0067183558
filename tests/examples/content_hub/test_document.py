"""Row G4: the document of the content hub is valid, complete, and what is served; its examples run as they stand."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from examples.content_hub.app import app
from examples.content_hub.document import document
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from support.described import closed
from support.fixtures import wait
from support.node import NO_NODE, found
from support.server import ROOT, UNHURRIED, ForkedServer

CONTENT = "/api/v1/content"
DOCUMENT = document()
SEVEN = {
    ("post", f"{CONTENT}/generate/async"),
    ("get", f"{CONTENT}/tasks/{{task_id}}"),
    ("get", f"{CONTENT}/tasks"),
    ("post", f"{CONTENT}/tasks/{{task_id}}/cancel"),
    ("post", f"{CONTENT}/tasks/{{task_id}}/retry"),
    ("get", f"{CONTENT}/tasks/stats"),
    ("delete", f"{CONTENT}/tasks/cleanup"),
}
ACCOUNTS = {("get", "/api/v1/accounts"), ("post", "/api/v1/accounts")}
ENDED = {("post", f"{CONTENT}/tasks/{{task_id}}/cancel"), ("post", f"{CONTENT}/tasks/{{task_id}}/retry")}
SETTINGS = """
hooks = "support.hub_hooks"
request-timeout = 10
continue-on-failure = true

[generation]
max-examples = 12
deterministic = true
no-shrink = true
allow-extra-parameters = false

[dictionaries]
ids = { values = %s }

[parameters]
"path.task_id" = { dictionary = "ids", probability = 0.8 }

# The state of a task (404, 409), an account that is not there, a callback nobody can be told at: not about the shape of a body.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "404", "409"]

[checks.ignored_auth]
enabled = false

[phases.stateful]
enabled = false
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedServer]:
    folder = tmp_path_factory.mktemp("hub")
    env = {"CONTENT_DB": str(folder / "content.db"), "LOCAL_PLATFORM_TOKENS_PER_SECOND": "100000"}
    env |= {"JINDU_APPLICATION_SUBMITS": "0", **UNHURRIED}
    with ForkedServer("examples.content_hub.app:app", folder, env=env) as server:
        yield server


def operations(told: Any) -> set[tuple[str, str]]:
    return {(method, path) for path, calls in told["paths"].items() for method in calls}


def test_it_is_openapi_3_1_and_its_examples_are_what_they_are_examples_of() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    for path, calls in DOCUMENT["paths"].items():
        for call in calls.values():
            if "requestBody" in call:
                content = call["requestBody"]["content"]["application/json"]
                Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]}).validate(content["example"])
            assert {sample["lang"] for sample in call["x-codeSamples"]} == {"Shell", "Python", "JavaScript"}, path


def test_the_seven_endpoints_are_in_it_and_every_route_but_its_own() -> None:
    assert operations(DOCUMENT) == SEVEN | ACCOUNTS
    served = {
        (method.lower(), route.path)
        for group in app._own
        for route in group.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    others = {path for _, path in served - operations(DOCUMENT) - {("get", f"{CONTENT}/tasks/cleanup")}}  # 405: no id
    assert others == {f"{CONTENT}/openapi.json", "/content", "/content/page.js", "/content/kit.js", "/content/page.css"}
    assert operations(DOCUMENT) - served == set()


def test_it_is_served_alone_and_with_the_servers_own(hub: ForkedServer) -> None:
    alone = httpx.get(f"{hub.url}{CONTENT}/openapi.json")
    assert (alone.status_code, alone.json()) == (200, json.loads(json.dumps(DOCUMENT)))
    whole = httpx.get(f"{hub.url}/openapi.json").json()
    OpenAPIV31SpecValidator(whole).validate()
    assert operations(whole) > SEVEN | ACCOUNTS
    assert ("post", "/v1/jobs") in operations(whole)


@pytest.mark.timeout(300)
def test_whatever_is_asked_the_answer_is_described(hub: ForkedServer, tmp_path: Path) -> None:
    made = [httpx.post(f"{hub.url}{CONTENT}/generate/async", json=asked()).json()["task_id"] for _ in range(5)]
    (tmp_path / "openapi.json").write_text(json.dumps(closed(DOCUMENT)))
    (tmp_path / "schemathesis.toml").write_text(SETTINGS % json.dumps(made))
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml", "run"]
    command += ["openapi.json", "--url", hub.url, "--checks", "all", "--no-color", "--report-har-path", "seen.har"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unexpected error" not in hub.said()
    seen = json.loads((tmp_path / "seen.har").read_text())["log"]["entries"]
    good = {urlsplit(entry["request"]["url"]).path for entry in seen if entry["response"]["status"] < 300}
    for _, path in (SEVEN | ACCOUNTS) - ENDED:
        assert any(re.fullmatch(path.replace("{task_id}", "[^/]+"), one) for one in good), f"{path} was only refused"


def asked() -> Any:
    return DOCUMENT["paths"][f"{CONTENT}/generate/async"]["post"]["requestBody"]["content"]["application/json"]["example"]


RUNNERS = {
    "Shell": (
        "bash",
        'while read -r -d "" source; do if (bash -euc "$source"); then echo; echo 0; else echo; echo 1; fi; done',
    ),
    "Python": (
        "python",
        """
import os, sys, traceback
for source in sys.stdin.read().split(chr(0))[:-1]:
    try:
        exec(compile(source, "sample", "exec"), {"__name__": "__main__"})
        print(0)
    except Exception as error:
        print(error)
        print(1)
""",
    ),
    "JavaScript": (
        "node",
        """
import { readFileSync } from 'node:fs'
for (const source of readFileSync(0, 'utf8').split('\\0').slice(0, -1)) {
  const run = new (Object.getPrototypeOf(async () => {}).constructor)(source)
  await run().then(() => console.log(0), (error) => { console.log(error.message); console.log(1) })
}
""",
    ),
}


@pytest.mark.parametrize("language", RUNNERS)
def test_its_examples_run_as_they_stand(hub: ForkedServer, language: str, tmp_path: Path) -> None:
    """One after the other by one interpreter: to start one for each would cost more than all they do."""
    if language == "JavaScript" and found() is None:
        pytest.skip(NO_NODE)
    task = httpx.post(f"{hub.url}{CONTENT}/generate/async", json=asked()).json()["task_id"]
    with httpx.Client(base_url=hub.url) as http:
        wait(http, f"{CONTENT}/tasks/{task}")
    calls = sorted(operations(DOCUMENT))
    samples = [DOCUMENT["paths"][path][method]["x-codeSamples"] for method, path in calls]
    sources = [sample["source"] for one in samples for sample in one if sample["lang"] == language]
    assert len(sources) == len(calls)
    name, runner = RUNNERS[language]
    flag = {"bash": ["bash", "-c"], "python": [sys.executable, "-c"], "node": [found() or "", "--input-type=module", "-e"]}[
        name
    ]
    env = {**os.environ, "CONTENTHUB_URL": hub.url, "TASK": task}
    given = "".join(f"{source}\0" for source in sources)
    done = subprocess.run([*flag, runner], input=given, env=env, cwd=tmp_path, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    ends = re.findall(r"^[01]$", done.stdout, re.MULTILINE)
    # A task that has ended is neither cancelled nor retried (409).
    assert ends == ["1" if call in ENDED else "0" for call in calls], done.stdout + done.stderr
    assert len(re.findall("409|任务", done.stdout)) >= len(ENDED)
