"""What happened to a job: its kept events and its log lines, in pages by seq."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from ..core import snapshot as shown
from ..core.shown import EventShown
from ..core.states import Kind
from . import answers, asking

PAGE_DEFAULT, PAGE_LIMIT = 100, 1_000


class EventPage(TypedDict):
    """Kept events of a job in their order."""

    id: str
    epoch: str
    items: list[EventShown]
    next_after: Annotated[int | None, Field(description="the `after` of the next page; null on the last")]


async def events(request: Request) -> Response:
    """Every kept event above `after`: all but overtaken progress."""
    return await _page(request, None)


async def lines(request: Request) -> Response:
    """The lines that the job logged."""
    return await _page(request, Kind.LOG)


async def _page(request: Request, kind: Kind | None) -> Response:
    node, job_id = asking.node(request), request.path_params["id"]
    after = asking.number(request, "after", 0, 0, asking.SEQ_LIMIT)
    limit = asking.number(request, "limit", PAGE_DEFAULT, 1, PAGE_LIMIT)
    job = (await node.jobs.read(job_id)).job
    # One more than asked for tells whether there is a next page.
    found = await node.jobs.log(job_id, after, limit + 1, kind)
    items = [shown.entry(job, entry.seq, entry.event) for entry in found[:limit]]
    next_after = found[limit - 1].seq if len(found) > limit else None
    headers = {}
    if next_after is not None:
        headers["Link"] = f'<{request.url.include_query_params(after=next_after)}>; rel="next"'
    body: EventPage = {"id": job_id, "epoch": node.store.epoch, "items": items, "next_after": next_after}
    return answers.value(body, headers=headers)
