"""Modules of others that are loaded when they are first used.

A server that sends no webhook and signs no token need not hold an HTTP client and a library of ciphers in memory: with such
modules loaded at the start, a third of what an idle server held was never used.
"""

from importlib import import_module
from typing import Any


class Lazily:
    """Stands for a module. For the type checker the name is bound by an ordinary import:

    if TYPE_CHECKING:
        import httpx
    else:
        httpx = Lazily("httpx")
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found
