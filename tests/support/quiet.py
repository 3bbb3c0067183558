"""Let everything that can run without waiting run: for tests in which nothing leaves the process."""

import asyncio

TURNS = 60  # more turns of the loop than any chain of awaits under test is long


async def quiet(turns: int = TURNS) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
