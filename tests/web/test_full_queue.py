"""A queue that is full: 503 with how long to wait, and room again (HTTP_API, `POST /v1/jobs`)."""

from pathlib import Path

import httpx

from support.server import ServerProcess
from web.conftest import looked_over

LATER = {"type": "greet", "params": {"name": "Ada"}, "delay": 3600}


def test_a_full_queue_is_503_with_a_predicted_wait_until_there_is_room(tmp_path: Path) -> None:
    env = {"JINDU_QUEUE_LIMIT": "2", "JINDU_KEEP_FOR": "60"}
    with ServerProcess("web.web_jobs:app", tmp_path, env=env) as server:
        with httpx.Client(base_url=server.url, event_hooks={"response": [looked_over]}) as http:
            held = [http.post("/v1/jobs", json=LATER).json()["id"] for _ in range(2)]
            refused = http.post("/v1/jobs", json=LATER, headers={"idempotency-key": "k1"})
            assert (refused.status_code, refused.json()["code"]) == (503, "OVERLOADED")
            assert refused.json()["retryable"] is True
            assert refused.headers["retry-after"] == "5", "nothing has ended yet: nothing is known"
            for job in held:
                assert http.post(f"/v1/jobs/{job}/cancel").status_code == 200
            answers = [http.post("/v1/jobs", json=LATER) for _ in range(4)]
            told = [answer for answer in answers if answer.status_code == 503]
            assert told
            for answer in told:
                assert 1 <= int(answer.headers["retry-after"]) == answer.json()["retry_after"] <= 600
            greet = next(item for item in http.get("/v1/types").json()["items"] if item["type"] == "greet")
            assert greet["limits"]["keep_for"] == 60
