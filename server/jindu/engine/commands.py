"""External programs, each in a process group of its own so that what it started ends with it."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.errors import JobTimeout

TERM_GRACE = 3.0  # seconds between TERM and KILL


class CommandTimeout(JobTimeout, TimeoutError):
    """The program ran longer than it was given, and was ended."""


class CommandFailed(RuntimeError):
    """The program ended with another exit code than 0."""

    def __init__(self, result: "CommandResult") -> None:
        super().__init__(f"{result.argv[0]} ended with exit code {result.returncode}: {result.stderr[-500:].strip()}")
        self.result = result


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Output is text: UTF-8, with undecodable bytes replaced."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str


async def run_command(
    argv: Sequence[str],
    *,
    timeout: float | None = None,
    input: str | bytes | None = None,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> CommandResult:
    """Run to the end; see `Context.command`. Cancelling ends the program's whole group before it returns."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE if input is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, **env} if env else None,
        start_new_session=True,
    )
    sent = input.encode() if isinstance(input, str) else input
    try:
        async with asyncio.timeout(timeout):
            out, err = await process.communicate(sent)
    except TimeoutError:
        raise CommandTimeout(f"{argv[0]} did not end within {timeout} seconds") from None
    finally:
        await end_group(process, TERM_GRACE)
    returncode = process.returncode if process.returncode is not None else -1
    result = CommandResult(tuple(argv), returncode, out.decode(errors="replace"), err.decode(errors="replace"))
    if check and returncode:
        raise CommandFailed(result)
    return result


async def end_group(process: asyncio.subprocess.Process, grace: float) -> None:
    """End what is left of the process's group: TERM, after `grace` seconds KILL. Returns when the process is gone.

    A cancellation meanwhile does not leave anything running: it turns TERM into KILL at once.
    """
    try:
        if process.returncode is None and signal_group(process.pid, signal.SIGTERM):
            async with asyncio.timeout(grace):
                await process.wait()
    except TimeoutError:
        pass
    finally:
        # Also after a clean exit: a program may leave children of its own behind.
        signal_group(process.pid, signal.SIGKILL)
        if process.returncode is None:
            await process.wait()


def signal_group(pid: int, number: int) -> bool:
    """Signal a whole process group; False if nobody is left in it."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
