"""The bar of `wait(progress=True)`, for terminals and notebooks. Needs `rich`; without it, one line for each stage."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .updates import Update

Show = Callable[[Update], None]


@contextmanager
def bar(job: str, *, shown: bool) -> Iterator[Show]:
    """A function that shows an update. The bar goes to standard error, so that output can be piped."""
    if not shown:
        yield lambda update: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn
    except ImportError:
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>5.1f}%"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(job, total=100)

        def show(update: Update) -> None:
            percent = update.progress if update.reached is None else update.reached
            progress.update(task, completed=percent, description=_text(update))

        yield show


class _Lines:
    def __init__(self) -> None:
        self._last = ""

    def __call__(self, update: Update) -> None:
        text = _text(update)
        if text != self._last:
            self._last = text
            sys.stderr.write(f"{update.progress:5.1f}% {text}\n")


def _text(update: Update) -> str:
    return " ".join(part for part in (update.stage, update.message) if part)
