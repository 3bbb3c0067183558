"""The shapes of what the routes answer, as their document has them; a test holds every answer to them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Status = Literal["pending", "running", "completed", "failed", "cancelled"]
Stage = Literal["init", "generating", "reviewing", "saving", "completed", "failed", "cancelled"]


class Submitted(BaseModel):
    task_id: str
    status: Status


class Review(BaseModel):
    """What the automatic review found; `reasons` speak against the content."""

    score: Annotated[int, Field(ge=0, le=100)]
    passed: bool
    reasons: list[str]


class Content(BaseModel):
    """`cover_image` is a `data:` URI."""

    task_id: str
    account_id: int
    title: str
    body: str
    cover_image: Annotated[str, Field(pattern="^data:image/svg\\+xml;base64,")]
    review_status: Literal["approved", "pending_review", "rejected"]
    review: Review
    platform: str
    model: str


class Task(BaseModel):
    """`error` is one sentence for people. `poll_after`: seconds after which asking again makes sense; null when it has ended.
    `job_id` names the newest job of the task, which can be watched."""

    task_id: str
    status: Status
    stage: Stage
    progress: Annotated[float, Field(ge=0, le=100)]
    account_id: int
    topic: str
    keywords: list[str]
    priority: Annotated[int, Field(ge=0, le=10)]
    auto_approve: bool
    result: Content | None
    error: str | None
    created_at: datetime
    updated_at: datetime
    poll_after: Annotated[float, Field(ge=0)] | None
    job_id: str


class TaskList(BaseModel):
    """The newest first; `total` counts all that were asked for, also those beyond `limit`."""

    total: Annotated[int, Field(ge=0)]
    items: list[Task]


class Counts(BaseModel):
    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int


class Stats(BaseModel):
    """`success_rate` from 0 to 1, of those that completed or failed; 1 before the first."""

    total: int
    by_status: Counts
    success_rate: Annotated[float, Field(ge=0, le=1)]


class Cleaned(BaseModel):
    """How many tasks were removed, of those that ended more than `days` ago."""

    deleted: int
    days: int


class AccountShown(BaseModel):
    id: int
    name: str


class AccountList(BaseModel):
    total: int
    items: list[AccountShown]


class Refusal(BaseModel):
    """One sentence for people."""

    error: str


class ProblemShown(BaseModel, extra="allow"):
    """What the server refuses before any route is asked (RFC 9457), with a code, and texts in zh and en."""

    type: str
    title: str
    status: int
    detail: str
    code: str


SHAPES = (Submitted, Task, TaskList, Stats, Cleaned, AccountShown, AccountList, Refusal, ProblemShown)
