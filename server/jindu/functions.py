"""What a decorated function becomes: still callable, submittable as a job, and the way to the jobs made of it."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from .core.durations import Duration, seconds
from .core.errors import Errors
from .core.hook import Hook
from .core.ids import CLIENT_ID
from .core.shown import JobItem
from .core.snapshot import item
from .core.states import Status
from .engine.refusals import UnknownJob
from .engine.registry import JobType, Registry
from .handles import Handle
from .settings import Settings
from .store.contract import Query

if TYPE_CHECKING:
    from .engine.jobs import Options
    from .node import Node

P = ParamSpec("P")
R = TypeVar("R")


class Opened(Protocol):
    """What of an `App` a function, and a trial of it, need."""

    registry: Registry
    errors: Errors

    @property
    def node(self) -> "Node": ...

    @property
    def settings(self) -> Settings: ...

    def serving(self, node: "Node") -> AbstractContextManager[None]: ...


class JobFunction(Generic[P, R]):
    """A decorated function: still callable as it was, and submittable as a job."""

    def __init__(self, app: Opened, job_type: JobType) -> None:
        self.type = job_type
        self._app = app
        update_wrapper(self, job_type.function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, without a job."""
        return self.type.function(*args, **kwargs)

    def options(
        self,
        *,
        key: str | None = None,
        owner: str | None = None,
        priority: int = 0,
        tags: Iterable[str] = (),
        delay: Duration = 0,
        expires_in: Duration | None = None,
        webhook: str | Hook | None = None,
        id: str | None = None,
    ) -> "Submitter[P, R]":
        """How the next submit is to be run. With `key` the same submit again gives the same job; `priority` is seconds of
        head start; `webhook` is told the end: a URL, or a `Hook` with a secret of your own. `id` is an id of your own choosing,
        16 to 64 characters of A-Z, a-z, 0-9, _ and -, such as a UUID; else `ValueError`."""
        from .engine.jobs import Options

        if id is not None and not CLIENT_ID.fullmatch(id):
            raise ValueError(f"an id of your own has 16 to 64 characters of A-Z, a-z, 0-9, _ and -: {id!r}")
        expiry = None if expires_in is None else seconds(expires_in)
        hook = Hook(webhook) if isinstance(webhook, str) else webhook
        return Submitter(self, Options(owner, key, priority, tuple(tags), seconds(delay), expiry, id, hook))

    async def submit(self, *args: P.args, **kwargs: P.kwargs) -> Handle[R]:
        """Make a job; durable when it returns. Raises `InvalidParams` with a pointer for each field, `NotOpen` too early."""
        return await self.options().submit(*args, **kwargs)

    async def submit_many(self, calls: Iterable[Mapping[str, Any]]) -> list[Handle[R]]:
        """Submit once per mapping of parameters, all checked before the first job exists; in the order given."""
        return await self.options().submit_many(calls)

    async def find(self, job_id: str, *, owner: str | None = None) -> Handle[R]:
        """A job made of this function, by its id. Raises `UnknownJob` when there is none, also when it is one of another
        function, or with `owner` not that owner's."""
        node = self._app.node
        spec = (await node.jobs.read(job_id)).job.spec
        if spec.type != self.type.name or owner not in (None, spec.owner):
            raise UnknownJob(job_id)
        return Handle(node, job_id)

    async def jobs(
        self,
        *,
        owner: str | None = None,
        status: str | None = None,
        tag: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[JobItem]:
        """Jobs made of this function, newest first, as `GET /v1/jobs` lists them: without params, results and stages. Raises
        `ValueError` for a status that is none."""
        node = self._app.node
        query = Query(None if status is None else Status(status), self.type.name, owner, tag, limit=max(limit + offset, 1))
        found = (await node.jobs.page(query))[offset : offset + limit]
        retried = await node.jobs.retried(found)
        return [item(job, node.store.epoch, node.clock.wall(), retried.get(job.id)) for job in found]

    async def counts(self, *, owner: str | None = None) -> dict[str, int]:
        """How many jobs made of this function there are of each status."""
        found = (await self._app.node.store.tally(owner)).get(self.type.name, {})
        return {status.value: found.get(status, 0) for status in Status}


class Submitter(Generic[P, R]):
    """A job function with options; see `JobFunction.options`."""

    def __init__(self, function: JobFunction[P, R], options: "Options") -> None:
        self._function = function
        self._options = options

    async def submit(self, *args: P.args, **kwargs: P.kwargs) -> Handle[R]:
        node = self._function._app.node
        node.check_webhook(self._options.webhook)
        params = self._function.type.params.pack(*args, **kwargs)
        job = await node.jobs.submit(self._function.type, params, self._options)
        return Handle(node, job.id)

    async def submit_many(self, calls: Iterable[Mapping[str, Any]]) -> list[Handle[R]]:
        from .engine.jobs import check_options

        node = self._function._app.node
        node.check_webhook(self._options.webhook)
        packed = [self._function.type.params.pack(**call) for call in calls]
        # One key, or id, cannot name many jobs.
        options = replace(self._options, key=None, id=None)
        for params in packed:
            check_options(params, options)
        submits: list[Awaitable[Any]] = [node.jobs.submit(self._function.type, params, options) for params in packed]
        return [Handle(node, job.id) for job in await asyncio.gather(*submits)]
