"""The author's face: `App`, the `job` decorator, and what a decorated function becomes."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, Unpack, overload

from .core.durations import Duration
from .core.errors import Errors
from .core.schedule import Schedule
from .engine.context import Context
from .engine.planning import ScheduleOptions, planned
from .engine.registry import JobOptions, Registry, declare
from .functions import JobFunction
from .handles import NotOpen
from .monitor.apart import apart
from .monitor.report_building import Report
from .monitor.report_keeping import keep
from .settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import HTTPConnection
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket

    from .node import Node
    from .web.own import Group
    from .web.view import Heard, Told

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
        self._own: list[Group] = []
        self._node: Node | None = None
        self._within: App | None = None  # the app that has taken over this one
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
        if self._node is None and self._within is not None:
            return self._within.node
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
        """Take over jobs, routes and friendly errors of another app, as of a module; what this app says of an error wins."""
        self.errors.take(other.errors)
        self._own += other._own
        other._within = self
        for function in other._functions:
            job_type = replace(function.type, errors=self.errors)
            self.registry.add(job_type)
            function.type, function._app = job_type, self
            self._functions.append(function)
        self.report.take(other.report)
        for schedule in other._schedules.values():
            self._plan(schedule)

    def add_routes(
        self,
        routes: "Iterable[BaseRoute]",
        *,
        public: bool = False,
        submits: bool = False,
        openapi: Mapping[str, Any] | None = None,
    ) -> None:
        """Serve routes of your own (Starlette's `Route`, `WebSocketRoute`, `Mount`) beside the API, at the paths they name.

        Where keys exist these too need one, `watch` to read and `submit` for the rest, unless they are `public`; Host, Origin
        and media type are looked at as everywhere. With `submits` each POST counts as a submit of its client, of which the
        setting `application_submits` allows so many a minute (429 beyond). Raises `ValueError` for a path below `/v1`.

        `openapi` is an OpenAPI document (3.1) of routes of your own, these or others: its paths, tags and components join those
        of `/openapi.json`, and so are seen in `/docs` and `/redoc`. A path that no route has is a `ValueError` at the start.
        """
        from .web.own import group

        self._own.append(group(routes, public=public, submits=submits, openapi=openapi))

    def owner(self, request: "HTTPConnection") -> str | None:
        """The owner that the key of this request is bound to; None for who sees all, and without keys."""
        from .web.own import owner_of

        return owner_of(request)

    async def watch_socket(
        self, socket: "WebSocket", job_id: str, *, told: "Told", heard: "Heard | None" = None, public: bool = False
    ) -> None:
        """Serve a WebSocket route of your own as a view of one job, to its end, in words of your own.

        `told` makes of each frame of `jindu.v1` what is sent, None for nothing; `heard` what a message of the client (any JSON)
        is answered. Connections are counted, kept alive, drained and dropped as those of `/v1/ws`. Where keys exist the client
        needs a credential that may watch this job, also on a public route, unless this too is `public`. Raises `UnknownJob`,
        before the socket is accepted.
        """
        from .web.view import serve_view

        await serve_view(self.node, socket, job_id, told, heard, public=public)

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
            self._asgi = build(self.open, self.settings, self._own)
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
