"""Row C17: 200 diagnoses at once, against a platform that refuses what is above ten calls at once."""

import json
from pathlib import Path

import httpx
import pytest

from support.server import ForkedServer

DIAGNOSES, PARALLEL, MAY_FAIL = 200, 10, 0.01


@pytest.mark.timeout(240)
def test_two_hundred_at_once_and_hardly_any_fails(start_platform, tmp_path: Path) -> None:
    platform = start_platform(max_parallel=PARALLEL)
    entries = [{"name": name, "base_url": platform.base_url, "model": "local-bm25"} for name in ("One", "Two", "Three")]
    with (
        ForkedServer("examples.brand_diagnosis.app:app", tmp_path, env={"BRAND_PLATFORMS": json.dumps(entries)}) as server,
        httpx.Client(base_url=server.url, timeout=70) as http,
    ):
        asked = {"type": "diagnose", "params": {"brand": "Frame", "question": "Which web framework for asyncio?"}}
        made = http.post("/v1/batches", json={"jobs": [asked] * DIAGNOSES})
        assert made.status_code == 202, made.text
        batch = made.json()
        assert batch["accepted"] == DIAGNOSES
        while not batch.get("is_completed"):
            held = f"{batch['epoch']}:{batch['seq']}" if "epoch" in batch else ":0"
            batch = http.get(f"/v1/batches/{made.json()['id']}", params={"wait": 60, "since": held}).json() | {}
        counts = batch["counts"]
        assert sum(counts.values()) == DIAGNOSES
        assert counts["completed"] > DIAGNOSES * (1 - MAY_FAIL), counts
        metrics = http.get("/metrics").text
        # And no platform had to be left out for it: every diagnosis has three answers.
        items = http.get("/v1/jobs", params={"batch": batch["id"], "limit": DIAGNOSES}).json()["items"]
        whole = sum(item["results"] == len(entries) for item in items)
        assert whole > DIAGNOSES * (1 - MAY_FAIL), metrics
