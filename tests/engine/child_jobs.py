"""Jobs for child processes: a child has to be able to import them, so they are not inside a test."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jindu import App, Context, JobError, Retry, Stage

app = App()
app.errors.add(
    "OVEN_COLD",
    title={"zh": "烤箱未热", "en": "The oven is cold"},
    message={"zh": "请先预热。", "en": "Heat it first."},
    retryable=False,
)


@app.job(run_in="process", stages=[Stage("one"), Stage("two")], pace=0)
def report(ctx: Context, folder: str) -> dict[str, Any]:
    """Says everything a body can say; prints between, to both outputs."""
    print("printed")  # noqa: T201 - what is printed must not mix with what is reported
    os.write(1, b'{"call": "return", "args": ["forged"]}\n')
    sys.stderr.write("also printed\n")
    with ctx.stage("one") as stage:
        for _ in stage.track(range(3)):
            ctx.log("line")
        stage.progress(float("nan"), "odd \ud800")
    with ctx.stage("two"):
        ctx.partial({"x": 1}, key="a")
        ctx.partial({"x": 2}, key="a")
        answers = sorted(str(answer) for _, answer in ctx.map(_picky, [1, 2]))
        value = ctx.step_sync("step", Path(folder).joinpath("step").write_text, "done")
    return {"pid": os.getpid(), "value": value, "answers": answers, "job": ctx.job_id, "attempt": ctx.attempt}


def _picky(number: int) -> int:
    if number == 2:
        raise ConnectionError("no")
    return number


@app.job(run_in="process", retry=Retry(attempts=2, base=0, cap=0))
def twice(ctx: Context, folder: str) -> list[Any]:
    """A step and a partial result, then a failure; the second attempt shows what was kept."""

    def count() -> int:
        with Path(folder, "ran").open("a") as file:
            return file.write("x")

    ctx.partial("first")
    value = ctx.step_sync("count", count)
    if ctx.attempt == 1:
        raise ConnectionError
    ctx.partial("second")
    return [value, Path(folder, "ran").read_text()]


def _raise(error: BaseException) -> None:
    raise error


ENDINGS: dict[str, Callable[[], Any]] = {
    "signal": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda: os._exit(0),
    "SystemExit": lambda: sys.exit(3),
    "KeyboardInterrupt": lambda: _raise(KeyboardInterrupt()),
    "MemoryError": lambda: _raise(MemoryError()),
    "code": lambda: _raise(JobError("OVEN_COLD")),
    "long error": lambda: _raise(ValueError("x" * 6_000_000)),
    "unprintable": lambda: _raise(ValueError("\ud800")),
    "nan": lambda: float("nan"),
    "large": lambda: "x" * 2_000_000,
    "object": lambda: {"object": object()},
}


@app.job(run_in="process")
def die(ctx: Context, how: str) -> Any:
    ctx.partial("kept")
    return ENDINGS[how]()


@app.job(run_in="process", timeout=1.5)
def hang(folder: str, grandchild: bool = True) -> None:
    """Ignores everything, after it started a program of its own that does so too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if grandchild:
        child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        Path(folder, "grandchild").write_text(str(child.pid))
    Path(folder, "started").write_text(str(os.getpid()))
    while True:
        time.sleep(1)


@app.job(run_in="process")
def deaf(folder: str) -> None:
    """Ignores everything, without a limit."""
    hang(folder, grandchild=False)


@app.job(run_in="process")
def watchful(ctx: Context, folder: str) -> str:
    """Tracks for ever: stops at the item after a cancel."""
    Path(folder, "started").write_text(str(os.getpid()))
    for _ in ctx.track(iter(int, 1)):
        threading.Event().wait(0.01)
    return "never"


@app.job(run_in="process")
def polite(ctx: Context, folder: str) -> str:
    """Sees the wish and returns all the same."""
    Path(folder, "started").write_text(str(os.getpid()))
    while not ctx.cancelled:
        threading.Event().wait(0.01)
    return "finished anyway"


@app.job(run_in="process")
def double(number: int, factor: int = 2) -> int:
    return number * factor
