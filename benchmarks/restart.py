"""How soon interrupted jobs move again after kill -9 and a restart, and that they go on behind their last committed step.

    python benchmarks/restart.py [--jobs 50] [--rounds 3]

Times are from the start of the new process to the first word of each job that it told anew, as a client that polls every 10 ms
sees it. Exit code 1 when one took more than 2 seconds, or ran a committed step again.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

HERE = Path(__file__).resolve().parent
PORT = 7119
BOUND = 2.0  # seconds


def started(folder: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "BENCH_FOLDER": str(folder)}
    env["PYTHONPATH"] = os.pathsep.join([str(HERE), env.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "jindu", "serve", "restart_jobs:app", "--port", str(PORT), "--concurrency", "1000"]
    return subprocess.Popen([*command, "--store", f"sqlite:///{folder}/bench.db", "--log-level", "error"], env=env)


def until(http: httpx.Client, path: str) -> dict[str, object]:
    """The answer, asked for until there is a server."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            answer = http.get(path)
            if answer.is_success:
                found: dict[str, object] = answer.json()
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.01)
    raise SystemExit("the server did not start")


def states(http: httpx.Client) -> dict[str, tuple[str, float]]:
    items = http.get("/v1/jobs?limit=1000").json()["items"]
    return {job["id"]: (job["status"], job["seq"]) for job in items}


def one_round(jobs: int) -> tuple[list[float], float, int]:
    """Seconds until each job moved, until the server was ready, and how many steps were run a second time."""
    with tempfile.TemporaryDirectory() as name, httpx.Client(base_url=f"http://127.0.0.1:{PORT}") as http:
        folder = Path(name)
        server = started(folder)
        until(http, "/readyz")
        body = {"jobs": [{"type": "stepping"}] * jobs}
        http.post("/v1/batches", json=body).raise_for_status()
        while len(list(folder.glob("*.first"))) < jobs:
            time.sleep(0.02)
        time.sleep(0.5)  # until the step of the last of them is committed too
        held = states(http)
        server.send_signal(signal.SIGKILL)
        server.wait()
        begun = time.monotonic()
        server = started(folder)
        until(http, "/readyz")
        ready = time.monotonic() - begun
        moved: dict[str, float] = {}
        while len(moved) < jobs and time.monotonic() < begun + 30:
            for job, (status, seq) in states(http).items():
                # Taken back, claimed and told by its body: three changes behind what was held.
                if job in held and job not in moved and status == "running" and seq >= held[job][1] + 3:
                    moved[job] = time.monotonic() - begun
            time.sleep(0.01)
        again = sum(path.stat().st_size > 1 for path in folder.glob("*.first"))
        server.kill()
        server.wait()
        return sorted(moved.values()), ready, again + (jobs - len(moved))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    rounds = [one_round(args.jobs) for _ in range(args.rounds)]
    moved = [seconds for each, _, _ in rounds for seconds in each]
    wrong = sum(wrong for _, _, wrong in rounds)
    ready = statistics.median(ready for _, ready, _ in rounds)
    print(
        f"{len(moved)} interrupted jobs moved again after {statistics.median(moved):.2f} s (median), {max(moved):.2f} s (last)"
    )
    print(f"of that until the new process answers: {ready:.2f} s; steps run again, or jobs that did not move: {wrong}")
    sys.exit(wrong > 0 or max(moved) > BOUND)


if __name__ == "__main__":
    main()
