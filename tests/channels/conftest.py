from collections.abc import AsyncIterator

import pytest

from channels.room import Room, opened
from support.wire import DirectWire, Wire


@pytest.fixture(params=[Wire, DirectWire])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    """Over transports with and without the power to write at once: what clients get is the same."""
    async with opened(request.param) as made:
        yield made
