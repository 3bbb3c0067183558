"""Where the CPU of the two main loads goes: `python -m benchmarks.profiles` writes PROFILE.md. Needs `make bench-peers`.

py-spy looks at who holds the interpreter's lock; work without it (SQLite, fdatasync) is seen in the CPU of each thread.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from . import host
from .contenders import ours, scratch
from .host import HERE, PEERS
from .loads.fan_out import OUR_CLIENT, SLACK
from .loads.many_jobs import SUBMITS

PROFILE, SECONDS, SHOWN = HERE / "PROFILE.md", 8, 25
HOW = ("--gil", "--nonblocking", "-r", "500", "-f", "raw")
WATCHERS = JOBS = 1000
FRAME = re.compile(r"(?P<function>.*) \((?P<file>[^:]*)(:\d+)?\)")


def main() -> None:
    spy = PEERS / "python" / "bin" / "py-spy"
    if not spy.exists():
        sys.exit("py-spy is missing: make bench-peers")
    lines = [
        "# Where the CPU goes",
        "",
        f"`make bench-profile`: {SECONDS} s of each load, py-spy at 500 Hz, who holds the interpreter's lock. It looks without",
        "stopping the process, which would make it another load: some looks are wrong. Shares of all samples. A frame's",
        "own share is what is done in it and in the C code it calls: writing to sockets in uvloop counts for who called it.",
    ]
    with tempfile.TemporaryDirectory() as folder:
        host.build(Path(folder))
        lines += _profiled("One job, 1,000 watchers, as fast as it goes", spy, Path(folder), one_job=True)
        lines += _profiled("1,000 jobs, a watcher each, 10 updates a second each", spy, Path(folder), one_job=False)
    PROFILE.write_text("\n".join(lines) + "\n")


def _profiled(title: str, spy: Path, tools: Path, *, one_job: bool) -> list[str]:
    with ours(concurrency=JOBS + 10) as server, scratch() as folder:
        start = time.monotonic() + (4 if one_job else 4 + JOBS / SUBMITS)
        if one_job:
            ids = server.submit("racing", [{"start": start, "seconds": SECONDS + SLACK}])
        else:
            count = (SECONDS + SLACK) * 10
            params = [{"start": start, "offset": n / JOBS / 10, "rate": 10, "count": count} for n in range(JOBS)]
            ids = server.submit("reporting", params)
        (folder / "ids").write_text("".join(f"{one}\n" for one in ids))
        command = [str(tools / "watch"), "--port", str(server.port), *OUR_CLIENT, "--names", str(folder / "ids")]
        command += ["--connections", str(WATCHERS), "--begin", str(start), "--seconds", str(SECONDS + 6)]
        client = subprocess.Popen(["taskset", "-c", host.CLIENT_CORE, *command], stdout=subprocess.DEVNULL)
        while len(os.listdir(f"/proc/{server.roots[0]}/fd")) < WATCHERS:
            time.sleep(0.05)
        time.sleep(max(start - time.monotonic(), 0) + 1)
        before = _by_thread(server.roots[0])
        record = [str(spy), "record", *HOW, "-d", str(SECONDS), "-o", str(folder / "stacks")]
        subprocess.run([*record, "--pid", str(server.roots[0])], capture_output=True, check=True)
        after = _by_thread(server.roots[0])
        client.wait()
        return [f"\n## {title}\n", *_threads(before, after), *_table((folder / "stacks").read_text())]


def _by_thread(pid: int) -> dict[str, float]:
    """CPU seconds of each thread so far."""
    used = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        used[task.name] = (int(fields[11]) + int(fields[12])) / host.TICKS
    return used


def _threads(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    used = sorted((after[task] - before.get(task, 0) for task in after), reverse=True)
    total = sum(used) or 1
    shares = ", ".join(f"{one / total:.0%}" for one in used if one / total > 0.01)
    return [f"CPU by thread (the loop; the writer; readers): {shares}.", ""]


def _table(text: str) -> list[str]:
    own, whole, total = Counter[str](), Counter[str](), 0
    rooms = Counter[str]()
    for line in text.splitlines():
        stack, _, number = line.rpartition(" ")
        frames = [_named(frame) for frame in stack.split(";")]
        total += int(number)
        own[frames[-1]] += int(number)
        rooms[_room(frames[-1])] += int(number)
        whole.update(dict.fromkeys(set(frames), int(number)))
    lines = [
        "| room | share |",
        "|---|---|",
        *(f"| {name} | {count / total:.1%} |" for name, count in rooms.most_common(12)),
        "",
    ]
    lines += ["| own | with what it calls | function |", "|---|---|---|"]
    return lines + [f"| {count / total:.1%} | {whole[name] / total:.1%} | `{name}` |" for name, count in own.most_common(SHOWN)]


def _named(frame: str) -> str:
    """The function and its file, below the packages, without the line."""
    found = FRAME.fullmatch(frame)
    return frame if found is None else f"{found['function']} {found['file']}"


def _room(frame: str) -> str:
    file = frame.rpartition(" ")[2]
    parts = file.split("/")
    if "jindu" in parts:
        below = parts[parts.index("jindu") + 1 :]
        return f"jindu {below[0].removesuffix('.py')}"
    return "the jobs measured" if "benchmarks" in parts else parts[0]


if __name__ == "__main__":
    main()
