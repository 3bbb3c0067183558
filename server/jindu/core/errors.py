"""From an exception to a friendly error: rules by exception type, looked up along the cause chain.

Exception
├── JobError            an author (or we) name the code
├── JobTimeout          an attempt ran for longer than its time limit
└── anything else       a rule for its type, or for a type further down its causes; else INTERNAL_ERROR
"""

from collections.abc import Iterator, Mapping

from .catalogue import CATALOGUE, FriendlyType
from .durations import Duration, seconds
from .shown import ErrorBody

FALLBACK = "INTERNAL_ERROR"


class JobTimeout(Exception):
    """The time limit of an attempt, or of a command in it, is over. Applications may map it to a code of their own."""


# Dotted names stand for classes of packages that the core must not import.
DEFAULT_RULES: Mapping[type[BaseException] | str, str] = {
    JobTimeout: "JOB_TIMEOUT",
    ConnectionError: "NETWORK_ERROR",
    TimeoutError: "NETWORK_ERROR",
    "socket.gaierror": "NETWORK_ERROR",
    "ssl.SSLError": "NETWORK_ERROR",
    "httpx.TransportError": "NETWORK_ERROR",
    "httpx.HTTPStatusError": "AI_PLATFORM_ERROR",
}


class JobError(Exception):
    """Raised by a job's body to end the attempt with a friendly error.

    `code` is a code of the catalogue or one the application added; `detail` is for the operator's log and is never
    shown to users; `retry_after` (a duration) makes the error retryable and is the least wait before the next attempt.
    """

    def __init__(self, code: str, detail: str = "", *, retry_after: Duration | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.retry_after = None if retry_after is None else seconds(retry_after)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Errors:
    """The catalogue and the rules of one application; starts with ours. `App.errors` is one of these."""

    def __init__(self) -> None:
        self._types: dict[str, FriendlyType] = dict(CATALOGUE)
        self._rules: dict[type[BaseException] | str, str] = dict(DEFAULT_RULES)

    def __contains__(self, code: object) -> bool:
        return code in self._types

    def add(
        self,
        code: str,
        *,
        title: Mapping[str, str],
        message: Mapping[str, str],
        action: str = "retry",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        """Add a type, or replace one. Texts need both ``zh`` and ``en``; raises `ValueError` if one is missing."""
        for name, texts in (("title", title), ("message", message)):
            if missing := {"zh", "en"} - set(texts):
                raise ValueError(f"{name} of {code} lacks {', '.join(sorted(missing))}")
        self._types[code] = FriendlyType(code, dict(title), dict(message), action, retryable, retry_after)

    def map(self, exception: type[BaseException], code: str) -> None:
        """Classify an exception type, and what derives from it, as `code`; raises `KeyError` for an unknown code."""
        if code not in self._types:
            raise KeyError(f"no friendly error {code!r}; add it with errors.add first")
        self._rules[exception] = code

    def take(self, other: "Errors") -> None:
        """Take over the types and rules that `other` added, where this one has not its own."""
        for code, kind in other._types.items():
            if self._types.get(code) is CATALOGUE.get(code):
                self._types[code] = kind
        for exception, code in other._rules.items():
            if self._rules.get(exception) == DEFAULT_RULES.get(exception):
                self._rules[exception] = code

    def classify(self, error: BaseException) -> tuple[FriendlyType, float | None]:
        """The friendly type of an exception and the delay its raiser asked for, in seconds."""
        for link in causes(error):
            if isinstance(link, JobError):
                return self._types.get(link.code, self._types[FALLBACK]), link.retry_after
            if code := self._rule(type(link)):
                return self._types[code], None
        return self._types[FALLBACK], None

    def body(self, error: BaseException | str, *, id: str | None = None) -> ErrorBody:
        """The public `error` object for an exception or a code. Holds nothing of the exception's own text."""
        if isinstance(error, str):
            return self._types[error].body(id=id)
        kind, retry_after = self.classify(error)
        return kind.body(id=id, retry_after=retry_after)

    def _rule(self, raised: type[BaseException]) -> str | None:
        # Along the MRO, so that the nearest class wins over its bases, whatever the order of the rules.
        for base in raised.__mro__:
            if code := self._rules.get(base) or self._rules.get(f"{base.__module__}.{base.__qualname__}"):
                return code
        return None


def causes(error: BaseException) -> Iterator[BaseException]:
    """The exception, then what it was raised from (or while handling), each once; members of groups included."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        link = waiting.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        if isinstance(link, BaseExceptionGroup):
            waiting.extend(link.exceptions)
        before = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
        if before is not None:
            waiting.append(before)
