"""A body in a child process, seen from the server. The child's side is `child.py`.

One child a run, in a process group of its own, so that a time-out or a cancel can end it and what it started. Both sides
talk in lines of JSON over the child's standard input and output: {"call": name, "args": [...]} from the child, and to it
first the start, then {"stop": true} and {"step": true | "reason"} in answer to a step. End of input means the server is gone.
"""

import asyncio
import base64
import signal
import sys
from dataclasses import dataclass
from typing import Any

import orjson

from ..core.contexts import Raised
from ..core.errors import JobError
from ..store.contract import StoreError
from .commands import signal_group
from .port import Outcome, RunCalls, Start
from .registry import JobType

LINE_LIMIT = 4 * 1024 * 1024  # bytes: the largest line is a result of 1 MiB, in base 64


@dataclass(frozen=True, slots=True)
class Packed:
    """A value that is JSON text already."""

    text: bytes


class ChildDied(RuntimeError):
    """The child process ended without saying how."""


class ChildBody:
    def __init__(self, run: RunCalls, job_type: JobType, params: bytes, start: Start, memory: int = 0) -> None:
        self.ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._run = run
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = False
        self._task = asyncio.create_task(self._live(_greeting(job_type, params, start, memory)))

    def stop(self) -> None:
        self._stopped = True
        self._say({"stop": True})

    def kill(self) -> None:
        if self._process is not None:
            signal_group(self._process.pid, signal.SIGKILL)
        else:
            self._task.cancel()

    async def _live(self, greeting: dict[str, Any]) -> None:
        outcome = Outcome(error=ChildDied("the child process did not start"))
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "jindu.engine.child",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
                limit=LINE_LIMIT,
            )
            self._say(greeting)
            if self._stopped:
                self._say({"stop": True})
            outcome = await self._listen(process)
        except OSError as error:
            outcome = Outcome(error=error)
        finally:
            if self._process is not None:
                signal_group(self._process.pid, signal.SIGKILL)
                await asyncio.shield(self._process.wait())
            if not self.ended.done():
                self.ended.set_result(outcome)

    async def _listen(self, process: asyncio.subprocess.Process) -> Outcome:
        assert process.stdout is not None
        async for line in process.stdout:
            call, args = (message := orjson.loads(line))["call"], message["args"]
            if call == "return":
                return Outcome(Packed(base64.b64decode(args[0])))
            if call == "raise":
                code, retry_after, stopped, told = args
                raised = Raised(*told)
                told_as = JobError(code, raised.message, retry_after=retry_after)
                return Outcome(error=asyncio.CancelledError() if stopped else told_as, raised=raised)
            await self._apply(call, args)
        return Outcome(error=ChildDied(f"the child process ended with exit code {await process.wait()}"))

    async def _apply(self, call: str, args: list[Any]) -> None:
        if call == "stage":
            self._run.stage(*args)
        elif call == "expect":
            self._run.expect(*args)
        elif call == "progress":
            self._run.progress(*args)
        elif call == "partial":
            self._run.partial(args[0], base64.b64decode(args[1]))
        elif call == "log":
            self._run.line(*args)
        elif call == "step":
            await self._step(args[0], base64.b64decode(args[1]))

    async def _step(self, name: str, value: bytes) -> None:
        try:
            await self._run.save_step(name, value)
        except StoreError:
            self._say({"step": "the step could not be kept"})
        else:
            self._say({"step": True})

    def _say(self, message: dict[str, Any]) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(orjson.dumps(message) + b"\n")


def _greeting(job_type: JobType, params: bytes, start: Start, memory: int) -> dict[str, Any]:
    function = job_type.function
    main = sys.modules.get("__main__")
    return {
        "path": sys.path,
        "module": function.__module__,
        "main": getattr(main, "__file__", None) if function.__module__ == "__main__" else None,
        "name": function.__qualname__,
        "params": base64.b64encode(params).decode(),
        "memory": memory,
        "job": start.job_id,
        "attempt": start.attempt,
        "plan": start.plan.dump(),
        "declared": start.declared,
        "keys": list(start.keys),
        "results": [start.results, start.result_bytes, start.lines],
        "steps": {name: base64.b64encode(value).decode() for name, value in start.steps.items()},
    }
