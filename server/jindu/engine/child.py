"""The child's side of a body in a process of its own: ``python -m jindu.engine.child``. See `children.py`."""

import base64
import importlib
import os
import queue
import resource
import runpy
import sys
import threading
from dataclasses import astuple
from typing import IO, Any

import orjson

from ..core.codec import NotJson, encode_strict
from ..core.errors import JobError
from ..core.events import Key
from ..core.plan import Plan
from . import limits
from .context import Context
from .contexts import raised_by
from .port import JobStopped, Start
from .registry import JobType
from .threads import guarded


class PipePort:
    """Writing blocks when the pipe is full: a child that reports faster than the server reads is slowed, nothing piles up."""

    def __init__(self, out: IO[bytes], inbox: IO[bytes]) -> None:
        self._out = out
        self._inbox = inbox
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    @property
    def cancelled(self) -> bool:
        return self._stopped.is_set()

    def call(self, name: str, *args: Any) -> None:
        with self._lock:
            self._out.write(orjson.dumps({"call": name, "args": args}) + b"\n")
            self._out.flush()

    def stage(self, position: int) -> None:
        self.call("stage", position)

    def expect(self, items: int) -> None:
        self.call("expect", items)

    def progress(self, position: int, within: float, message: str | None) -> None:
        self.call("progress", position, within, message)

    def partial(self, key: Key, data: bytes) -> None:
        self.call("partial", key, base64.b64encode(data).decode())

    def log(self, line: str) -> None:
        self.call("log", line)

    def save_step(self, name: str, value: bytes) -> None:
        self.call("step", name, base64.b64encode(value).decode())
        if (answer := self._answers.get()) is not True:
            raise RuntimeError(f"step {name!r}: {answer}")

    async def save_step_async(self, name: str, value: bytes) -> None:
        raise RuntimeError("in a child process use `ctx.step_sync(...)`")

    def listen(self) -> None:
        """Hear the server until it is gone; then nobody wants the answer, and the child ends with all it started."""
        for line in self._inbox:
            message = orjson.loads(line)
            if "stop" in message:
                self._stopped.set()
            else:
                self._answers.put(message["step"])
        os._exit(1)


def main() -> None:
    # What the author prints must not mix with the protocol: standard output becomes standard error.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    inbox = os.fdopen(os.dup(0), "rb")
    greeting = orjson.loads(inbox.readline())
    if greeting["memory"]:  # what asks for more gets a MemoryError, and the machine keeps room for the server
        resource.setrlimit(resource.RLIMIT_AS, (greeting["memory"], greeting["memory"]))
    port = PipePort(out, inbox)
    threading.Thread(target=port.listen, name="jindu-server", daemon=True).start()
    outcome = guarded(_work, greeting, port)
    if outcome.error is None:
        port.call("return", base64.b64encode(outcome.value).decode())
    else:
        code, retry_after = _told(outcome.error, greeting)
        port.call("raise", code, retry_after, isinstance(outcome.error, JobStopped), astuple(raised_by(outcome.error)))
    out.flush()
    os._exit(0)


def _work(greeting: dict[str, Any], port: PipePort) -> bytes:
    job_type = _job_type(greeting)
    kwargs = job_type.params.check(orjson.loads(base64.b64decode(greeting["params"])))
    if name := job_type.params.context_name:
        kwargs[name] = Context(_start(greeting, job_type), port)
    try:
        text = encode_strict(job_type.function(**kwargs))
    except NotJson as error:
        raise JobError("RESULT_NOT_JSON", str(error)) from error
    if len(text) > limits.RESULT_BYTES:
        raise JobError("RESULT_TOO_LARGE", f"{len(text)} bytes, at most {limits.RESULT_BYTES}")
    return text


def _job_type(greeting: dict[str, Any]) -> JobType:
    sys.path[:] = greeting["path"]
    if greeting["main"]:
        found = runpy.run_path(greeting["main"], run_name="__jindu_child__")[greeting["name"]]
    else:
        found = importlib.import_module(greeting["module"])
        for part in greeting["name"].split("."):
            found = getattr(found, part)
    job_type: JobType = found.type
    return job_type


def _start(greeting: dict[str, Any], job_type: JobType) -> Start:
    results, result_bytes, lines = greeting["results"]
    return Start(
        job_id=greeting["job"],
        attempt=greeting["attempt"],
        plan=Plan.load(greeting["plan"]),
        declared=greeting["declared"],
        keys=frozenset(greeting["keys"]),
        results=results,
        result_bytes=result_bytes,
        lines=lines,
        steps={name: base64.b64decode(value) for name, value in greeting["steps"].items()},
        classify=lambda error: _friendly(error, job_type),
    )


def _friendly(error: BaseException, job_type: JobType) -> JobError:
    if isinstance(error, JobError):
        return error
    kind, retry_after = job_type.errors.classify(error)
    return JobError(kind.code, retry_after=retry_after)


def _told(error: BaseException, greeting: dict[str, Any]) -> tuple[str, float | None]:
    """Code and delay. Classified here, where the exception's own type is known."""
    told = guarded(lambda: _friendly(error, _job_type(greeting)))
    friendly = told.value if told.error is None else JobError("INTERNAL_ERROR")
    return friendly.code, friendly.retry_after


if __name__ == "__main__":
    main()
