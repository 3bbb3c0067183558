"""Who is let in, how refusals look, what is said about health (HTTP_API, Who may do what; RELIABILITY traps 4 and 15)."""

import socket

import httpx
import pytest

from support.server import ServerProcess


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:8765", "localhost.", "[::2]", "localhost@evil", ""]
)
@pytest.mark.promise("foreign")
def test_a_foreign_host_is_421(http: httpx.Client, host: str) -> None:
    answer = http.get("/healthz", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "MISDIRECTED")


@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "LOCALHOST", "127.0.0.1", "[::1]:8765"])
def test_this_machine_is_answered(http: httpx.Client, host: str) -> None:
    assert http.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("header", ["forwarded", "x-forwarded-for", "X-Forwarded-Host", "x-forwarded-proto", "x-real-ip"])
def test_a_proxy_in_front_of_a_server_without_keys_is_403_and_told_what_to_do(http: httpx.Client, header: str) -> None:
    answer = http.get("/v1/jobs", headers={header: "for=10.0.0.1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert "key" in answer.json()["detail"]
    assert "密钥" in answer.json()["text"]["zh"]
    assert "make a key first" in answer.json()["text"]["en"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "https://app.example.evil", ""])
@pytest.mark.promise("foreign")
def test_a_foreign_origin_is_403(http: httpx.Client, origin: str) -> None:
    for answer in (
        http.get("/v1/jobs", headers={"origin": origin}),
        http.post("/v1/jobs", json={}, headers={"origin": origin}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


def test_its_own_and_listed_origins_are_let_in(http: httpx.Client, server: ServerProcess) -> None:
    for origin in (server.url, "https://app.example"):
        assert http.get("/v1/jobs", headers={"origin": origin}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/jobs", {"GET", "HEAD", "POST", "DELETE"}),
        ("POST", "/v1/jobs/01JOBAAAAAAAAAAAAAAAAAAAA/result", {"GET", "HEAD"}),
        ("GET", "/v1/jobs/01JOBAAAAAAAAAAAAAAAAAAAA/cancel", {"POST"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
    ],
)
def test_another_method_is_405_and_says_which_are_allowed(
    http: httpx.Client, method: str, path: str, allowed: set[str]
) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert {name.strip() for name in answer.headers["allow"].split(",")} == allowed


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v1/jobs/a/b/c", "/../etc/passwd", "/%00"])
def test_an_unknown_path_is_404(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_the_socket_without_an_upgrade_is_426_and_says_what_to_ask_for(http: httpx.Client) -> None:
    answer = http.get("/v1/ws")
    assert (answer.status_code, answer.json()["code"]) == (426, "UPGRADE_REQUIRED")
    assert (answer.headers["upgrade"], answer.headers["connection"].lower()) == ("websocket", "upgrade")


@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN,zh;q=0.9", "没有找到"), ("ZH", "没有找到"), ("en", "Not found"), ("", "Not found")]
)
def test_the_title_is_in_the_language_asked_for_and_the_text_in_both(http: httpx.Client, language: str, title: str) -> None:
    body = http.get("/nowhere", headers={"accept-language": language}).json()
    assert body["title"] == title
    assert body["text"]["zh"] != body["text"]["en"]


def test_a_refusal_has_an_id_of_its_own(http: httpx.Client) -> None:
    assert http.get("/nowhere").json()["trace_id"] != http.get("/nowhere").json()["trace_id"]


def test_health_and_readiness(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    ready = http.get("/readyz").json()
    assert (ready["status"], ready["reason"]) == ("ready", None)
    assert isinstance(ready["running"], int)


def test_head_is_get_without_its_body(http: httpx.Client) -> None:
    answer = http.head("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_index_names_the_ways_in(http: httpx.Client) -> None:
    assert http.get("/").json()["subprotocol"] == "jindu.v1"


@pytest.mark.parametrize(
    "raw",
    [b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n"],
)
def test_bytes_that_are_no_request_are_refused_and_others_unharmed(
    http: httpx.Client, server: ServerProcess, raw: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connected:
        connected.sendall(raw)
        connected.shutdown(socket.SHUT_WR)
        answer = connected.recv(4096)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 421"))
    assert http.get("/healthz").status_code == 200
