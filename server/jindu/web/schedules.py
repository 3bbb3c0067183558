"""`/v1/schedules`: jobs that run again and again. For operators. Those declared in code are paused and run here only."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.clock import rfc3339
from ..core.codec import decode_own, encode
from ..core.schedule import Missed, Overlap, Schedule
from ..core.shown import Json, Seconds, Time
from ..engine import triggers
from ..engine.params import FieldError, InvalidParams
from ..engine.planning import ID_CHARS
from ..node import Node
from . import access, answers, asking, jobs, submitting

NEXT_SHOWN = 5  # due times
Cron: TypeAlias = Annotated[
    StrictStr,
    Field(max_length=200, description='five fields (minute, hour, day, month, weekday), as "*/10 8-18 * * mon-fri", or @daily'),
]
Every: TypeAlias = Annotated[
    Annotated[float, Field(strict=True, json_schema_extra={"minimum": triggers.LEAST_EVERY, "maximum": triggers.MOST_EVERY})]
    | Annotated[StrictStr, Field(json_schema_extra={"pattern": "^[1-9][0-9]{0,2}[smhd]$"})],
    Field(description='seconds, or text such as "10m"'),
]
Zone: TypeAlias = Annotated[StrictStr, Field(max_length=100, description="of the cron, such as Europe/Berlin")]
Choice: TypeAlias = Annotated[Overlap, Field(description="a run that falls due while the one before has not ended")]
Late: TypeAlias = Annotated[Missed, Field(description="runs that fell due while no server ran: once for all, or left out")]


class ScheduleBody(BaseModel):
    """The body of `POST /v1/schedules`: either `cron` or `every`."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[StrictStr, Field(min_length=1, max_length=ID_CHARS, pattern=r"^[A-Za-z0-9_.-]+$")] | None = None
    type: StrictStr
    params: dict[str, Any] = Field(default_factory=dict)
    cron: Cron | None = None
    every: Every | None = None
    timezone: Zone = "UTC"
    overlap: Choice = Overlap.SKIP
    missed: Late = Missed.ONCE
    owner: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    priority: submitting.Priority = 0
    tags: submitting.Tags = Field(default_factory=list)
    paused: StrictBool = False


class ScheduleChange(BaseModel):
    """The body of `PATCH /v1/schedules/{id}`: what is not given stays; `cron` takes the place of `every`, and the other way
    round."""

    model_config = ConfigDict(extra="forbid")

    params: dict[str, Any] | None = None
    cron: Cron | None = None
    every: Every | None = None
    timezone: Zone | None = None
    overlap: Choice | None = None
    missed: Late | None = None
    priority: submitting.Priority | None = None
    tags: submitting.Tags | None = None

    def fields(self) -> dict[str, Any]:
        """Of the schedule, that change."""
        given = self.model_dump(exclude_none=True)
        if "params" in given:
            given["params"] = encode(self.params)
        if "tags" in given:
            given["tags"] = tuple(given["tags"])
        if "cron" in given or "every" in given:
            given |= _checked(given.get("cron"), given.get("every"), given.get("timezone", "UTC"))
        return given


class ScheduleShown(TypedDict):
    """A schedule. `declared`: in the code of the application. `skipped` counts runs that were left out."""

    id: str
    type: str
    params: Annotated[Json, Field(json_schema_extra={"type": "object"})]
    cron: str | None
    every: Seconds | None
    timezone: str
    overlap: Literal["skip", "queue"]
    missed: Literal["once", "skip"]
    owner: str | None
    priority: int
    tags: list[str]
    declared: bool
    paused: bool
    created_at: Time
    next_at: Annotated[Time | None, Field(description="null while paused, or if there is none")]
    next: Annotated[list[Time], Field(description="the next few due times")]
    held_at: Annotated[Time | None, Field(description="a due time that waits for the end of the run before")]
    last_at: Time | None
    last_job: str | None
    runs: int
    skipped: int


class ScheduleList(TypedDict):
    """All schedules by id."""

    items: list[ScheduleShown]


def routes() -> list[Route]:
    operator = access.needs_operator
    one = {"GET": operator(read), "PATCH": operator(change), "DELETE": operator(drop)}
    return [
        jobs.by_method("/v1/schedules", {"GET": operator(schedules), "POST": operator(create)}),
        jobs.by_method("/v1/schedules/{id}", one),
        Route("/v1/schedules/{id}/pause", operator(pause), methods=["POST"]),
        Route("/v1/schedules/{id}/resume", operator(resume), methods=["POST"]),
        Route("/v1/schedules/{id}/run", operator(run), methods=["POST"]),
    ]


async def schedules(request: Request) -> Response:
    node = asking.node(request)
    return answers.value({"items": [_shown(node, one) for one in await node.schedules.all()]})


async def create(request: Request) -> Response:
    """201 with the schedule; 422 for an id that is taken."""
    node = asking.node(request)
    body = asking.model(ScheduleBody, await asking.json(request))
    wanted = Schedule(
        id=body.id or body.type,
        type=body.type,
        params=encode(body.params),
        created_at=0.0,
        timezone=body.timezone,
        overlap=body.overlap,
        missed=body.missed,
        owner=body.owner,
        priority=body.priority,
        tags=tuple(dict.fromkeys(body.tags)),
        paused=body.paused,
        **_checked(body.cron, body.every, body.timezone),
    )
    made = await node.schedules.create(wanted)
    return answers.value(_shown(node, made), 201, {"Location": f"/v1/schedules/{made.id}"})


async def read(request: Request) -> Response:
    node = asking.node(request)
    return answers.value(_shown(node, await node.schedules.read(request.path_params["id"])))


async def change(request: Request) -> Response:
    """200 with the schedule as it is now; due times count anew if they changed."""
    node, body = asking.node(request), asking.model(ScheduleChange, await asking.json(request))
    try:
        changed = await node.schedules.change(request.path_params["id"], **body.fields())
    except triggers.BadTrigger as error:
        raise _pointed(error) from None
    return answers.value(_shown(node, changed))


async def drop(request: Request) -> Response:
    """204; its runs stay."""
    await asking.node(request).schedules.drop(request.path_params["id"])
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def pause(request: Request) -> Response:
    """Nothing falls due until it is resumed, also across restarts; what runs goes on."""
    node = asking.node(request)
    return answers.value(_shown(node, await node.schedules.pause(request.path_params["id"])))


async def resume(request: Request) -> Response:
    """Due times count from now on."""
    node = asking.node(request)
    return answers.value(_shown(node, await node.schedules.resume(request.path_params["id"])))


async def run(request: Request) -> Response:
    """202 with a run out of turn."""
    node = submitting.open_node(request)
    job = await node.schedules.run_now(request.path_params["id"])
    return await submitting.accepted(request, job, None, new=True)


def _checked(cron: str | None, every: float | str | None, timezone: str) -> dict[str, Any]:
    try:
        checked = triggers.trigger(cron, every, timezone)
    except triggers.BadTrigger as error:
        raise _pointed(error) from None
    return {"cron": checked.cron, "every": checked.every}


def _pointed(error: triggers.BadTrigger) -> InvalidParams:
    return InvalidParams([FieldError(f"/{error.field}", str(error))])


def _shown(node: Node, of: Schedule) -> ScheduleShown:
    upcoming = node.schedules.upcoming(of, NEXT_SHOWN)
    return {
        "id": of.id,
        "type": of.type,
        "params": decode_own(of.params),
        "cron": of.cron,
        "every": of.every,
        "timezone": of.timezone,
        "overlap": of.overlap.value,
        "missed": of.missed.value,
        "owner": of.owner,
        "priority": of.priority,
        "tags": list(of.tags),
        "declared": of.declared,
        "paused": of.paused,
        "created_at": rfc3339(of.created_at),
        "next_at": rfc3339(upcoming[0]) if upcoming else None,
        "next": [rfc3339(at) for at in upcoming],
        "held_at": rfc3339(of.held_at),
        "last_at": rfc3339(of.last_at),
        "last_job": of.last_job,
        "runs": of.runs,
        "skipped": of.skipped,
    }
