"""Waiting for what another process does: a file that appears, a process that is gone."""

import asyncio
from pathlib import Path


async def text_of(path: Path) -> str:
    """The text of a file as soon as there is some."""
    async with asyncio.timeout(10):
        while not path.exists() or not path.read_text():
            await asyncio.sleep(0.01)
    return path.read_text()


async def gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has), waiting for it."""
    try:
        async with asyncio.timeout(10):
            while _lives(pid):
                await asyncio.sleep(0.01)
    except TimeoutError:
        return False
    return True


def _lives(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")
