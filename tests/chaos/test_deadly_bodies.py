"""Bodies that would take the server with them, on a real server: each fails its own job and nothing else."""

from pathlib import Path

import pytest

from chaos.host import Host

MEMORY = 512 * 1024 * 1024  # bytes


@pytest.mark.promise("deadly_bodies")
def test_each_deadly_body_fails_its_job_and_the_server_lives(tmp_path: Path) -> None:
    with Host(tmp_path, JINDU_CHILD_MEMORY_BYTES=str(MEMORY)) as host:
        healthy = host.made("gated", gate="open")
        host.stepped(healthy)
        deadly = [
            "exits", "exits_in_a_thread", "exits_in_a_process", "dies_in_a_process", "loops_for_ever", "takes_all_memory",
        ]  # fmt: skip
        jobs = {type: host.made(type) for type in deadly}
        codes = {type: host.becomes(id, "failed")["error"]["code"] for type, id in jobs.items()}
        own = {"loops_for_ever": "JOB_TIMEOUT", "dies_in_a_process": "JOB_CRASHED"}
        assert codes == {**dict.fromkeys(deadly, "INTERNAL_ERROR"), **own}
        assert all(host.ends(id) == ["fail"] for id in jobs.values())
        host.open("open")
        assert host.becomes(healthy, "completed")["attempt"] == 1
        stats = host.http.get("/v1/stats").json()
        assert (stats["ready"], stats["running"], stats["left_behind"]) == (True, 0, 0)
        assert "MemoryError" in host.server.said()
