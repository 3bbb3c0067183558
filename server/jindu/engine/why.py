"""Why a job is not moving, in zh and en: what `/why` answers. Pure: all that is judged is handed in."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..core.job import Job
from ..core.states import Phase


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds jobs up around the one that is judged. Limits are of jobs running at once; `type_limit` None: the type is
    not known here. `held`: a run holds the job."""

    now: float
    draining: bool
    running: int
    limit: int
    type_running: int
    type_limit: int | None
    paused: bool
    ahead: int
    held: bool


def reasons(job: Job, around: Circumstances) -> list[Reason]:
    """In the order in which they would have to go away; none for a job that moves, or has ended and left nothing behind."""
    if job.phase is Phase.PENDING:
        found = [*_closed(job, around), *_later(job, around)]
        if not found:
            found = [*_crowded(job, around)]
        return found or [Reason("starting", f"{job.spec.type}：即将开始", f"{job.spec.type}: about to start")]
    if job.phase is Phase.CANCELLING:
        return [Reason("still_running", "已请求取消，仍在运行", "still running after cancel")]
    if job.phase in (Phase.FAILED, Phase.CANCELLED) and around.held:
        return [_left_behind(job)]
    return []


def _closed(job: Job, around: Circumstances) -> Iterator[Reason]:
    name = job.spec.type
    if around.draining:
        yield Reason("draining", "服务正在停止，重启后继续", "the server is stopping; it goes on after the restart")
    if around.type_limit is None:
        yield Reason("unknown_type", f"{name}：此服务没有这种任务", f"{name}: this server has no such job type")
    elif around.paused:
        yield Reason("paused", f"{name}：已暂停", f"{name}: paused")


def _later(job: Job, around: Circumstances) -> Iterator[Reason]:
    seconds = math.ceil(job.due_at - around.now)
    if seconds <= 0:
        return
    if job.retry_at is not None:
        yield Reason("retrying", f"{seconds} 秒后重试", f"retrying in {seconds} s")
    else:
        yield Reason("delayed", f"{seconds} 秒后开始", f"delayed, starts in {seconds} s")


def _crowded(job: Job, around: Circumstances) -> Iterator[Reason]:
    name = job.spec.type
    if around.type_limit is not None and around.type_running >= around.type_limit:
        figures = f"{around.type_running}/{around.type_limit}"
        yield Reason("type_limit", f"{name}：{figures} 正在运行", f"{name}: {figures} running")
    if around.running >= around.limit:
        figures = f"{around.running}/{around.limit}"
        yield Reason("global_limit", f"全部类型：{figures} 正在运行", f"all types: {figures} running")
    if around.ahead:
        yield Reason("behind", f"{name}：前面还有 {around.ahead} 个任务", f"{name}: behind {around.ahead} of higher rank")


def _left_behind(job: Job) -> Reason:
    if job.phase is Phase.CANCELLED:
        return Reason("still_running", "已取消，但仍在运行并占用名额", "still running after cancel, and holds its slot")
    return Reason("still_running", "已超时，但仍在运行并占用名额", "still running after time-out, and holds its slot")
