"""From an exception to a friendly error.

The exception is looked at first, then what it was raised from, further and further down; the first that is known decides.

Exception
├── JobError            an author (or we) name the code
├── JobTimeout          an attempt ran for longer than its time limit
└── anything else       in this order: a rule function of the application; a rule for its type; the answer of another service
                        that it carries (`upstream`); a rule for a base that says little (OSError, Exception); its errno.
                        Where nothing down the chain is known: INTERNAL_ERROR

NETWORK_ERROR says little: where a cause below it is a refused connection, an unknown name or a failed TLS, that one is told.
"""

import errno
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from .catalogue import CATALOGUE, FriendlyType
from .durations import Duration, seconds
from .foreign import asked, part
from .shown import ErrorBody
from .upstream import meaning

FALLBACK = "INTERNAL_ERROR"
Rule: TypeAlias = Callable[[BaseException], str | None]


class JobTimeout(Exception):
    """The time limit of an attempt, or of a command in it, is over. Applications may map it to a code of their own."""


# Dotted names stand for classes of packages that the core must not import.
DEFAULT_RULES: Mapping[type[BaseException] | str, str] = {
    JobTimeout: "JOB_TIMEOUT",
    ConnectionRefusedError: "CONNECTION_REFUSED",
    ConnectionError: "NETWORK_ERROR",
    TimeoutError: "NETWORK_ERROR",
    "socket.gaierror": "DNS_ERROR",
    "ssl.SSLError": "TLS_ERROR",
    "ssl.SSLEOFError": "NETWORK_ERROR",  # the other side hung up
    "json.decoder.JSONDecodeError": "AI_BAD_ANSWER",
    "httpx.TransportError": "NETWORK_ERROR",
    "httpx.ReadTimeout": "AI_PLATFORM_TIMEOUT",  # it was reached, and did not answer
    "httpx.DecodingError": "AI_BAD_ANSWER",
    "requests.exceptions.ConnectionError": "NETWORK_ERROR",
    "requests.exceptions.ReadTimeout": "AI_PLATFORM_TIMEOUT",
    "aiohttp.client_exceptions.ClientConnectionError": "NETWORK_ERROR",
    "aiohttp.client_exceptions.ContentTypeError": "AI_BAD_ANSWER",
    "aiohttp.client_exceptions.SocketTimeoutError": "AI_PLATFORM_TIMEOUT",
    "openai.APIConnectionError": "NETWORK_ERROR",
    "openai.APITimeoutError": "AI_PLATFORM_TIMEOUT",
    "openai.ContentFilterFinishReasonError": "AI_CONTENT_REFUSED",
    "anthropic.APIConnectionError": "NETWORK_ERROR",
    "anthropic.APITimeoutError": "AI_PLATFORM_TIMEOUT",
    "jindu.engine.children.ChildDied": "JOB_CRASHED",
}
ERRNO_RULES: Mapping[int, str] = {
    errno.ECONNREFUSED: "CONNECTION_REFUSED",
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "STORAGE_FULL"),
    **dict.fromkeys(
        (
            errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN, errno.ENETRESET,
            errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.EADDRNOTAVAIL,
        ),
        "NETWORK_ERROR",
    ),
}  # fmt: skip
_SAY_LITTLE = (OSError, Exception, BaseException)
_BROAD = "NETWORK_ERROR"
_NARROWER = frozenset({"CONNECTION_REFUSED", "DNS_ERROR", "TLS_ERROR"})


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
        self._functions: list[Rule] = []

    @property
    def codes(self) -> list[str]:
        """All codes, the catalogue's and those that were added."""
        return list(self._types)

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

    def rule(self, function: Rule) -> Rule:
        """Ask `function` first of every exception, and of its causes: it returns a code, or None where it has nothing to say.

        May be used as a decorator; functions are asked in the order of their adding, and one that raises says nothing.
        """
        self._functions.append(function)
        return function

    def take(self, other: "Errors") -> None:
        """Take over the types and rules that `other` added, where this one has not its own."""
        for code, kind in other._types.items():
            if self._types.get(code) is CATALOGUE.get(code):
                self._types[code] = kind
        for exception, code in other._rules.items():
            if self._rules.get(exception) == DEFAULT_RULES.get(exception):
                self._rules[exception] = code
        self._functions += [function for function in other._functions if function not in self._functions]

    def classify(self, error: BaseException) -> tuple[FriendlyType, float | None]:
        """The friendly type of an exception, and the delay that its raiser or the answer it carries asked for, in seconds."""
        for link in causes(error):
            if isinstance(link, JobError):
                return self._types.get(link.code, self._types[FALLBACK]), link.retry_after
            if found := self._judged(link):
                code, delay = found
                kind = self._types.get(self._narrowed(link) if code == _BROAD else code, self._types[FALLBACK])
                # Only who raises the error can make a type retryable that is not; a platform that is out of quota cannot.
                return kind, delay if kind.retryable else None
        return self._types[FALLBACK], None

    def body(self, error: BaseException | str, *, id: str | None = None) -> ErrorBody:
        """The public `error` object for an exception or a code. Holds nothing of the exception's own text."""
        if isinstance(error, str):
            return self._types[error].body(id=id)
        kind, retry_after = self.classify(error)
        return kind.body(id=id, retry_after=retry_after)

    def _judged(self, link: BaseException) -> tuple[str, float | None] | None:
        """Code and delay of one exception, without its causes."""
        for function in self._functions:
            if isinstance(code := asked(function, link), str):
                return code, None
        near, far = self._by_type(type(link))
        if near:
            return near, None
        if told := meaning(link):
            return told
        number = part(link, "errno") if isinstance(link, OSError) else None
        code = far or (ERRNO_RULES.get(number) if isinstance(number, int) else None)
        return (code, None) if code else None

    def _by_type(self, raised: type[BaseException]) -> tuple[str | None, str | None]:
        """The code for the type or its nearest base that has a rule; and, apart, the one for a base that says little."""
        # Along the MRO, so that the nearest class wins over its bases, whatever the order of the rules.
        for base in raised.__mro__:
            if code := self._rules.get(base) or self._rules.get(f"{base.__module__}.{base.__qualname__}"):
                return (None, code) if base in _SAY_LITTLE and base is not raised else (code, None)
        return None, None

    def _narrowed(self, link: BaseException) -> str:
        # Also what was hidden by `raise … from None`: httpx hides in this way what its connection met.
        for below in causes(link, hidden=True):
            found = None if isinstance(below, JobError) else self._judged(below)
            if found and found[0] in _NARROWER:
                return found[0]
        return _BROAD


def causes(error: BaseException, *, hidden: bool = False) -> Iterator[BaseException]:
    """The exception, then what it was raised from (or while handling; with `hidden` whatever hid that), each once; members of
    groups included."""
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
        before = link.__cause__ or (link.__context__ if hidden or not link.__suppress_context__ else None)
        if before is not None:
            waiting.append(before)
