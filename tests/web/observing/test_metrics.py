"""`/metrics`: everything has one (REQUIREMENTS F4), none names a job or an owner, they say what happened."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from starlette.routing import Route

from jindu import App
from jindu.channels.traffic import TRANSPORTS
from jindu.core.catalogue import CATALOGUE
from jindu.core.states import Kind, Status
from jindu.settings import Settings
from jindu_client import Client
from support.server import ServerProcess
from web.observing.observed_jobs import app

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(http: httpx.Client) -> Values:
    answer = http.get("/metrics")
    assert answer.status_code == 200
    families = list(text_string_to_metric_families(answer.text))
    assert all(family.documentation for family in families)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(values: Values, name: str, **labels: str) -> float:
    return values[name, frozenset(labels.items())]


def labelled(values: Values, label: str) -> set[str]:
    return {dict(labels)[label] for _, labels in values if label in dict(labels)}


def run(http: httpx.Client, type: str, **params: object) -> None:
    answer = http.post("/v1/jobs", params={"wait": 30}, json={"type": type, "params": params})
    assert answer.json()["is_completed"], answer.text


def routes() -> Iterator[str]:
    yield from (route.path for route in app.asgi().routes if isinstance(route, Route))


def test_every_route_type_stage_transport_and_code_has_a_metric(http: httpx.Client) -> None:
    values = scraped(http)
    without = {
        "route": set(routes()) - labelled(values, "route"),
        "type": set(app.registry.names) - labelled(values, "type"),
        "stage": {"init", "read", "think", "working"} - labelled(values, "stage"),
        "transport": set(TRANSPORTS) - labelled(values, "transport"),
        "code": {*CATALOGUE, "OVEN_COLD"} - labelled(values, "code"),
        "kind": set(Kind) - labelled(values, "kind"),
        "status": set(Status) - labelled(values, "status"),
        "rule": {"high_error_rate", "consistency_low"} - labelled(values, "rule"),
    }
    assert without == {name: set() for name in without}, "these have no metric"


def test_names_begin_as_they_should_and_no_label_grows_without_bound(http: httpx.Client) -> None:
    answer = http.get("/metrics")
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert all(re.match(r"(jindu|process)_", name) for name in names - {"orders"})
    labels = {label for _, found in scraped(http) for label, _ in found}
    assert labels & {"job", "id", "owner", "path", "address"} == set()


def test_what_happens_to_jobs_is_counted(http: httpx.Client) -> None:
    before = scraped(http)
    for type in ("good", "bad", "twice"):
        run(http, type)
    after = scraped(http)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert [more("jindu_jobs_submitted_total", type=type) for type in ("good", "bad", "twice", "hold")] == [1, 1, 1, 0]
    assert more("jindu_jobs_ended_total", type="good", status="completed") == 1
    assert more("jindu_jobs_ended_total", type="bad", status="failed") == 1
    assert [more("jindu_attempts_total", type="twice"), more("jindu_attempts_failed_total", type="twice")] == [2, 1]
    assert more("jindu_retries_total", type="twice") == 1
    assert [more("jindu_job_errors_total", code=code) for code in ("OVEN_COLD", "NETWORK_ERROR")] == [1, 1]
    assert more("jindu_job_wait_seconds_count", type="twice") == 2
    assert more("jindu_job_run_seconds_count", type="good") == 1
    assert [more("jindu_stage_seconds_count", type="good", stage=stage) for stage in ("init", "read", "think")] == [1, 1, 1]
    assert more("jindu_store_commit_seconds_count") > 5
    assert more("jindu_store_group_size_sum") > 10
    assert value(after, "jindu_platform_calls_total", platform="library", outcome="ok") >= 1
    assert value(after, "orders_total", country="de") >= 1
    assert value(after, "jindu_jobs_stored", type="good", status="completed") >= 1


def test_answers_are_counted_by_route_and_not_by_path(http: httpx.Client) -> None:
    before = scraped(http)
    for path, status in (("/v1/jobs/nobody", 404), ("/v1/jobs/nobody/why", 404), ("/nowhere", 404), ("/healthz", 200)):
        assert http.get(path).status_code == status
    held = http.post("/v1/jobs", params={"wait": 1}, json={"type": "hold"}).json()
    assert http.post(f"/v1/jobs/{held['id']}/cancel").status_code == 202
    after = scraped(http)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - before.get((name, frozenset(labels.items())), 0)

    assert more("jindu_http_requests_total", method="GET", route="/v1/jobs/{id}", status="404") == 1
    assert more("jindu_http_requests_total", method="GET", route="/v1/jobs/{id}/why", status="404") == 1
    assert more("jindu_http_requests_total", method="GET", route="none", status="404") == 1
    assert more("jindu_http_problems_total", code="NOT_FOUND") == 3
    assert more("jindu_http_request_seconds_count", method="GET", route="/healthz") == 1
    assert more("jindu_http_requests_total", method="POST", route="/v1/jobs", status="202") == 1
    assert more("jindu_http_request_seconds_count", method="POST", route="/v1/jobs") == 0, "it was asked to wait"


def test_what_is_refused_at_the_door_is_counted_too(http: httpx.Client) -> None:
    before = scraped(http)
    assert http.get("/v1/jobs", headers={"Origin": "https://evil.example"}).status_code == 403
    after = scraped(http)
    key = ("jindu_http_problems_total", frozenset({("code", "FORBIDDEN")}))
    assert after[key] - before[key] == 1


def test_pushes_have_a_lag_and_a_size(server: ServerProcess, http: httpx.Client) -> None:
    before = scraped(http)
    job = http.post("/v1/jobs", json={"type": "steps", "params": {"n": 10}, "delay": 3600}).json()
    with Client(server.url) as client:
        watched = client.watch(job["id"])
        next(watched)  # it is watched before it moves
        assert http.post(f"/v1/jobs/{job['id']}/cancel").status_code == 200
        assert list(watched)[-1].kind == "error"
    after = scraped(http)
    for name in ("jindu_messages_sent_total", "jindu_sent_bytes_total", "jindu_connections_opened_total"):
        assert value(after, name, transport="ws") > value(before, name, transport="ws")
    assert value(after, "jindu_push_lag_seconds_count") > value(before, "jindu_push_lag_seconds_count")


async def test_what_is_above_the_rate_is_counted_by_what_it_was(tmp_path: Path) -> None:
    limited = App(settings=Settings(store=f"sqlite:///{tmp_path}/a.db", reads_per_second=1, submits_per_second=1, rate_burst=1))
    async with limited.open() as node:
        asgi = limited.asgi()
        asgi.state.node = node
        async with httpx.AsyncClient(transport=httpx.ASGITransport(asgi), base_url="http://127.0.0.1") as http:
            answers = [await http.get("/v1/jobs") for _ in range(3)]
            answers += [await http.post("/v1/jobs", json={"type": "x"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429, 429, 404, 429]
        assert node.metrics.limits.values == {("read",): 2, ("submit",): 1}
        assert node.metrics.problems.get("TOO_MANY_REQUESTS") == 3


@pytest.mark.parametrize("accept", ["", "text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0"])
def test_the_format_is_the_one_that_is_asked_for(http: httpx.Client, accept: str) -> None:
    answer = http.get("/metrics", headers={"Accept": accept} if accept else {})
    kind = "application/openmetrics-text" if "openmetrics" in accept else "text/plain"
    assert answer.headers["content-type"].startswith(kind)
    parse = openmetrics if "openmetrics" in accept else text_string_to_metric_families
    assert "jindu_info" in {family.name for family in parse(answer.text)}


def test_a_metric_of_the_application_stands_in_the_figures_with_its_time(http: httpx.Client) -> None:
    run(http, "good")
    (sample,) = http.get("/v1/stats").json()["metrics"]
    assert (sample["name"], sample["labels"], sample["kind"], sample["count"]) == ("orders", {"country": "de"}, "counter", None)
    assert sample["value"] >= 1
    assert json.dumps(sample["changed_at"]).endswith('Z"')
