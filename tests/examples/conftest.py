"""A small corpus and running local platforms for the tests of the applications."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from examples.brand_diagnosis.local_platform.corpus import Package
from examples.brand_diagnosis.local_platform.running import LocalServer
from examples.brand_diagnosis.local_platform.server import Settings

PACKAGES = [
    Package(
        name="Frame",
        summary="A web framework",
        keywords="web async",
        classifiers=("Framework :: AsyncIO", "Topic :: Internet"),
        sentences=("It is small and it is quick.", "The web framework speaks asyncio all the way down."),
        urls={"homepage": "https://frame.example/", "source": "https://code.example/frame"},
    ),
    Package(
        name="Loop",
        summary="An event loop",
        keywords="",
        classifiers=("Framework :: AsyncIO",),
        sentences=("A loop for asyncio, made quick.",),
        urls={"documentation": "https://loop.example/docs"},
    ),
    Package(name="Paint", summary="Colours for terminals", keywords="", classifiers=(), sentences=(), urls={}),
]

StartPlatform = Callable[..., LocalServer]


@pytest.fixture
def start_platform() -> Iterator[StartPlatform]:
    """Start a local platform with these settings, as fast as it can unless told; stopped after the test."""
    with ExitStack() as started:

        def start(**settings: Any) -> LocalServer:
            return started.enter_context(LocalServer(Settings(**{"tokens_per_second": float("inf"), **settings}), PACKAGES))

        yield start
