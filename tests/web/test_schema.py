"""The document against the server: whatever is asked at random, there is no 500, and no answer that is not described.

All checks of schemathesis, with examples, boundary values, random ones, and walks along the links between calls.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from support.described import closed
from support.server import UNHURRIED, ServerProcess

TESTS = Path(__file__).parents[1]
SETTINGS = """
hooks = "web.schema_hooks"
request-timeout = 10
continue-on-failure = true

[generation]
max-examples = 20
deterministic = true
no-shrink = true
# What is not known in a query is ignored, as it is in frames: proxies and pages add such things.
allow-extra-parameters = false

[headers]
Authorization = "Bearer %(key)s"

# Random ids name nothing: most calls are made about jobs that are there.
[dictionaries]
ids = { values = %(ids)s }
types = { values = ["describe", "fail", "idle"] }
seqs = { values = %(seqs)s }

[parameters]
"path.id" = { dictionary = "ids", probability = 0.8 }
"path.seq" = { dictionary = "seqs", probability = 0.8 }
"path.type" = { dictionary = "types", probability = 0.8 }

[checks.positive_data_acceptance]
# 404 to 410 are about the state of the job, not about what was asked: there is none, it has ended, it was removed. 426 is what
# a socket is without an upgrade.
expected-statuses = ["2xx", "3xx", "404", "409", "410", "426"]

[checks.negative_data_rejection]
expected-statuses = ["400", "404", "405", "409", "410", "413", "415", "422"]

[checks.ignored_auth]
# The document leaves credentials open, because a server without keys asks for none; who may do what has a matrix of its own.
enabled = false

[phases.stateful]
max-steps = 8

[[operations]]
include-operation-id = "drain"  # it ends the server
enabled = false
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("schema")
    with ServerProcess(
        "web.schema_jobs:app",
        folder,
        env={"JINDU_CONCURRENCY": "20", "JINDU_REPORT_FOLDER": str(folder / "reports"), **UNHURRIED},
    ) as process:
        yield process


DESCRIBE = {"type": "describe", "params": {"place": {"city": "Ulm"}, "words": ["a", "b"]}}
ENDED, FAILED, OPEN = (DESCRIBE, 10), ({"type": "fail"}, 10), ({**DESCRIBE, "delay": 86_400}, 0)
NEEDS = {"cancelJob": OPEN, "changeJob": OPEN, "retryJob": FAILED}  # what an operation can be done with; all others: ENDED
NOT_TRIED = {("get", "/v1/ws"), ("post", "/v1/drain")}  # wants an upgrade; ends the server
KEY = {"name": "all", "scopes": ["submit", "watch", "operate"]}
BATCH = {"jobs": [OPEN[0]]}


IDLE = {"type": "idle", "every": 86_400}
HOOK = {"url": "https://receiver.invalid/hook"}
number = count()


def submitted(http: httpx.Client, asked: tuple[dict[str, Any], int]) -> Any:
    """A job that has ended in one of both ways, or will not begin today."""
    body, wait = asked
    return http.post(f"/v1/jobs?wait={wait}", json=body).json()


def made(http: httpx.Client, operation: Any, path: str) -> Any:
    """Something of its own that the operation can be done with."""
    if path.startswith("/v1/batches"):
        return http.post("/v1/batches", json=BATCH).json()
    if path.startswith("/v1/keys"):
        return http.post("/v1/keys", json=KEY).json()
    if path.startswith("/v1/schedules"):
        return http.post("/v1/schedules", json={**IDLE, "id": f"made-{next(number)}"}).json()
    if path.startswith("/v1/webhooks/deliveries"):
        return delivery(http)
    if path.startswith("/v1/webhooks"):
        return http.post("/v1/webhooks", json=HOOK).json()
    return submitted(http, NEEDS.get(operation["operationId"], ENDED))


def delivery(http: httpx.Client) -> Any:
    """Of a job that has ended, to where nobody is."""
    job = submitted(http, ({**DESCRIBE, "webhook": HOOK["url"]}, 10))
    return http.get("/v1/webhooks/deliveries", params={"job": job["id"]}).json()["items"][0]


def exemplified(document: Any, http: httpx.Client) -> Any:
    """The document with a thing of its own as the example of each operation, so that each is done at least once."""
    job = submitted(http, OPEN)
    bodies = {
        "submitJob": DESCRIBE, "putJob": DESCRIBE, "submitBatch": BATCH, "createKey": KEY, "createToken": {"job": job["id"]},
        "createTicket": {"channels": [f"job:{job['id']}"]}, "createSchedule": IDLE, "changeSchedule": {"every": 90},
        "createWebhook": HOOK, "changeWebhook": {"enabled": True},
    }  # fmt: skip
    for path, operations in document["paths"].items():
        for operation in operations.values():
            named = {parameter["name"]: parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "path"}
            if "id" in named and operation["operationId"] != "putJob":
                thing = made(http, operation, path)
                named["id"]["example"] = thing["id"]
                if "seq" in named:
                    named["seq"]["example"] = thing["partial"][0]["seq"]
            if "type" in named:
                named["type"]["example"] = "idle"
            if operation["operationId"] in bodies:
                operation["requestBody"]["content"]["application/json"]["example"] = bodies[operation["operationId"]]
    return document


def answered(har: Path, document: Any) -> set[tuple[str, str]]:
    """Method and path of each operation that was done, not only refused."""
    patterns = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in document["paths"]}
    done = set()
    for entry in json.loads(har.read_text())["log"]["entries"]:
        found = urlsplit(entry["request"]["url"]).path
        if entry["response"]["status"] < 300:
            done |= {(entry["request"]["method"].lower(), path) for path, known in patterns.items() if known.fullmatch(found)}
    return done


@pytest.mark.timeout(600)
@pytest.mark.promise("bad_http")
def test_whatever_is_asked_the_answer_is_described(server: ServerProcess, tmp_path: Path) -> None:
    key = httpx.post(f"{server.url}/v1/keys", json=KEY).json()["key"]
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}) as http:
        document = exemplified(http.get("/openapi.json").json(), http)
        jobs = [submitted(http, asked) for asked in (ENDED, FAILED, OPEN) * 20]
        batches = [http.post("/v1/batches", json=BATCH).json()["id"] for _ in range(10)]
        keys = [http.post("/v1/keys", json=KEY).json()["id"] for _ in range(10)]
        schedules = [http.post("/v1/schedules", json={**IDLE, "id": f"there-{n}"}).json()["id"] for n in range(30)]
        webhooks = [http.post("/v1/webhooks", json={**HOOK, "owner": "nobody"}).json()["id"] for _ in range(30)]
        deliveries = [delivery(http)["id"] for _ in range(5)]
    known = {"ids": [job["id"] for job in jobs], "seqs": sorted({kept["seq"] for job in jobs for kept in job["partial"]})}
    (tmp_path / "openapi.json").write_text(json.dumps(closed(document)))
    settings = SETTINGS % {"key": key, **{name: json.dumps(values) for name, values in known.items()}}
    (tmp_path / "schemathesis.toml").write_text(settings)
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml", "run"]
    command += ["openapi.json", "--url", server.url, "--checks", "all", "--no-color", "--report-har-path", "seen.har"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    env |= {"SCHEMA_BATCHES": " ".join(batches), "SCHEMA_KEYS": " ".join(keys)}
    env |= {"SCHEMA_SCHEDULES": " ".join(schedules), "SCHEMA_WEBHOOKS": " ".join(webhooks)}
    env |= {"SCHEMA_DELIVERIES": " ".join(deliveries)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unexpected error" not in server.said()
    operations = {(method, path) for path, calls in document["paths"].items() for method in calls} - {
        ("get", "/v1/ws"),
        ("post", "/v1/drain"),
    }
    assert operations - answered(tmp_path / "seen.har", document) == set(), "these were only refused: nothing was tried"
