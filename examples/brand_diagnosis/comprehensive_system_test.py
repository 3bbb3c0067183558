"""Nine checks of a live server that serves the diagnosis: python comprehensive_system_test.py --base-url URL

Exit code 0 if all passed, else 1.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import httpx
import live


class Checks:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._task_id = ""

    def health(self) -> str:
        live.expect(live.get(self._http, "/health")["status"] == "healthy", "not healthy")
        return "healthy"

    def ready(self) -> str:
        live.get(self._http, "/readyz")
        return "ready"

    def types(self) -> str:
        document = live.get(self._http, "/openapi.json")
        live.expect("diagnose" in json.dumps(document), "the job type diagnose is not served here")
        return "diagnose is served"

    def create(self) -> str:
        body = live.post(self._http, "/api/perform-brand-test", {**live.ASKED, "userOpenid": "system-test"})
        self._task_id = str(body["execution_id"])
        return self._task_id

    def watch(self) -> str:
        """The stream tells the job to its one end."""
        live.expect(bool(self._task_id), "nothing was created")
        frames: list[Any] = []
        url = f"/v1/stream?channels=job:{self._task_id}"
        with self._http.stream("GET", url, timeout=live.PATIENCE) as answer:
            live.expect(answer.status_code == 200, f"the stream answers {answer.status_code}")
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    told = json.loads(line.removeprefix("data: "))
                    frames += told if isinstance(told, list) else [told]
        ends = [frame["type"] for frame in frames if frame["type"] in ("complete", "error")]
        live.expect(ends == ["complete"], f"it ended with {ends}")
        return f"{len(frames)} frames, one end"

    def agreement(self) -> str:
        live.in_agreement(live.polled(self._http, self._task_id))
        return "status, stage, progress and is_completed agree"

    def result(self) -> str:
        old = live.get(self._http, f"/api/deep-intelligence/{self._task_id}")
        new = live.get(self._http, f"/v1/jobs/{self._task_id}/result")
        live.expect(old["ranking"] == new["ranking"], "old and new routes tell different rankings")
        return str(new["summary"]["en"])

    def history(self) -> str:
        body = live.get(self._http, "/api/test-history?userOpenid=system-test&limit=5")
        live.expect(self._task_id in [entry["task_id"] for entry in body["history"]], "the diagnosis is not in the history")
        live.expect(body["count"] == len(body["history"]), "count is not the number of entries")
        return f"{body['count']} entries"

    def refusals(self) -> str:
        live.expect("error" in live.post(self._http, "/api/perform-brand-test", {}, 400), "a 400 says no error")
        live.expect("error" in live.get(self._http, "/test/status/nobody", 404), "a 404 says no error")
        live.expect("error" in live.get(self._http, "/api/test-progress", 400), "a 400 says no error")
        return "400 and 404 say what is wrong"


def main() -> int:
    options = live.arguments("Nine checks of a live server that serves the diagnosis.").parse_args()
    with live.client(options.base_url, options.key) as http:
        checks = Checks(http)
        return live.run(
            "系统测试 / system test",
            options.base_url,
            [
                ("health", checks.health),
                ("readiness", checks.ready),
                ("job types", checks.types),
                ("create", checks.create),
                ("push", checks.watch),
                ("consistency", checks.agreement),
                ("result", checks.result),
                ("history", checks.history),
                ("refusals", checks.refusals),
            ],
        )


if __name__ == "__main__":
    sys.exit(main())
