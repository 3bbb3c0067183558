"""Languages by weight, and a query twin for every header that asks for something (docs/headers.md)."""

import re
import uuid
from pathlib import Path

import httpx
import pytest

from jindu.web.languages import prefers_chinese, weighted

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"^\| `([A-Za-z-]+).*?` \| `(\w+)` \|", (ROOT / "docs" / "headers.md").read_text(), re.MULTILINE)
# What describes the request itself or its way, and asks for nothing; and `Accept`, for `/` alone.
NOT_ASKING = {
    "accept", "authorization", "content-length", "content-type", "forwarded", "host", "origin", "transfer-encoding",
}  # fmt: skip


@pytest.mark.parametrize(
    "languages",
    [
        "zh", "ZH", "zh-CN", "zh-cn", "zh-Hans", "zh-Hans-CN", "zh-Hant-TW", "zh-CN,zh;q=0.9,en;q=0.8", "fr, zh;q=0.1",
        "zh, en", "en;q=0.8, zh;q=0.9", "en;q=0.8,zh;q=0.801", "en-GB;q=0.5, zh-CN", "zh;q=0.001", "en;q=0, *",
        "*;q=0.5, en;q=0.4", "zh;q=0.5,*;q=0.5", "*, zh", "zh-TW;q=0, zh", ", ,zh", " zh ; q=0.9 , en ; q=0.8", "zh;Q=1.000",
        "en;q=much, zh;q=0.1",
    ],
)  # fmt: skip
def test_who_prefers_chinese(languages: str) -> None:
    assert prefers_chinese(languages)


@pytest.mark.parametrize(
    "languages",
    [
        "", "*", "en", "en-US,en;q=0.9,zh-CN;q=0.8", "en, zh", "zh;q=0", "zh-CN;q=0, zh;q=0.000, *", "zh;q=0.5, *;q=0.6", "fr",
        "*;q=0", "zh;q=0.8, en;q=0.9", "zhx", "zha-CN", "x-zh", "zh;q=2", "zh;q=-1", "zh;q=nan", "zh;q=0.1234",
        "zh;q=", ";;,,;q=1",
    ],
)  # fmt: skip
def test_who_does_not(languages: str) -> None:
    assert not prefers_chinese(languages)


def test_weights_are_read_in_order() -> None:
    assert weighted("A;level=1;q=0.5, b,;q=1,*;q=1.0") == [("a", 0.5), ("b", 1.0), ("*", 1.0)]


def test_a_problem_names_its_language_and_what_it_varies_by(http: httpx.Client) -> None:
    for path, headers in (("/nowhere", {}), ("/healthz", {"host": "evil.example"}), ("/v1/jobs?limit=0", {})):
        for languages, language in (("zh-Hans, en;q=0.9", "zh"), ("zh;q=0.2, en;q=0.9", "en")):
            answer = http.get(path, headers={**headers, "accept-language": languages})
            assert answer.headers["content-language"] == language
            assert "Accept-Language" in answer.headers["vary"].split(", ")
            assert (re.search(r"[一-鿿]", answer.json()["title"]) is not None) == (language == "zh")


# The twins.


def test_every_header_that_asks_for_something_has_a_twin_in_the_table() -> None:
    texts = [path.read_text() for path in (ROOT / "server" / "jindu" / "web").glob("*.py")]
    found = {name for text in texts for name in re.findall(r"(?:headers\.get(?:list)?\(|twin\(request, )\"([a-z-]+)\"", text)}
    assert found - NOT_ASKING == {name.lower() for name, _ in ROWS}
    assert len(ROWS) == 5


def test_the_language(http: httpx.Client) -> None:
    assert http.get("/nowhere", params={"lang": "zh"}).json()["title"] == "没有找到"
    assert http.get("/nowhere?lang=zh-CN,en;q=0.5").json()["title"] == "没有找到"
    assert http.get("/nowhere?lang=en", headers={"accept-language": "zh"}).json()["title"] == "Not found"
    refused = http.get("/healthz?lang=zh", headers={"host": "evil.example"})
    assert (refused.status_code, refused.json()["title"]) == (421, "地址不正确")
    assert http.delete("/v1/jobs?older_than=soon&lang=zh").json()["title"] == "请求不正确"
    assert http.request("POST", "/v1/jobs?lang=zh", json=[]).json()["title"] == "参数不正确"


def test_the_key_the_wait_the_tag_and_the_event(http: httpx.Client) -> None:
    greet = {"type": "greet", "params": {"name": "Ada"}}
    key = uuid.uuid4().hex
    for answer in (
        http.post("/v1/jobs", json=greet, headers={"idempotency-key": key, "prefer": "wait=10"}),
        http.post("/v1/jobs", json=greet, params={"idempotency_key": key, "wait": 10}),
    ):
        assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=10")
    job = answer.json()
    assert job["replayed"] is True
    tag = http.get(job["links"]["self"]).headers["etag"]
    for asked in ({"headers": {"if-none-match": tag}}, {"params": {"if_none_match": tag.strip('"')}}):
        assert http.get(job["links"]["self"], **asked).status_code == 304  # type: ignore[arg-type]
    file = http.get("/static/base.css").headers["etag"]
    assert http.get("/static/base.css", params={"if_none_match": file}).status_code == 304
    last, channels = f"{job['epoch']}:{job['seq']}", {"channels": f"job:{job['id']}"}
    assert http.get("/v1/stream", params={**channels, "last_event_id": last}).status_code == 204
    # What EventSource says by itself is newer than what its address says.
    stale = {**channels, "last_event_id": f"{job['epoch']}:1"}
    assert http.get("/v1/stream", params=stale, headers={"last-event-id": last}).status_code == 204
    assert http.get("/v1/stream", params=stale).status_code == 200
