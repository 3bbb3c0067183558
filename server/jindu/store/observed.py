"""An optional power of a store: to tell how long its commits take."""

from typing import Protocol, runtime_checkable

from ..core.observer import Observer


@runtime_checkable
class Observed(Protocol):
    """A store without it works as well; its commits show in no metric then."""

    def tell(self, observer: Observer) -> None:
        """Tell this one of every commit, from the next on."""
        ...
