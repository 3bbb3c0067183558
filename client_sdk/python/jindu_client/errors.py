"""Everything this package raises.

JinduError
├── ApiError               the server refused a request (problem+json, or a `problem` frame)
│   ├── InvalidParams      422: `errors` points at each field
│   ├── AccessDenied       401, 403: no key, a wrong key, or not allowed
│   ├── NotFound           404, 410: never existed, is not yours, or has expired
│   ├── Conflict           409: not possible as the job stands, such as cancelling what has ended
│   └── Unavailable        the server cannot be reached, or says that it cannot answer now
├── WatchStopped           the server ended the connection for good (close codes 4000-4099)
├── JobError               a job that was waited for did not complete
│   ├── JobFailed
│   └── JobCancelled
├── NotEnded               a result was asked for that does not exist yet
└── WaitTimeout            the caller's time is over; the job goes on
"""

from collections.abc import Mapping, Sequence
from typing import Any

Text = Mapping[str, str]


class JinduError(Exception):
    """The base of all errors of this package. `lang` ("zh" or "en") is the language of `str(error)`, where there are two."""

    lang = "en"

    def _texts(self) -> Text:
        """What `str(error)` says, by language."""
        return {}

    def __str__(self) -> str:
        return self._texts().get(self.lang) or super().__str__()


class ApiError(JinduError):
    """A refused request. `status` is the HTTP status, 0 when there was none (a frame, or no answer at all).

    `text` holds `zh` and `en` sentences for people; `retry_after` is seconds, or None; `errors` has one mapping for each
    wrong field, with a JSON pointer.
    """

    def __init__(self, problem: Mapping[str, Any], status: int = 0) -> None:
        self.status = status
        self.code = str(problem.get("code") or "UNKNOWN")
        self.title = plain(problem.get("title")) or self.code
        self.detail = plain(problem.get("detail"))
        self.text = texts(problem.get("text")) or texts(problem.get("title"))
        self.action: str | None = problem.get("action")
        self.action_text = texts(problem.get("action_text"))
        self.retryable = bool(problem.get("retryable") or problem.get("temporary"))
        self.retry_after = seconds(problem.get("retry_after"))
        self.errors: Sequence[Mapping[str, Any]] = [e for e in problem.get("errors") or () if isinstance(e, Mapping)]
        self.trace_id: str | None = problem.get("trace_id")
        super().__init__(": ".join(part for part in (self.code, self.detail or self.title) if part))

    def _texts(self) -> Text:
        return {"zh": f"{self.code}: {self.text['zh']}"} if self.text.get("zh") else {}


class InvalidParams(ApiError):
    """The parameters do not fit the job type; nothing was accepted."""


class AccessDenied(ApiError):
    """No key, a wrong key, or a key that may not do this."""


class NotFound(ApiError):
    """The job or job type never existed, is not yours, or has expired."""


class Conflict(ApiError):
    """Not possible as things stand: cancelling what has ended, retrying what did not fail, deleting what still runs."""


class Unavailable(ApiError):
    """No answer, or one that says "not now". Trying again later may help."""


class WatchStopped(JinduError):
    """The server ended the connection and asks not to be dialled again. `code` is the WebSocket close code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"the server ended the watch for good: {why} ({code})")
        self.code = code
        self.why = why


class JobError(JinduError):
    """A job ended without a result. `title`, `message` and `action_text` hold `zh` and `en`; `retry_after` is seconds.

    `partial` holds the partial results by key; `reached` the percent it had come to; `id` is what to quote to support.
    """

    def __init__(self, job: str, body: Mapping[str, Any], partial: Mapping[Any, Any], reached: float | None = None) -> None:
        self.job = job
        self.code = str(body.get("code") or "INTERNAL_ERROR")
        self.title = texts(body.get("title"))
        self.message = texts(body.get("message"))
        self.action: str | None = body.get("action")
        self.action_text = texts(body.get("action_text"))
        self.retryable = bool(body.get("retryable"))
        self.retry_after = seconds(body.get("retry_after"))
        self.id: str | None = body.get("id")
        self.partial = dict(partial)
        self.reached = reached
        super().__init__(f"{self.code}: {self.title.get('en') or 'the job did not complete'} (job {job})")

    def _texts(self) -> Text:
        title = self.title.get("zh")
        return {"zh": f"{self.code}: {title}（任务 {self.job}）"} if title else {}


class JobFailed(JobError):
    """The job failed for good."""


class JobCancelled(JobError):
    """The job was cancelled."""


class NotEnded(JinduError):
    """The job has no result yet. `job` is its id, `status` "pending" or "running"."""

    def __init__(self, job: str, status: str) -> None:
        super().__init__(f"job {job} is {status}: it has no result yet")
        self.job = job
        self.status = status


class WaitTimeout(JinduError, TimeoutError):
    """The caller's time is over. The job goes on, and may be waited for again."""


# What any client does with an answer that is not a success.
_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: AccessDenied,
    403: AccessDenied,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    422: InvalidParams,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
    507: Unavailable,
}
_BY_CODE: Mapping[str, type[ApiError]] = {"NOT_FOUND": NotFound, "FORBIDDEN": AccessDenied, "UNAUTHORIZED": AccessDenied}


def api_error(problem: Mapping[str, Any], status: int = 0) -> ApiError:
    """The error of the right class for a problem+json object or a `problem` frame."""
    by_code = _BY_CODE.get(str(problem.get("code")), ApiError)
    return _BY_STATUS.get(status, by_code)(problem, status)


def unreachable(why: str) -> Unavailable:
    """No HTTP answer at all."""
    text = {
        "zh": "无法连接到服务器，请确认它已启动、地址正确。",
        "en": "The server cannot be reached. Is it running, and the URL right?",
    }
    return Unavailable({"code": "UNREACHABLE", "detail": why, "text": text, "title": text["en"], "retryable": True})


def texts(value: Any) -> dict[str, str]:
    """A `{zh, en}` object; a plain string stands for both."""
    if isinstance(value, str):
        return {"zh": value, "en": value}
    return {k: str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def plain(value: Any) -> str:
    """One line of text from a string or a `{zh, en}` object, English first."""
    found = texts(value)
    return found.get("en") or next(iter(found.values()), "")


def seconds(value: Any) -> float | None:
    """A number of seconds, or None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
