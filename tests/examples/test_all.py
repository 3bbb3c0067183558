"""All applications served together: each by its own routes, jobs and errors, out of one store."""

from pathlib import Path

import httpx

from support.fixtures import play, wait
from support.server import ServerProcess

LICENSE = "60b136fbd044ba0df6708703b302d91942bf0a05"


def test_one_server_serves_them_all(tmp_path: Path) -> None:
    env = {
        "CALIBRATION_NOTES": str(tmp_path / "notes.db"),
        "WARMUP_DB": str(tmp_path / "warmup.db"),
        "CONTENT_DB": str(tmp_path / "content.db"),
        "LOCAL_PLATFORM_TOKENS_PER_SECOND": "2000",
    }
    with (
        ServerProcess("examples.all:app", tmp_path, env=env) as server,
        httpx.Client(base_url=server.url, timeout=30) as http,
    ):
        types = {entry["type"] for entry in http.get("/v1/types").json()["items"]}
        assert {"diagnose", "calibrate", "generate_content", "warm_up"} <= types
        play(http, "calibration", license=LICENSE)
        asked = {"brand_list": ["starlette", "fastapi"], "selectedModels": ["Local BM25"]}
        diagnosis = http.post("/api/perform-brand-test", json=asked).json()["execution_id"]
        assert wait(http, f"/test/status/{diagnosis}")["status"] == "completed"
        asked = {"account_id": 1, "topic": "web framework", "keywords": "asyncio"}
        task = http.post("/api/v1/content/generate/async", json=asked).json()["task_id"]
        assert wait(http, f"/api/v1/content/tasks/{task}")["status"] == "completed"
        # The jobs of one are not those of the other.
        assert http.get(f"/api/calibrate/status/{diagnosis}").status_code == 404
