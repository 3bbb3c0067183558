"""A real server with an alerts file: a job fails, people are told, over HTTP and in the application's own code."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from standardwebhooks import Webhook

from monitor.listening import listening
from support.server import ServerProcess

FILE = """
[defaults]
least = 1
for = 0
[rules.low_success_rate]
enabled = false
[rules.cache_hit_rate_low]
enabled = false
[[sinks]]
type = "dingtalk"
url = "env:DING"
secret = "env:SECRET"
[[sinks]]
type = "webhook"
url = "{url}/hook"
secret = "env:HOOK_SECRET"
"""
JOBS = """
import sys
from jindu import App, JobError, get_alert_manager
app = App()

@app.job
async def bad() -> None:
    raise JobError("NETWORK_ERROR")

@get_alert_manager().add_callback
def ring(told) -> None:
    print("canary rings:", told.what, told.rule, file=sys.stderr, flush=True)
"""
HOOK_SECRET = "whsec_" + base64.b64encode(b"canary-secret-of-32-bytes-length").decode()


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def test_a_failing_job_rings_everywhere_and_the_figures_show_it(tmp_path: Path) -> None:
    (tmp_path / "ringing_jobs.py").write_text(JOBS)
    with listening() as listener:
        (tmp_path / "alerts.toml").write_text(FILE.format(url=listener.url))
        env = {
            "JINDU_ALERTS": str(tmp_path / "alerts.toml"), "DING": f"{listener.url}/robot?access_token=canary-token",
            "SECRET": "canary-secret", "HOOK_SECRET": HOOK_SECRET,
        }  # fmt: skip
        server = ServerProcess("ringing_jobs:app", tmp_path, env=env)
        server._env["PYTHONPATH"] += f":{tmp_path}"
        with server, httpx.Client(base_url=server.url, timeout=30) as http:
            http.post("/v1/jobs", params={"wait": 20}, json={"type": "bad"})
            until(lambda: len(listener.came) >= 2 and "canary rings: firing high_error_rate" in server.said())
            (active,) = http.get("/v1/alerts").json()["active"]
            assert (active["rule"], active["value"], active["level"]) == ("high_error_rate", 1.0, "ERROR")
            assert http.get("/v1/stats").json()["alerts"] == 1
            assert 'jindu_alerts_active{level="ERROR",rule="high_error_rate"} 1.0' in http.get("/metrics").text
            shown = http.get("/v1/alerts").text + server.said()
        assert "canary-token" not in shown
        assert "canary-secret" not in shown
    came = {urlsplit(one.path).path: one for one in listener.came}
    query = parse_qs(urlsplit(came["/robot"].path).query)
    signed = hmac.digest(b"canary-secret", f"{query['timestamp'][0]}\ncanary-secret".encode(), hashlib.sha256)
    assert base64.b64decode(query["sign"][0]) == signed
    assert came["/robot"].said["markdown"]["text"].startswith("#### [告警] 错误率过高")
    assert Webhook(HOOK_SECRET).verify(came["/hook"].body, came["/hook"].headers)["type"] == "alert.firing"


def test_a_file_that_is_wrong_is_told_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "alerts.toml").write_text("[rules.high_latency]\nabov = 1\n")
    server = ServerProcess("web.web_jobs:app", tmp_path, env={"JINDU_ALERTS": str(tmp_path / "alerts.toml")})
    with pytest.raises(AssertionError, match="did not start"):
        server.start()
    assert server.process is not None
    assert server.process.wait(timeout=30) == 1
    assert "jindu: the alerts file" in server.said()
    assert "rules.high_latency.abov" in server.said()
    assert "Traceback" not in server.said()
