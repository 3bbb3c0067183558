"""Reading one job: its snapshot, at once or when it has moved, its result, its partial results, why it does not move."""

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from ..core.job import Job
from ..core.shown import Texts
from ..core.states import Status
from ..engine import remembered
from ..engine.batches import Batches
from ..engine.jobs import Jobs
from . import access, answers, asking, waiting
from .problems import Problem


class Reason(TypedDict):
    """`code`: draining, unknown_type, paused, retrying, delayed, type_limit, global_limit, behind, starting, still_running."""

    code: str
    text: Texts


class Why(TypedDict):
    """Why a job is not moving; no reasons when it is, or has ended."""

    id: str
    type: str
    status: Status
    reasons: list[Reason]


async def read(request: Request) -> Response:
    """The snapshot. With `since` the answer is held for `wait` seconds, until the job is beyond it; then `unchanged`."""
    return await _answered(request, asking.node(request).jobs)


async def read_batch(request: Request) -> Response:
    """The same of a batch."""
    return await _answered(request, asking.node(request).batches)


async def _answered(request: Request, things: Jobs | Batches) -> Response:
    node, job_id = asking.node(request), request.path_params["id"]
    seconds, since = asking.wait(request), asking.since(request)
    held = since[1] if since is not None and since[0] == node.store.epoch else -1

    def beyond(job: Job) -> bool:
        # Another epoch, or a seq that is not reached yet, is of another history: the asker has to take what there is.
        return job.is_completed or job.seq != held

    name = remembered.BATCH if things is node.batches else remembered.SNAPSHOT
    if (kept := node.remembered.answer(job_id, name)) is not None:
        tag, headers = _tagged(kept.tag)
        return _not_modified(request, tag, headers) or answers.plain(kept.body, headers=headers)
    if seconds and held >= 0:
        admission = access.admission(request)
        if not await waiting.until(node, job_id, seconds, beyond, admission, batch=things is node.batches):
            raise access.unauthorized(given=True)
    with node.remembered.reading(job_id) as looked:
        record = await things.read(job_id)
        if not beyond(record.job):
            return await answers.unchanged(node, record.job)
        retried_by = (await node.jobs.retried([record.job])).get(job_id)
        tag, headers = _tagged(answers.etag(record.job, node.store.epoch, retried_by))
        later = answers.later(node, record.job)
        if (same := _not_modified(request, tag, {**headers, **later})) is not None:
            return same
        answer = await answers.snapshot(node, record, headers=headers, retried_by=retried_by)
        if record.job.is_completed:
            node.remembered.keep(job_id, name, remembered.Answer(bytes(answer.body), tag), looked)
    return answer


def _tagged(tag: str) -> tuple[str, dict[str, str]]:
    return tag, {"ETag": tag, "Cache-Control": answers.FRESH}


def _not_modified(request: Request, tag: str, headers: dict[str, str]) -> Response | None:
    """304 if the asker holds this version already."""
    asked = asking.twin(request, "if-none-match", "if_none_match")
    return Response(status_code=304, headers=headers) if asked is not None and answers.matches(asked, tag) else None


async def result(request: Request) -> Response:
    """The result as JSON; 202 while there is none yet, 409 if the job ended without one."""
    node, job_id = asking.node(request), request.path_params["id"]
    if (kept := node.remembered.answer(job_id, remembered.RESULT)) is not None:
        return answers.plain(kept.body)
    with node.remembered.reading(job_id) as looked:
        record = await node.jobs.read(job_id)
        if record.result is not None:
            node.remembered.keep(job_id, remembered.RESULT, remembered.Answer(record.result), looked)
            return answers.plain(record.result)
    return await answers.snapshot(node, record, 409 if record.job.is_completed else 202)


async def partial(request: Request) -> Response:
    node = asking.node(request)
    job_id, seq = request.path_params["id"], request.path_params["seq"]
    await node.jobs.read(job_id)
    for kept in await node.jobs.results(job_id, min(seq, asking.SEQ_LIMIT) - 1, 1):
        if kept.seq == seq:
            return answers.plain(kept.data)
    raise Problem("NOT_FOUND", "this job has no partial result of that seq")


async def why(request: Request) -> Response:
    """Why it is not moving; no reasons when it is, or has ended."""
    node = asking.node(request)
    limit = node.settings.concurrency
    job, reasons = await node.jobs.why(request.path_params["id"], draining=node.draining, concurrency=limit)
    told: list[Reason] = [{"code": reason.code, "text": {"zh": reason.zh, "en": reason.en}} for reason in reasons]
    body: Why = {"id": job.id, "type": job.spec.type, "status": job.status, "reasons": told}
    return answers.value(body)
