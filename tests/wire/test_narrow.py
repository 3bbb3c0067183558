"""Low bandwidth made by the kernel, in a network of its own: needs root, and tc."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.server import CODE
from wire.narrow import RESULTS

SHAPED = "ip link set lo up && tc qdisc add dev lo root tbf rate 1mbit burst 16kb latency 400ms"


def can_shape() -> bool:
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "tc"))):
        return False
    return subprocess.run(["unshare", "--net", "sh", "-c", SHAPED], capture_output=True, check=False).returncode == 0


@pytest.mark.promise("half_open")
@pytest.mark.timeout(120)
def test_a_client_behind_little_bandwidth_ends_with_each_result_once(tmp_path: Path) -> None:
    if not can_shape():
        pytest.skip("no root here, or no tc: low bandwidth is tried by the proxy of ours only")
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "wire.narrow", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE))},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["keys"] == found["kept"] == [f"k{number}" for number in range(RESULTS)]
    assert found["ends"] == [RESULTS]
    assert found["ready"]
    assert found["took"] > 4, "the wire was narrow"
