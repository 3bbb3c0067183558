"""The seven steps of a diagnosis, end to end, against a live server: python e2e_integration_test.py --base-url URL

1 health, 2 API, 3 create, 4 poll, 5 status sync, 6 result, 7 a task that fails. Exit code 0 if all passed, else 1.
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import live


class Steps:
    def __init__(self, http: Any) -> None:
        self._http = http
        self._task_id = ""
        self._seen: list[Any] = []

    def health(self) -> str:
        return str(live.get(self._http, "/health")["status"])

    def api(self) -> str:
        said = str(live.get(self._http, "/api/test")["message"])
        live.expect(said.startswith("Backend is working"), said)
        return said

    def create(self) -> str:
        body = live.post(self._http, "/api/perform-brand-test", live.ASKED)
        live.expect(body["status"] == "success", str(body))
        self._task_id = str(body["execution_id"])
        return self._task_id

    def poll(self) -> str:
        live.expect(bool(self._task_id), "nothing was created")
        last = live.polled(self._http, self._task_id, self._seen.append)
        live.expect(last["status"] == "completed", f"{last['status']}: {last.get('error')}")
        return f"{len(self._seen)} answers, to {last['progress']} %"

    def sync(self) -> str:
        live.expect(bool(self._seen), "nothing was polled")
        for body in self._seen:
            live.in_agreement(body)
        progress = [body["progress"] for body in self._seen]
        live.expect(progress == sorted(progress), f"progress fell: {progress}")
        twin = live.get(self._http, f"/api/test-progress?executionId={self._task_id}")
        live.expect(twin["status"] == "completed" and twin["is_completed"], f"/api/test-progress disagrees: {twin}")
        return "status, stage, progress and is_completed agree in each answer"

    def result(self) -> str:
        body = live.get(self._http, f"/api/deep-intelligence/{self._task_id}")
        live.expect(bool(body["ranking"]), "no ranking")
        return f"{len(body['ranking'])} brands, {len(body['sources'])} sources"

    def failed_task(self) -> str:
        asked = {"type": "diagnose", "params": {"brand": "nobody", "platforms": ["no such platform"]}}
        task_id = live.post(self._http, "/v1/jobs", asked, 202)["id"]
        last = live.polled(self._http, task_id)
        live.expect(last["status"] == "failed" and bool(last["error"]), str(last))
        live.get(self._http, f"/api/deep-intelligence/{task_id}", 400)
        live.get(self._http, "/test/status/nobody", 404)
        return str(last["error"])


def main() -> int:
    options = live.arguments("The seven steps of a diagnosis against a live server.").parse_args()
    with live.client(options.base_url, options.key) as http:
        steps = Steps(http)
        return live.run(
            "端到端测试 / end to end",
            options.base_url,
            [
                ("health", steps.health),
                ("API", steps.api),
                ("create", steps.create),
                ("poll", steps.poll),
                ("status sync", steps.sync),
                ("result", steps.result),
                ("failed task", steps.failed_task),
            ],
        )


if __name__ == "__main__":
    sys.exit(main())
