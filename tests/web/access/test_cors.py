"""Pages of listed origins may ask and read; others hear a refusal that their page cannot read (HTTP_API)."""

import httpx
import pytest

from web.access.guarded import GREET, Guarded, bearer

PAGE = {"Origin": "https://app.example"}
FOREIGN = {"Origin": "https://evil.example"}
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


def listed(text: str) -> set[str]:
    return {name.strip().lower() for name in text.split(",")}


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/01UNKNOWNAAAAAAAAAAAAAAAAA/cancel", "/v1/stream", "/nowhere"])
def test_a_preflight_needs_no_credentials_and_says_what_may_be_asked(guarded: Guarded, path: str) -> None:
    answer = guarded.http.options(path, headers={**PAGE, **ASKING})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert listed(answer.headers["access-control-allow-methods"]) >= {"get", "post", "put", "patch", "delete"}
    assert listed(answer.headers["access-control-allow-headers"]) >= {
        *("authorization", "content-type", "idempotency-key", "if-none-match", "prefer", "last-event-id"),
    }
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "origin" in listed(answer.headers["vary"])


def test_a_foreign_preflight_is_refused(guarded: Guarded) -> None:
    answer = guarded.http.options("/v1/jobs", headers={**FOREIGN, **ASKING})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def readable(answer: httpx.Response) -> bool:
    exposed = listed(answer.headers.get("access-control-expose-headers", ""))
    needed = {"etag", "location", "retry-after", "link", "idempotency-replayed", "preference-applied"}
    return answer.headers.get("access-control-allow-origin") == "https://app.example" and exposed >= needed


def test_answers_and_refusals_can_be_read_by_a_listed_page(guarded: Guarded) -> None:
    made = guarded.http.post("/v1/jobs", json=GREET, headers={**PAGE, **bearer(guarded.admin)})
    for answer, status in (
        (made, 202),
        (guarded.http.get("/v1/jobs", headers=PAGE), 401),
        (guarded.http.get("/v1/jobs/nobody", headers={**PAGE, **bearer(guarded.admin)}), 404),
        (guarded.http.get("/v1/stats", headers={**PAGE, **bearer(guarded.keys["ann", "watch"])}), 403),
        (guarded.http.get("/healthz", headers=PAGE), 200),
        (
            guarded.http.get(
                "/v1/stream", params={"channels": f"job:{made.json()['id']}"}, headers={**PAGE, **bearer(guarded.admin)}
            ),
            200,
        ),
    ):
        assert answer.status_code == status
        assert readable(answer)
        assert "origin" in listed(answer.headers["vary"])


def test_who_is_no_page_is_told_nothing_but_that_it_varies(guarded: Guarded) -> None:
    answer = guarded.get("/v1/jobs")
    assert "access-control-allow-origin" not in answer.headers
    assert "origin" in listed(answer.headers["vary"])


def test_options_that_is_no_preflight_is_405(guarded: Guarded) -> None:
    assert guarded.http.options("/v1/jobs", headers=bearer(guarded.admin)).status_code == 405
