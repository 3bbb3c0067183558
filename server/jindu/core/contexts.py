"""An error context: what operators are told of one failed attempt, under the id that its user can quote.

No event: it moves no seq, and no client sees it. Secrets are blotted out of whatever an exception says before it gets here.
"""

from dataclasses import dataclass

from .scrub import scrub

MESSAGE_CHARS = 2_000
TRACEBACK_CHARS = 8_000
_READ_CHARS = 64_000  # of a text that is longer, the middle is not even read


@dataclass(frozen=True, slots=True)
class Raised:
    """What was raised, as text without secrets. All empty where nothing was: a wait that expired, a process that died."""

    exception: str = ""  # the dotted name of its type
    message: str = ""
    traceback: str = ""

    @classmethod
    def of(cls, exception: str, message: str, traceback: str) -> "Raised":
        """Scrubbed and shortened. The end of a message and the middle of a traceback are what can be spared."""
        return cls(exception, _without_end(_clean(message), MESSAGE_CHARS), _without_middle(_clean(traceback), TRACEBACK_CHARS))


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """`id` is the id in the public error; `stage` the name of the stage the attempt was in; `at` wall-clock seconds."""

    id: str
    job: str
    type: str
    stage: str
    attempt: int
    run: int
    code: str
    at: float
    raised: Raised = Raised()


@dataclass(frozen=True, slots=True)
class ContextQuery:
    """Which contexts to list, newest first."""

    job: str | None = None
    code: str | None = None
    limit: int = 50


def _clean(text: str) -> str:
    """Without secrets, and without what has no stored form."""
    return scrub(_without_middle(text, _READ_CHARS).encode(errors="replace").decode(), foreign=True)


def _without_end(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _without_middle(text: str, limit: int) -> str:
    """Head and tail, cut at blanks: half of a secret would not look like one."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit // 2], text[-limit // 2 :]
    head = head[: len(head) - len(head.split()[-1])] if head.split() and not head[-1].isspace() else head
    tail = tail[len(tail.split()[0]) :] if tail.split() and not tail[0].isspace() else tail
    return f"{head}\n…\n{tail}"
