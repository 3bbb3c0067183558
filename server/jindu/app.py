"""The author's face: `App`, the `job` decorator, and what a decorated function becomes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, Unpack, overload

from .core.durations import Duration, seconds
from .core.errors import Errors
from .core.hook import Hook
from .core.schedule import Schedule
from .engine.context import Context
from .engine.planning import ScheduleOptions, planned
from .engine.registry import JobOptions, JobType, Registry, declare
from .handles import Handle, NotOpen
from .monitor.apart import apart
from .monitor.report_building import Report
from .monitor.report_keeping import keep
from .settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

    from .engine.jobs import Options
    from .node import Node

P = ParamSpec("P")
R = TypeVar("R")


class App:
    """Gathers jobs and their friendly errors. An ASGI application as it stands; `jindu serve module:app` runs it best.

    `store` and other settings given here win over the environment; the command line wins over both.
    """

    def __init__(self, *, store: str | None = None, settings: Settings | None = None) -> None:
        self.errors = Errors()
        self.registry = Registry()
        self._functions: list[JobFunction[..., Any]] = []
        self.report = Report()
        self._schedules: dict[str, Schedule] = {}
        self._settings = settings
        self._store = store
        self._node: Node | None = None
        self._asgi: Starlette | None = None

    @property
    def settings(self) -> Settings:
        """The settings in force. Read from environment and file at the first look, so that importing an app reads nothing."""
        if self._settings is None:
            self.configure()
        assert self._settings is not None
        return self._settings

    def configure(self, **changes: Any) -> None:
        """Change settings before the app is opened; raises `ValueError` for a name that is none or a value that does not fit.

        What was not given here or to `App` is read anew from the environment and the settings file.
        """
        if self._settings is not None:
            given = self._settings.arguments
        else:
            given = {} if self._store is None else {"store": self._store}
        self._settings = Settings(**{**given, **changes})

    @property
    def node(self) -> "Node":
        """The running node; raises `NotOpen` with what to do before the app is opened."""
        if self._node is None:
            raise NotOpen(
                "the app is not open: run it with `jindu serve`, attach it to your application with app.attach(api, path), "
                "or wrap your code in `async with app.open():`"
            )
        return self._node

    @overload
    def job(self, function: Callable[Concatenate[Context, P], Coroutine[Any, Any, R]], /) -> "JobFunction[P, R]": ...
    @overload
    def job(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> "JobFunction[P, R]": ...
    @overload
    def job(self, function: Callable[Concatenate[Context, P], R], /) -> "JobFunction[P, R]": ...
    @overload
    def job(self, function: Callable[P, R], /) -> "JobFunction[P, R]": ...
    @overload
    def job(self, **options: Unpack[JobOptions]) -> "JobDecorator": ...

    def job(self, *function: Any, **options: Unpack[JobOptions]) -> Any:
        """Make a function a job. Its type is the function's name unless `name` is given.

        `timeout` is per attempt; without `retry` a job is tried once; `concurrency` is how many of this type run at once;
        `keep_for` how long it is kept after its end (else as the settings say); `run_in` "process" gives a plain def a child
        process of its own; `pace` is progress reports a second, 0 for no limit. Raises `TypeError` or `ValueError` with what
        to change.
        """
        decorate: Any = JobDecorator(self, options)
        return decorate(*function) if function else decorate

    @overload
    def schedule(self, cron: str, job: "JobFunction[..., Any]", /, **options: Unpack[ScheduleOptions]) -> None: ...
    @overload
    def schedule(self, job: "JobFunction[..., Any]", /, *, every: Duration, **options: Unpack[ScheduleOptions]) -> None: ...
    @overload
    def schedule(self, *, every: Duration, job: "JobFunction[..., Any]", **options: Unpack[ScheduleOptions]) -> None: ...

    def schedule(self, *what: Any, **options: Any) -> None:
        """Run a job again and again: `app.schedule("*/10 * * * *", tidy)`, `app.schedule(tidy, every="10m")`.

        `timezone` is that of the cron (UTC); `overlap` "skip" leaves a run out while the one before has not ended, "queue" lets
        one wait for it; `missed` "once" makes up with one run for what fell due while no server ran, "skip" with none; `id`
        names the schedule (the job's type if not given); `params` are the job's. Whether it is paused, and how far it is, is
        kept in the store. Raises `ValueError`, and `InvalidParams` for `params`, with what to change.
        """
        self._plan(planned(what, options))

    def schedule_report(self, cron: str, **options: Unpack[ScheduleOptions]) -> None:
        """Build and save the report again and again, as the job `warmup_report`; `options` as of `schedule`."""

        async def warmup_report() -> dict[str, Any]:
            node = job._app.node  # of the app that has taken over this one, if one has
            made = await node.report.build_report_async()
            folder = Path(node.settings.report_folder)
            files = await apart(lambda: keep(made, folder), "report")
            return {"saved": [path.relative_to(folder).as_posix() for path in files], "missing": made["missing"]}

        job = self.job(warmup_report)
        self.schedule(cron, job, **options)

    def _plan(self, schedule: Schedule) -> None:
        if self._schedules.setdefault(schedule.id, schedule) is not schedule:
            raise ValueError(f"there is a schedule {schedule.id!r} already; give one of them another id=")

    def include(self, other: "App") -> None:
        """Take over the jobs and friendly errors of another app, as of a module; what this app says of an error wins."""
        self.errors.take(other.errors)
        for function in other._functions:
            job_type = replace(function.type, errors=self.errors)
            self.registry.add(job_type)
            function.type, function._app = job_type, self
            self._functions.append(function)
        self.report.take(other.report)
        for schedule in other._schedules.values():
            self._plan(schedule)

    @asynccontextmanager
    async def open(self, **changes: Any) -> AsyncIterator["Node"]:
        """Run jobs inside this process without a server: for scripts and tests. `changes` are settings."""
        from .node import open_node

        if changes:
            self.configure(**changes)
        planned = tuple(self._schedules.values())
        async with open_node(self.registry, self.errors, self.settings, planned=planned, report=self.report) as node:
            with self.serving(node):
                yield node

    @contextmanager
    def serving(self, node: "Node") -> Iterator[None]:
        """What the jobs of this app submit goes to this node meanwhile; `open` and trials say so."""
        self._node = node
        try:
            yield
        finally:
            self._node = None

    def asgi(self) -> "Starlette":
        """The ASGI application: API and WebSocket, the node in its lifespan."""
        from .web.application import build

        if self._asgi is None:
            self._asgi = build(self.open, self.settings)
        return self._asgi

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        await self.asgi()(scope, receive, send)

    def attach(self, api: "Starlette", path: str) -> None:
        """Put Jindu into a Starlette or FastAPI app under `path`, and open it with that app's lifespan.

        A mounted app's own lifespan does not run, so the two are chained here. Draining, the write-stall abort and shared
        frames need `jindu serve`.
        """
        inner = self.asgi()
        outer = api.router.lifespan_context

        @asynccontextmanager
        async def both(app: Any) -> AsyncIterator[Any]:
            async with inner.router.lifespan_context(inner), outer(app) as state:
                yield state

        api.router.lifespan_context = both
        api.mount(path, inner)


class JobDecorator:
    """What `app.job(…)` with options returns: decorates one function."""

    def __init__(self, app: App, options: JobOptions) -> None:
        self._app = app
        self._options = options

    @overload
    def __call__(self, function: Callable[Concatenate[Context, P], Coroutine[Any, Any, R]], /) -> "JobFunction[P, R]": ...
    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> "JobFunction[P, R]": ...
    @overload
    def __call__(self, function: Callable[Concatenate[Context, P], R], /) -> "JobFunction[P, R]": ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> "JobFunction[P, R]": ...

    def __call__(self, function: Callable[..., Any], /) -> Any:
        job_type = declare(function, self._app.errors, **self._options)
        self._app.registry.add(job_type)
        decorated: JobFunction[..., Any] = JobFunction(self._app, job_type)
        self._app._functions.append(decorated)
        return decorated


class JobFunction(Generic[P, R]):
    """A decorated function: still callable as it was, and submittable as a job."""

    def __init__(self, app: App, job_type: JobType) -> None:
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
    ) -> "Submitter[P, R]":
        """How the next submit is to be run. With `key` the same submit again gives the same job; `priority` is seconds of
        head start; `webhook` is told the end: a URL, or a `Hook` with a secret of your own."""
        from .engine.jobs import Options

        expiry = None if expires_in is None else seconds(expires_in)
        hook = Hook(webhook) if isinstance(webhook, str) else webhook
        return Submitter(self, Options(owner, key, priority, tuple(tags), seconds(delay), expiry, webhook=hook))

    async def submit(self, *args: P.args, **kwargs: P.kwargs) -> Handle[R]:
        """Make a job; durable when it returns. Raises `InvalidParams` with a pointer for each field, `NotOpen` too early."""
        return await self.options().submit(*args, **kwargs)

    async def submit_many(self, calls: Iterable[Mapping[str, Any]]) -> list[Handle[R]]:
        """Submit once per mapping of parameters, all checked before the first job exists; in the order given."""
        return await self.options().submit_many(calls)


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
        # One key cannot name many jobs.
        options = replace(self._options, key=None)
        for params in packed:
            check_options(params, options)
        submits: list[Awaitable[Any]] = [node.jobs.submit(self._function.type, params, options) for params in packed]
        return [Handle(node, job.id) for job in await asyncio.gather(*submits)]
