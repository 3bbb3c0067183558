"""What applications see of alerts: `get_alert_manager().add_callback(fn)`."""

import threading
from collections.abc import Awaitable, Callable, Sequence

from .told import Told

Callback = Callable[[Told], object] | Callable[[Told], Awaitable[object]]


class AlertManager:
    """Callbacks for alerts, of all nodes in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: tuple[Callback, ...] = ()

    def add_callback(self, function: Callback) -> Callback:
        """Call `function` with each message about an alert: it has `rule`, `level`, `value`, `threshold`, `what` (firing,
        resolved, test), `title` and `text` in zh and en, and `body`, all of it for programs. Plain functions are called in a
        thread. What it raises is logged. May be used as a decorator; one that is added twice is called once."""
        with self._lock:
            if function not in self._callbacks:
                self._callbacks = (*self._callbacks, function)
        return function

    def remove_callback(self, function: Callback) -> None:
        """Call it no more; harmless if it never was."""
        with self._lock:
            self._callbacks = tuple(one for one in self._callbacks if one != function)

    @property
    def callbacks(self) -> Sequence[Callback]:
        return self._callbacks


_manager: AlertManager | None = None
_making = threading.Lock()


def get_alert_manager() -> AlertManager:
    """The one of this process, made at the first call."""
    global _manager
    with _making:
        if _manager is None:
            _manager = AlertManager()
        return _manager
