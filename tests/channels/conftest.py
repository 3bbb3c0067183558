from collections.abc import AsyncIterator

import pytest

from channels.room import Room, opened


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with opened() as made:
        yield made
