"""docs/errors.md, written from the catalogue itself: `python -m jindu.cli.errors_text FILE`.

A test compares the file with what this makes; `make docs` writes it.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from ..core.catalogue import ACTIONS, CATALOGUE, FriendlyType
from ..core.errors import DEFAULT_RULES
from ..core.job_errors import JOB_ERRORS
from ..store.contexts import KEPT_ROWS, KEPT_SECONDS

_HEAD = """# Friendly errors

Whatever goes wrong reaches people as one object: a code, a title, what happened, one button, and an id to quote.

```json
{"code": "AI_RATE_LIMITED", "title": {"zh": "…", "en": "…"}, "message": {"zh": "…", "en": "…"},
 "action": "wait", "action_text": {"zh": "稍后再试", "en": "Try later"},
 "retryable": true, "retry_after": 2, "id": "01JOB…-1"}
```

Nothing an exception says is in it. `action` is one of
ACTIONS.

*Again* says whether a job with `retry=` is tried again by itself, and the least wait before that where there is one; while it
waits, `retry_at` of the job says when the next attempt comes. *HTTP* is the status of a request that is refused with the type;
a job that failed is read with 200, its result with 409. This file is made by `make docs`.
"""

_RULES = """
## Which error an exception becomes

The exception is looked at first, then what it was raised from, further and further down, members of exception groups included;
the first that is known decides. Of each:

1. `JobError("CODE")` is that code.
2. Rule functions of the application are asked in the order of their adding.
3. A rule for its type or the nearest base of it, the application's before ours.
4. The answer of another service that it carries, as exceptions of httpx, requests, aiohttp, urllib, openai and anthropic do:
   first the code in its body, then its status. 401 and 403 are AI_KEY_REJECTED, 402 and 429 with "insufficient_quota"
   AI_QUOTA_EXHAUSTED, other 429 AI_RATE_LIMITED, 404 about a model AI_MODEL_MISSING, 400 about a content policy
   AI_CONTENT_REFUSED, 408 and
   504 AI_PLATFORM_TIMEOUT, all else AI_PLATFORM_ERROR. Bodies are read as OpenAI, Azure, Anthropic, Gemini, DeepSeek, Moonshot,
   DashScope, SiliconFlow, Volcengine Ark, Zhipu, Qianfan, MiniMax, Spark and Hunyuan write them. `Retry-After` is honoured
   where the error may be retried.
5. A rule for `OSError` or `Exception`; the number of an `OSError`.

Where nothing is known it is INTERNAL_ERROR. NETWORK_ERROR gives way to a refused connection, an unknown name or a failed TLS
below it.

| type | code |
|---|---|
"""

_OWN = """
## Types and rules of your own

```python
import sqlite3

from jindu import App, JobTimeout

app = App()
app.errors.add(
    "OVEN_COLD",
    title={"zh": "烤箱未热", "en": "The oven is cold"},
    message={"zh": "请预热后重试。", "en": "Heat it, then try again."},
    action="retry",
    retryable=True,
    retry_after=30,
)
app.errors.map(JobTimeout, "DIAGNOSIS_TIMEOUT")          # a type, and what derives from it
app.errors.map(sqlite3.DatabaseError, "OVEN_COLD")


@app.errors.rule                                         # anything else: by status, by text, by attribute
def cold(error: BaseException) -> str | None:
    return "OVEN_COLD" if getattr(error, "status_code", None) == 425 else None
```

A type added under a known code takes its place. A rule function that raises has nothing to say. `app.include(other)` takes over
the types and rules of another app; what this app says of an error wins.

## For operators

Each failed attempt leaves a context under the id that people can quote: job, type, stage, attempt, run, code, time, and the
exception's type, text and traceback. What looks like a secret is blotted out (`***`) in it, and in the log: keys and tokens by
their shape, values beside names such as `api_key`, `password`, `Authorization`, and the user and query of addresses. A secret
that nothing marks as one cannot be known. Contexts are kept DAYS days, the newest ROWS of them, also when their job is removed.

```sh
jindu task error ID                                      # an error id, or a job id for all its failed attempts
```

`GET /v1/errors/{id}` gives one with its traceback, `GET /v1/errors?job=&code=&limit=` a list without tracebacks, newest first;
the log line of a failure names the id.
"""

_COLUMNS = "| code | title | what people are told | button | again | HTTP |\n|---|---|---|---|---|---|\n"


def markdown() -> str:
    """The text of docs/errors.md."""
    actions = ", ".join(f"`{name}`" for name in ACTIONS)
    requests = [kind for kind in CATALOGUE.values() if kind not in JOB_ERRORS]
    own = _OWN.replace("DAYS", str(KEPT_SECONDS // 86_400)).replace("ROWS", f"{KEPT_ROWS:,}")
    return "".join(
        [
            _HEAD.replace("ACTIONS", actions),
            "\n## What jobs end with\n\n" + _COLUMNS,
            *_rows(JOB_ERRORS),
            "\n## What requests are refused with\n\n" + _COLUMNS,
            *_rows(requests),
            _RULES,
            *(f"| `{_name(raised)}` | {code} |\n" for raised, code in DEFAULT_RULES.items()),
            own,
        ]
    )


def _rows(kinds: Iterable[FriendlyType]) -> Iterable[str]:
    for kind in kinds:
        button = ACTIONS[kind.action]
        again = "no" if not kind.retryable else "yes" if kind.retry_after is None else f"yes, {kind.retry_after:g} s"
        texts = (f"{text['zh']}<br>{text['en']}" for text in (kind.title, kind.message))
        shown = f"{button['zh']} / {button['en']} `{kind.action}`"
        yield f"| `{kind.code}` | {' | '.join(texts)} | {shown} | {again} | {kind.status} |\n"


def _name(raised: type[BaseException] | str) -> str:
    return raised if isinstance(raised, str) else raised.__name__


def main() -> None:
    """Write each file named."""
    for name in sys.argv[1:]:
        Path(name).write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
