from collections.abc import Iterator

import httpx
import pytest

from support.server import UNHURRIED, ServerProcess
from web.access.guarded import Guarded
from web.conftest import looked_over


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    env = {"JINDU_CONCURRENCY": "50", "JINDU_ORIGINS": '["https://app.example"]'}
    folder = tmp_path_factory.mktemp("guarded")
    env |= {**UNHURRIED, "JINDU_REPORT_FOLDER": str(folder / "reports")}
    with (
        ServerProcess("web.web_jobs:app", folder, env=env) as server,
        httpx.Client(base_url=server.url, event_hooks={"response": [looked_over]}, timeout=30) as http,
    ):
        # The first key is made without one, on this machine; from then on every request needs one.
        made = http.post("/v1/keys", json={"name": "admin", "scopes": ["submit", "watch", "operate"]})
        assert made.status_code == 201, made.text
        assert http.get("/v1/jobs").status_code == 401
        yield Guarded(server, http, made.json()["key"])
