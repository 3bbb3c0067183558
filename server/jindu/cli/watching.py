"""Watching one job in a terminal: a live bar, plain lines where there is no terminal, or JSON lines for programs."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from jindu_client import (
    ApiError,
    Client,
    JinduError,
    JobCancelled,
    JobError,
    NotEnded,
    NotFound,
    Unavailable,
    Update,
    remaining,
)

COMPLETED, FAILED, USAGE, CANCELLED, NOT_THERE = 0, 1, 2, 3, 4  # exit codes
INTERRUPTED = 130  # what shells expect after Ctrl-C
_WIDTH = 200  # characters of a partial result that are shown

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "init": {"zh": "等待开始", "en": "Waiting to start"},
    "completed": {"zh": "已完成", "en": "Completed"},
    "failed": {"zh": "失败", "en": "Failed"},
    "cancelled": {"zh": "已取消", "en": "Cancelled"},
    "waiting": {"zh": "连接中断，正在重连…", "en": "connection lost, trying again…"},
    "attempt": {"zh": "第 {n}/{of} 次尝试", "en": "attempt {n}/{of}"},
    "reached": {"zh": "停在 {n:g}%", "en": "stopped at {n:g}%"},
    "what": {"zh": "建议", "en": "What to do"},
    "id": {"zh": "错误编号", "en": "Error id"},
    "not_yet": {
        "zh": "任务还没有结束，请查看进度：jindu watch {id}",
        "en": "The job has not ended yet. Watch it: jindu watch {id}",
    },
    "goes_on": {"zh": "任务仍在继续，再次查看：jindu watch {id}", "en": "The job goes on. Watch again: jindu watch {id}"},
}


class View(Protocol):
    """How updates are shown. Used as a context manager while the watch runs."""

    def running(self) -> AbstractContextManager[Any]: ...

    def update(self, update: Update) -> None: ...

    def link(self, link: str) -> None: ...


class Words:
    """Texts in one language; `stages` are those of a snapshot."""

    def __init__(self, lang: str, stages: list[Mapping[str, Any]]) -> None:
        self.lang = lang
        self._stages = {stage["name"]: self.pick(stage.get("title"), stage["name"]) for stage in stages}

    def pick(self, texts: Any, default: str = "") -> str:
        """One of a `{zh, en}` object."""
        if not isinstance(texts, Mapping):
            return default
        return str(texts.get(self.lang) or texts.get("en") or default)

    def say(self, name: str, **values: Any) -> str:
        return _TEXTS[name][self.lang].format(**values)

    def stage(self, name: str) -> str:
        return self._stages.get(name) or (self.say(name) if name in _TEXTS else name)

    def line(self, update: Update) -> str:
        """Stage, message, attempt and what remains of an update."""
        attempt = self.say("attempt", n=update.attempt, of=update.max_attempts) if update.attempt > 1 else ""
        rest = "" if update.is_end else remaining(update.state, self.lang)
        return clean(" · ".join(part for part in (self.stage(update.stage), update.message, attempt, rest) if part))

    def ending(self, update: Update) -> str:
        """The last lines: that it is done, or the friendly error with what to do and the id to quote."""
        if update.kind == "complete":
            return self.say("completed")
        error = update.error or {}
        reached = "" if update.reached is None else f" ({self.say('reached', n=update.reached)})"
        lines = [self.pick(error.get("title"), self.say(update.status if update.status in _TEXTS else "failed")) + reached]
        lines.append(self.pick(error.get("message")))
        if action := self.pick(error.get("action_text")):
            lines.append(f"{self.say('what')}: {action}")
        if error.get("id"):
            lines.append(f"{self.say('id')}: {error['id']}")
        return "\n".join(clean(line) for line in lines if line)


class BarView:
    """A bar at the bottom; partial results pass above it."""

    def __init__(self, console: Console, words: Words) -> None:
        self._words = words
        self._bar = Progress(
            BarColumn(), TextColumn("{task.percentage:>5.1f}%"), TimeElapsedColumn(), TextColumn("{task.description}"),
            console=console,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=100)
        self._text = ""

    def running(self) -> AbstractContextManager[Any]:
        return self._bar

    def update(self, update: Update) -> None:
        if update.kind == "result":
            self._bar.console.print(f"[green]+[/] [bold]{escape(str(update.key))}[/] {escape(short(update.data))}")
        self._text = escape(self._words.line(update))
        # A bar shows how far a failed job came; the state says 0 then.
        percent = update.progress if update.reached is None else update.reached
        self._bar.update(self._task, completed=percent, description=self._text)
        if update.is_end:
            colour = "green" if update.kind == "complete" else "red"
            self._bar.console.print(f"[{colour}]{escape(self._words.ending(update))}[/]", highlight=False)

    def link(self, link: str) -> None:
        text = f"[yellow]{self._words.say('waiting')}[/]" if link == "waiting" else self._text
        self._bar.update(self._task, description=text)


class LineView:
    """One plain line for each change, without control codes: for files, pipes and CI."""

    def __init__(self, words: Words, write: Callable[[str], Any]) -> None:
        self._words = words
        self._write = write
        self._last = ""

    def running(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def update(self, update: Update) -> None:
        if update.is_end:
            self._say(self._words.ending(update))
        elif update.kind == "result":
            self._say(f"+ {update.key}: {short(update.data)}")
        else:
            self._say(f"{update.progress:5.1f}% {self._words.line(update)}")

    def link(self, link: str) -> None:
        if link == "waiting":
            self._say(self._words.say("waiting"))

    def _say(self, text: str) -> None:
        if text != self._last:
            self._last = text
            self._write(text + "\n")


class JsonView:
    """One JSON object a line for each update."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self._write = write

    def running(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def update(self, update: Update) -> None:
        fields = {name: value for name, value in asdict(update).items() if name not in ("state", "url")}
        self._write(json.dumps(fields, ensure_ascii=False) + "\n")

    def link(self, link: str) -> None:
        pass


def show(
    client: Client,
    job_id: str,
    *,
    as_json: bool = False,
    with_result: bool = False,
    console: Console | None = None,
    lang: str | None = None,
) -> int:
    """Watch a job to its end and show it; the exit code: 0 completed, 1 failed, 3 cancelled, 4 not found or no server.

    `with_result` prints the result as JSON below; `as_json` prints each update as one JSON line instead of all that.

    Once the job was seen, a lost connection or a restart of the server is waited out. Ctrl-C leaves the job alone.
    """
    console = console or Console()
    lang = lang or language()
    try:
        stages = client.status(job_id).get("stages") or []
        view = _view(console, Words(lang, stages), as_json=as_json)
        with view.running():
            end = _follow(client, job_id, view)
    except JinduError as error:
        return complain(error, lang, as_json=as_json)
    except KeyboardInterrupt:
        print(Words(lang, []).say("goes_on", id=job_id), file=sys.stderr)
        return INTERRUPTED
    if with_result and not as_json and end.kind == "complete":
        console.file.write(json.dumps(end.result, ensure_ascii=False, indent=2) + "\n")
    return {"completed": COMPLETED, "cancelled": CANCELLED}.get(end.status, FAILED)


def _view(console: Console, words: Words, *, as_json: bool) -> View:
    def write(text: str) -> None:
        console.file.write(text)
        console.file.flush()

    if as_json:
        return JsonView(write)
    return BarView(console, words) if console.is_terminal else LineView(words, write)


def _follow(client: Client, job_id: str, view: View) -> Update:
    for update in client.watch(job_id, on_state=view.link):
        view.update(update)
        if update.is_end:
            return update
    raise AssertionError("a watch ends with an end or an error")


def complain(error: JinduError, lang: str, *, as_json: bool = False) -> int:
    """A friendly text on standard error, with a pointer for each wrong field; the exit code.

    `as_json` makes it one JSON object: `{"error": {"code", "text", "errors"}}`.
    """
    text = "\n".join(clean(line) for line in _lines(error, lang) if line)
    if as_json:
        code = error.code if isinstance(error, ApiError | JobError) else type(error).__name__
        errors = list(error.errors) if isinstance(error, ApiError) else []
        text = json.dumps({"error": {"code": code, "text": text, "errors": errors}}, ensure_ascii=False)
    print(text, file=sys.stderr)
    return _exit_code(error)


def _lines(error: JinduError, lang: str) -> list[str]:
    words = Words(lang, [])
    if isinstance(error, ApiError):
        lines = [error.text.get(lang) or error.title, "" if error.errors else error.detail]
        return lines + [
            f"  {wrong.get('pointer') or wrong.get('field') or ''}: {_reason(wrong, lang)}" for wrong in error.errors
        ]
    if isinstance(error, JobError):
        named = {"title": error.title, "message": error.message, "action_text": error.action_text, "id": error.id}
        status = "cancelled" if isinstance(error, JobCancelled) else "failed"
        return words.ending(Update("error", error.job, 0, status, error=named, reached=error.reached)).split("\n")
    return [words.say("not_yet", id=error.job) if isinstance(error, NotEnded) else str(error)]


def _exit_code(error: JinduError) -> int:
    if isinstance(error, JobCancelled):
        return CANCELLED
    if isinstance(error, NotFound | Unavailable):
        return NOT_THERE
    return USAGE if isinstance(error, ApiError) and error.status in (400, 413, 415, 422) else FAILED


def _reason(wrong: Mapping[str, Any], lang: str) -> str:
    said = wrong.get("detail") or wrong.get("message") or wrong.get("text")
    return Words(lang, []).pick(said, str(said or ""))


def language() -> str:
    """`zh` or `en`, as the environment asks (LC_ALL, LC_MESSAGES, LANG)."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next((name for name in named if name), "").startswith("zh") else "en"


def clean(value: Any) -> str:
    """Text of others for a terminal: what is no character to be seen (escape codes above all) becomes a mark."""
    text = str(value)
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def short(value: Any) -> str:
    """A partial result on one line, cut where it is long."""
    text = clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
