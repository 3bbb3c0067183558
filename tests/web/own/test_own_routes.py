"""Routes that an application brings along: beside the API, behind the same door, with what they need from the node."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Mount, Route
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from jindu import App
from support.server import ServerProcess


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("web.own.own_jobs:app", tmp_path_factory.mktemp("own")) as server:
        yield server


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, dict[str, str]]]:
    """A server with keys: who may what, by name."""
    with ExitStack() as stack:
        env = {"JINDU_APPLICATION_SUBMITS": "3"}
        server = stack.enter_context(ServerProcess("web.own.own_jobs:app", tmp_path_factory.mktemp("keyed"), env=env))
        asked: dict[str, Any] = {
            "admin": {"scopes": ["submit", "watch", "operate"]},
            "ann": {"scopes": ["submit", "watch"], "owner": "ann"},
            "bob": {"scopes": ["submit", "watch"], "owner": "bob"},
            "reader": {"scopes": ["watch"]},
            "writer": {"scopes": ["submit"]},
            "quick": {"scopes": ["submit"]},
        }
        keys: dict[str, str] = {}
        for name, body in asked.items():
            headers = {"Authorization": f"Bearer {keys['admin']}"} if keys else {}
            keys[name] = httpx.post(f"{server.url}/v1/keys", json={"name": name, **body}, headers=headers).json()["key"]
        yield server, keys


def ask(server: ServerProcess, key: str | None, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.request(method, f"{server.url}{path}", headers=headers, timeout=30, **more)


def ended(server: ServerProcess, job_id: str, key: str | None = None) -> None:
    ask(server, key, "GET", f"/v1/jobs/{job_id}?wait=25&since=:0").raise_for_status()
    while not ask(server, key, "GET", f"/shouts/{job_id}").json()["is_completed"]:
        pass


def test_they_submit_find_and_list(open_server: ServerProcess) -> None:
    made = [ask(open_server, None, "POST", "/shouts", json={"text": text}).json()["id"] for text in "abc"]
    for job_id in made:
        ended(open_server, job_id)
    shown = ask(open_server, None, "GET", f"/shouts/{made[0]}").json()
    assert shown == ask(open_server, None, "GET", f"/v1/jobs/{made[0]}").json()
    assert (shown["result"], shown["params"], shown["partial"][0]["data"]) == ("A", {"text": "a"}, 1)
    assert ask(open_server, None, "GET", "/shouts").json()["jobs"] == [made[2], made[1]]
    assert ask(open_server, None, "GET", "/shouts?offset=2").json()["jobs"][0] == made[0]
    assert ask(open_server, None, "GET", "/shouts").json()["counts"]["completed"] >= 3


def test_a_job_of_another_function_is_not_found(open_server: ServerProcess) -> None:
    other = ask(open_server, None, "POST", "/v1/jobs", json={"type": "murmur", "params": {"text": "A"}}).json()["id"]
    for job_id in (other, "0" * 26):
        answer = ask(open_server, None, "GET", f"/shouts/{job_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_the_door_is_the_same(open_server: ServerProcess) -> None:
    def status(method: str = "GET", **more: Any) -> int:
        return httpx.request(method, f"{open_server.url}/hello", **more).status_code

    assert status() == 200
    assert status(headers={"Host": "evil.example"}) == 421
    assert status(headers={"Origin": "https://evil.example"}) == 403
    assert status(headers={"X-Forwarded-For": "10.0.0.1"}) == 403
    assert httpx.post(f"{open_server.url}/shouts", data={"text": "a"}).status_code == 415
    assert status("DELETE") == 405


def test_answers_are_counted_under_the_route(open_server: ServerProcess) -> None:
    ask(open_server, None, "GET", "/hello")
    assert 'route="/hello"' in ask(open_server, None, "GET", "/metrics").text


def view(server: ServerProcess, job_id: str, **more: Any) -> list[Any]:
    """All that a view says, to its end; the first thing said to it is a heartbeat."""
    with connect(f"{server.url.replace('http', 'ws')}/view/{job_id}", proxy=None, **more) as socket:
        with suppress(ConnectionClosed):  # the job may have ended before
            socket.send(json.dumps({"type": "heartbeat"}))
            socket.send("not JSON")
        return [json.loads(message) for message in socket]


def test_a_view_tells_a_job_in_other_words_to_its_end(open_server: ServerProcess) -> None:
    delayed = {"type": "shout", "params": {"text": "abc"}, "delay": 0.3}
    said = view(open_server, ask(open_server, None, "POST", "/v1/jobs", json=delayed).json()["id"])
    assert {"event": "alive"} in said
    events = [one["event"] for one in said if one["event"] != "alive"]
    assert events[-1] == "complete"
    assert events.count("complete") == 1
    assert {"event": "result", "data": 3} in said


def test_a_view_of_nothing_is_refused(open_server: ServerProcess) -> None:
    with pytest.raises(InvalidStatus):
        view(open_server, "0" * 26)


def test_where_keys_exist_they_want_one_unless_public(keyed: tuple[ServerProcess, dict[str, str]]) -> None:
    server, keys = keyed
    assert ask(server, None, "GET", "/hello").status_code == 200
    assert ask(server, None, "POST", "/both").status_code == 200
    for method, path in (("GET", "/both"), ("GET", "/shouts"), ("POST", "/shouts"), ("POST", "/shouts/x/cancel")):
        assert ask(server, None, method, path).status_code == 401
        assert ask(server, "jk_no_no", method, path).status_code == 401
    assert ask(server, keys["reader"], "GET", "/shouts").status_code == 200
    assert ask(server, keys["reader"], "POST", "/shouts", json={"text": "a"}).status_code == 403
    assert ask(server, keys["writer"], "GET", "/shouts").status_code == 403
    assert ask(server, keys["writer"], "POST", "/shouts", json={"text": "a"}).status_code == 200


def test_what_is_bound_to_one_job_opens_only_its_view(keyed: tuple[ServerProcess, dict[str, str]]) -> None:
    server, keys = keyed
    made = ask(server, keys["ann"], "POST", "/v1/jobs", json={"type": "shout", "params": {"text": "abc"}}).json()
    other = ask(server, keys["bob"], "POST", "/v1/jobs", json={"type": "shout", "params": {"text": "abc"}}).json()
    assert ask(server, made["token"], "GET", f"/shouts/{made['id']}").status_code == 403
    said = view(server, made["id"], additional_headers={"Authorization": f"Bearer {made['token']}"})
    assert said[-1]["event"] in ("complete", "alive")
    for job_id, credential in ((other["id"], made["token"]), (made["id"], keys["bob"]), (made["id"], None)):
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        with pytest.raises(InvalidStatus):
            view(server, job_id, additional_headers=headers)


def test_an_owners_key_sees_the_owners_jobs_only(keyed: tuple[ServerProcess, dict[str, str]]) -> None:
    server, keys = keyed
    anns = ask(server, keys["ann"], "POST", "/shouts", json={"text": "a"}).json()["id"]
    assert anns in ask(server, keys["ann"], "GET", "/shouts").json()["jobs"]
    assert anns not in ask(server, keys["bob"], "GET", "/shouts").json()["jobs"]
    assert ask(server, keys["bob"], "GET", f"/shouts/{anns}").status_code == 404
    assert ask(server, keys["admin"], "GET", f"/shouts/{anns}").status_code == 200


def test_submits_of_one_client_are_counted_and_nothing_else(keyed: tuple[ServerProcess, dict[str, str]]) -> None:
    server, keys = keyed
    answers = [ask(server, keys["quick"], "POST", "/shouts", json={"text": "a"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json()["text"]["zh"]
    assert ask(server, keys["quick"], "POST", "/shouts/x/cancel").status_code == 404
    assert ask(server, keys["quick"], "POST", "/v1/jobs", json={"type": "shout", "params": {"text": "a"}}).status_code == 202
    assert ask(server, keys["admin"], "POST", "/shouts", json={"text": "a"}).status_code == 200


@pytest.mark.parametrize("route", [Route("/v1/jobs", print), Route("/v1", print), Mount("/v1", routes=[])])
def test_the_paths_of_the_api_are_taken(route: Any) -> None:
    with pytest.raises(ValueError, match="a path of the API"):
        App().add_routes([route])


async def test_routes_of_an_app_that_was_taken_over_reach_the_node_of_the_other(tmp_path: Path) -> None:
    inner, outer = App(), App()
    outer.include(inner)
    async with outer.open(store=f"sqlite:///{tmp_path}/a.db") as node:
        assert inner.node is node
