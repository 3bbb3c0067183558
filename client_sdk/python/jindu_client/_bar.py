"""What `wait(progress=…)` shows: a bar in terminals and notebooks, or whatever a callable makes of the updates.

True chooses: in a notebook its own bar; elsewhere `rich`, else `tqdm`, if installed; else one line for each stage.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from importlib import import_module
from typing import Any, Literal, TypeAlias

from .remaining import remaining
from .updates import Update

Show: TypeAlias = Callable[[Update], None]
Progress: TypeAlias = bool | Literal["rich", "tqdm", "notebook"] | Callable[[Update], Any]


@contextmanager
def bar(label: str, progress: Progress, lang: str = "en") -> Iterator[Show]:
    """A function that shows an update, with what remains in `lang`. Bars go to standard error, so that output can be piped.

    Raises `ImportError` when a bar is asked for by name and what draws it is not installed.
    """
    if progress is False:
        yield lambda update: None
    elif callable(progress):
        yield progress
    else:
        kind = progress if isinstance(progress, str) else _found()
        if kind not in _BARS:
            raise ValueError(f"progress is True, False, a callable, or one of {', '.join(_BARS)}: not {progress!r}")
        with _BARS[kind](label, lang) as show:
            yield show


def percent(update: Update) -> float:
    """What a bar shows: for a job that failed or was cancelled, how far it came."""
    return update.progress if update.reached is None else update.reached


def _found() -> str:
    if _in_notebook():
        return "notebook"
    for name in ("rich", "tqdm"):
        try:
            __import__(name)
        except ImportError:
            continue
        return name
    return "lines"


def _in_notebook() -> bool:
    """Whether a kernel with a display runs us: what IPython in a terminal is not."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


@contextmanager
def _rich(label: str, lang: str) -> Iterator[Show]:
    from rich.console import Console
    from rich.markup import escape as plain
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>5.1f}%"))
    with Progress(*columns, console=Console(stderr=True)) as drawn:
        task = drawn.add_task(label, total=100)
        yield lambda update: drawn.update(task, completed=percent(update), description=plain(_text(update, lang) or label))


@contextmanager
def _tqdm(label: str, lang: str) -> Iterator[Show]:
    tqdm = import_module("tqdm.auto").tqdm
    with tqdm(total=100, desc=label, bar_format="{desc} {percentage:5.1f}%|{bar}| {elapsed}", file=sys.stderr) as drawn:

        def show(update: Update) -> None:
            drawn.set_description_str(_text(update, lang) or label, refresh=False)
            drawn.n = percent(update)
            drawn.refresh()

        yield show


@contextmanager
def _notebook(label: str, lang: str) -> Iterator[Show]:
    shown = import_module("IPython.display")
    handle = shown.display(shown.HTML(_html(label, 0.0)), display_id=True)

    def show(update: Update) -> None:
        if handle is not None:
            handle.update(shown.HTML(_html(_text(update, lang) or label, percent(update), update)))

    yield show


def _html(text: str, value: float, update: Update | None = None) -> str:
    colour = "#b00020" if update is not None and update.kind == "error" else "inherit"
    return (
        f'<div style="font-family:sans-serif;color:{colour}">'
        f'<progress max="100" value="{value:.1f}" style="width:20em"></progress> '
        f"{value:.1f}% {escape(text)}</div>"
    )


@contextmanager
def _lines(label: str, lang: str) -> Iterator[Show]:
    last = ""

    def show(update: Update) -> None:
        nonlocal last
        text = _text(update)
        if text != last:
            last = text
            sys.stderr.write(f"{percent(update):5.1f}% {_text(update, lang)}\n")

    yield show


def _text(update: Update, lang: str | None = None) -> str:
    """`lang` None leaves out what remains."""
    rest = remaining(update.state, lang) if lang is not None and not update.is_end else ""
    return " ".join(part for part in (update.stage, update.message, f"({rest})" if rest else "") if part)


_BARS = {"rich": _rich, "tqdm": _tqdm, "notebook": _notebook, "lines": _lines}
