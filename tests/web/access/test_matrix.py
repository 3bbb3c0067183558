"""Two owners, each scope, every route: who is let in, who is told what (HTTP_API, "Who may do what").

The routes are taken from the application. One that is new fails here until `NEEDS` says what it asks of its caller.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any, Literal, NamedTuple

import httpx
import pytest
from starlette.routing import Route

from jindu import App
from web.access.guarded import GREET, Guarded, bearer, told

number = count()
UNKNOWN = "01UNKNOWNAAAAAAAAAAAAAAAAA"


class Need(NamedTuple):
    """`scope`: None for everybody; `within`: what of the server the route is about."""

    scope: Literal["watch", "submit", "operate"] | None
    within: Literal["all", "some", "job", "batch", "id", "webhook", "delivery"] = "some"


EVERYBODY = Need(None)
NEEDS: dict[tuple[str, str], Need] = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/static/{path:path}"): EVERYBODY,
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/docs"): EVERYBODY,
    ("GET", "/redoc"): EVERYBODY,
    ("GET", "/openapi.json"): EVERYBODY,
    ("GET", "/asyncapi.json"): EVERYBODY,
    ("GET", "/v1/ws"): EVERYBODY,  # 426; what an upgrade needs is in test_sockets
    ("GET", "/v1/jobs"): Need("watch"),
    ("POST", "/v1/jobs"): Need("submit"),
    ("DELETE", "/v1/jobs"): Need("operate"),
    ("GET", "/v1/jobs/{id}"): Need("watch", "job"),
    ("PUT", "/v1/jobs/{id}"): Need("submit", "id"),
    ("PATCH", "/v1/jobs/{id}"): Need("submit", "job"),
    ("DELETE", "/v1/jobs/{id}"): Need("submit", "job"),
    ("POST", "/v1/jobs/{id}/cancel"): Need("submit", "job"),
    ("POST", "/v1/jobs/{id}/retry"): Need("submit", "job"),
    ("GET", "/v1/jobs/{id}/result"): Need("watch", "job"),
    ("GET", "/v1/jobs/{id}/why"): Need("watch", "job"),
    ("GET", "/v1/jobs/{id}/events"): Need("watch", "job"),
    ("GET", "/v1/jobs/{id}/log"): Need("watch", "job"),
    ("GET", "/v1/jobs/{id}/partial/{seq:int}"): Need("watch", "job"),
    ("GET", "/v1/batches"): Need("watch"),
    ("POST", "/v1/batches"): Need("submit"),
    ("GET", "/v1/batches/{id}"): Need("watch", "batch"),
    ("POST", "/v1/batches/{id}/cancel"): Need("submit", "batch"),
    ("GET", "/v1/types"): Need("operate"),
    ("POST", "/v1/types/{type}/pause"): Need("operate", "all"),
    ("POST", "/v1/types/{type}/resume"): Need("operate", "all"),
    ("GET", "/v1/stats"): Need("operate", "all"),
    ("GET", "/v1/stats/history"): Need("operate", "all"),
    ("GET", "/v1/connections"): Need("operate", "all"),
    ("GET", "/v1/alerts"): Need("operate", "all"),
    ("POST", "/v1/alerts/test"): Need("operate", "all"),
    ("POST", "/v1/drain"): Need("operate", "all"),
    ("GET", "/metrics"): Need("operate", "all"),
    ("GET", "/v1/backup"): Need("operate", "all"),
    ("GET", "/v1/errors"): Need("operate", "all"),
    ("GET", "/v1/errors/{id}"): Need("operate", "all"),
    ("GET", "/v1/report"): Need("operate", "all"),
    ("POST", "/v1/report"): Need("operate", "all"),
    ("GET", "/v1/schedules"): Need("operate", "all"),
    ("POST", "/v1/schedules"): Need("operate", "all"),
    ("GET", "/v1/schedules/{id}"): Need("operate", "all"),
    ("PATCH", "/v1/schedules/{id}"): Need("operate", "all"),
    ("DELETE", "/v1/schedules/{id}"): Need("operate", "all"),
    ("POST", "/v1/schedules/{id}/pause"): Need("operate", "all"),
    ("POST", "/v1/schedules/{id}/resume"): Need("operate", "all"),
    ("POST", "/v1/schedules/{id}/run"): Need("operate", "all"),
    ("GET", "/v1/webhooks"): Need("operate"),
    ("POST", "/v1/webhooks"): Need("operate"),
    ("GET", "/v1/webhooks/{id}"): Need("operate", "webhook"),
    ("PATCH", "/v1/webhooks/{id}"): Need("operate", "webhook"),
    ("DELETE", "/v1/webhooks/{id}"): Need("operate", "webhook"),
    ("POST", "/v1/webhooks/{id}/rotate"): Need("operate", "webhook"),
    ("GET", "/v1/webhooks/{id}/deliveries"): Need("operate", "webhook"),
    ("GET", "/v1/webhooks/deliveries"): Need("operate"),
    ("GET", "/v1/webhooks/deliveries/{id}"): Need("operate", "delivery"),
    ("POST", "/v1/webhooks/deliveries/{id}/redeliver"): Need("operate", "delivery"),
    ("GET", "/v1/keys"): Need("operate", "all"),
    ("POST", "/v1/keys"): Need("operate", "all"),
    ("POST", "/v1/keys/rotate"): Need("operate", "all"),
    ("GET", "/v1/keys/{id}"): Need("operate", "all"),
    ("DELETE", "/v1/keys/{id}"): Need("operate", "all"),
    ("POST", "/v1/tokens"): Need("watch", "job"),
    ("POST", "/v1/tickets"): Need("watch", "job"),
    ("GET", "/v1/stream"): Need("watch"),
    ("POST", "/v1/stream"): Need("watch"),
    ("GET", "/v1/poll"): Need("watch"),
    ("POST", "/v1/poll"): Need("watch"),
}


def routes() -> Iterator[tuple[str, str]]:
    """Method and path of every HTTP route of the application; HEAD is GET without its body."""
    for route in App().asgi().routes:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in sorted(route.methods or ()) if method != "HEAD")


ROUTES = sorted(NEEDS)
ROUTED = pytest.mark.parametrize(("method", "path"), ROUTES)


def test_every_route_is_in_the_matrix() -> None:
    assert set(routes()) == set(NEEDS)


def ask(guarded: Guarded, method: str, path: str, credential: str | None, id: str = UNKNOWN, query: str = "") -> httpx.Response:
    """A request that would succeed, or be refused for the state of the job, if the caller may."""
    bodies: dict[tuple[str, str], Any] = {
        ("POST", "/v1/jobs"): GREET,
        ("PUT", "/v1/jobs/{id}"): GREET,
        ("PATCH", "/v1/jobs/{id}"): {"priority": 1},
        ("POST", "/v1/batches"): {"jobs": [GREET]},
        ("POST", "/v1/schedules"): {
            "type": "greet",
            "id": f"matrix-{next(number)}",
            "every": 86_400,
            "params": GREET["params"],
        },
        ("PATCH", "/v1/schedules/{id}"): {"every": 86_401},
        ("POST", "/v1/webhooks"): {"url": "https://receiver.invalid/hook"},
        ("PATCH", "/v1/webhooks/{id}"): {"enabled": False},
        ("POST", "/v1/keys"): {"name": "matrix", "scopes": ["watch"]},
        ("POST", "/v1/tokens"): {"job": id},
        ("POST", "/v1/tickets"): {"channels": [f"job:{id}"]},
        ("POST", "/v1/stream"): {"channels": {f"job:{id}": 0}},
        ("POST", "/v1/poll"): {"channels": {f"job:{id}": 0}, "wait": 0},
    }
    queries = {
        ("DELETE", "/v1/jobs"): "older_than=3650d",
        ("GET", "/v1/stream"): f"channels=job:{id}",
        ("GET", "/v1/poll"): f"channels=job:{id}&wait=0",
    }
    plain = path.replace("{seq:int}", "1").replace("{path:path}", "vendor/swagger-ui.css")
    address = plain.format(id=id, type="greet")
    asked = "&".join(filter(None, (queries.get((method, path), ""), query)))
    body = bodies.get((method, path))
    return guarded.http.request(method, f"{address}?{asked}", json=body, headers=bearer(credential))


def let_in(answer: httpx.Response) -> bool:
    """Whether it is the state of the job, at most, that the caller was refused for. No job here has partial
    results, or failed."""
    states = ("no partial result of that seq", "no error of this id")
    return answer.status_code not in (401, 403, 404, 410) or any(state in answer.text for state in states)


def subject(guarded: Guarded, path: str, owner: str | None) -> str:
    """Something new for a route to be about."""
    if path.startswith("/v1/keys"):
        return str(guarded.post("/v1/keys", {"name": "matrix", "scopes": ["watch"]}).json()["id"])
    if path.startswith("/v1/schedules"):
        asked = {**GREET, "id": f"matrix-{next(number)}", "every": 86_400}
        return str(guarded.post("/v1/schedules", asked).json()["id"])
    if "deliveries/{id}" in path:
        return delivered(guarded, owner)
    if path.startswith("/v1/webhooks"):
        asked = {"url": "https://receiver.invalid/hook", **({} if owner is None else {"owner": owner})}
        return str(guarded.post("/v1/webhooks", asked).json()["id"])
    return str((guarded.batch if path.startswith("/v1/batches/") else guarded.job)(owner)["id"])


def delivered(guarded: Guarded, owner: str | None) -> str:
    """The delivery of a job that has ended."""
    asked = {**GREET, "webhook": "https://receiver.invalid/hook", **({} if owner is None else {"owner": owner})}
    job = guarded.post("/v1/jobs?wait=10", asked).json()["id"]
    return str(guarded.get("/v1/webhooks/deliveries", params={"job": job}).json()["items"][0]["id"])


@ROUTED
@pytest.mark.parametrize("given", [None, "jk_0000000000000000_secret", "nonsense"])
def test_without_good_credentials(guarded: Guarded, method: str, path: str, given: str | None) -> None:
    answer = ask(guarded, method, path, given)
    if NEEDS[method, path].scope is None:
        assert answer.status_code in (200, 426)
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"] == "Bearer"


@ROUTED
def test_each_scope_of_each_owner(guarded: Guarded, method: str, path: str) -> None:
    need = NEEDS[method, path]
    for (owner, scope), key in guarded.keys.items():
        if path == "/v1/drain" and scope == need.scope and owner is None:
            continue  # it ends the server: tests/web/observing does that
        own = subject(guarded, path, owner) if need.scope == scope else UNKNOWN
        answer = ask(guarded, method, path, key, own)
        if need.scope is None:
            assert answer.status_code in (200, 426)
        elif scope != need.scope or (need.within == "all" and owner is not None):
            assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN"), (owner, scope)
        else:
            assert let_in(answer), (owner, scope, answer.text)


FOREIGN = [route for route in ROUTES if NEEDS[route].within in ("job", "batch", "webhook", "delivery")]


@pytest.mark.parametrize(("method", "path"), FOREIGN)
@pytest.mark.parametrize("removed", [False, True], ids=["there", "removed"])
def test_foreign_and_unknown_look_the_same(guarded: Guarded, method: str, path: str, removed: bool) -> None:
    scope = NEEDS[method, path].scope
    assert scope is not None
    for owner in ("ann", None):
        foreign = subject(guarded, path, owner)
        if removed:
            guarded.http.delete(f"/v1/jobs/{foreign}", headers=bearer(guarded.admin))
        asker = guarded.keys["bob", scope]
        shown, unknown = ask(guarded, method, path, asker, foreign), ask(guarded, method, path, asker, UNKNOWN)
        assert told(shown) == told(unknown)
        assert shown.status_code == 404
        assert shown.headers.keys() == unknown.headers.keys()
        assert foreign not in shown.text.replace(shown.json()["instance"], "")


def test_a_long_poll_of_a_foreign_job_is_answered_at_once(guarded: Guarded) -> None:
    foreign = guarded.job("ann", "hold")
    watching = guarded.keys["bob", "watch"]
    query = {"wait": 30, "since": f"{foreign['epoch']}:{foreign['seq']}"}
    answers = [guarded.get(f"/v1/jobs/{id}", watching, params=query) for id in (foreign["id"], UNKNOWN)]
    assert told(answers[0]) == told(answers[1])
    assert all(answer.elapsed.total_seconds() < 10 for answer in answers)
    guarded.post(f"/v1/jobs/{foreign['id']}/cancel")


@pytest.mark.parametrize("removed", [False, True])
def test_an_id_that_another_owner_has_is_422(guarded: Guarded, removed: bool) -> None:
    id = guarded.job("ann")["id"]
    if removed:
        assert guarded.http.delete(f"/v1/jobs/{id}", headers=bearer(guarded.admin)).status_code == 204
    answer = ask(guarded, "PUT", "/v1/jobs/{id}", guarded.keys["bob", "submit"], id)
    assert (answer.status_code, answer.json()["code"]) == (422, "KEY_REUSED")
    assert ask(guarded, "PUT", "/v1/jobs/{id}", guarded.keys["ann", "submit"], id).status_code == (410 if removed else 422)


@ROUTED
def test_a_token_and_a_ticket_open_one_job_and_nothing_else(guarded: Guarded, method: str, path: str) -> None:
    need = NEEDS[method, path]
    job, other = guarded.job("ann"), guarded.job("ann")
    token = guarded.token(job=job["id"], scope="watch cancel")
    watching = (need.scope == "watch" and need.within == "job") or path in ("/v1/stream", "/v1/poll")
    cancelling = path == "/v1/jobs/{id}/cancel"
    own, foreign = ask(guarded, method, path, token, job["id"]), ask(guarded, method, path, token, other["id"])
    if need.scope is None:
        assert own.status_code in (200, 426)
    elif path in ("/v1/stream", "/v1/poll"):
        assert (own.status_code, foreign.status_code) == (200, 200)
        assert '"complete"' in own.text
        assert '"complete"' not in foreign.text
        assert "NOT_FOUND" in foreign.text
    elif watching or cancelling:
        assert let_in(own)
        assert told(foreign) == told(ask(guarded, method, path, token, UNKNOWN))
        assert foreign.status_code == 404
    elif need.within == "batch":
        assert own.status_code in (403, 404)
    else:
        assert (own.status_code, own.json()["code"]) == (403, "FORBIDDEN")
    ticket = guarded.ticket(f"job:{job['id']}")
    by_ticket = ask(guarded, method, path, None, job["id"], f"ticket={ticket}")
    if need.scope is not None and not (watching and (method == "GET" or path in ("/v1/stream", "/v1/poll"))):
        assert by_ticket.status_code in (401, 403, 404)
    else:
        assert by_ticket.status_code == own.status_code
