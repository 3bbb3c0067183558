"""For a transport that has to be waited for: a task reads beside the one that writes."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_of(*sides: Coroutine[Any, Any, None]) -> None:
    """Run all until one of them is done, and cancel the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(side) for side in sides]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
