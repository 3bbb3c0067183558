"""The blocking client. No event loop inside: it works in notebooks, threads and callbacks."""

import random
import ssl
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from . import _calls as calls
from ._api import Api
from ._commands import TRANSPORTS, Transport
from ._held import Holding, Output, Problem
from ._ladder import Remembered
from ._operator_calls import backup
from ._requests import Call, succeeded
from ._sync_driver import OnState, SyncDriver
from ._sync_http import SyncHttp, TokenSource
from ._trying import RETRIES
from ._watching import Watching
from .calling import Calling
from .errors import JinduError, Unavailable
from .jobs import Job
from .operating import Operating
from .patience import Patience
from .updates import FeedUpdate, Update

T = TypeVar("T")
LOOKS = 4.0  # a second at most, at the log of a job that is followed
WITH_FEEDS: Sequence[Transport] = ("ws", "stream")


class Client(Calling, Operating):
    """A Jindu server.

    `url` defaults to `JINDU_URL`, then to http://127.0.0.1:8765. `token` is an API key or a job's token, or a callable that
    gives one: it is asked at each new connection, and again when the server says that one is over. `lang` ("zh", "en") is the
    language of `str(error)`. `transports` are the ways to watch that may be used, best first; `pace` the updates a second of
    one job, 0.2 to 10, for all watches that name none. `timeout` is seconds for connecting, and between two pieces of an
    answer; a submit is repeated up to `retries` times, with one idempotency key, so that it makes one job.

    Every call raises `Unavailable` when the server cannot be reached, and `ApiError` when it refuses. Use it as a context
    manager, or call `close`.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: TokenSource = None,
        lang: Literal["zh", "en"] | None = None,
        transports: Sequence[Transport] = TRANSPORTS,
        pace: float | None = None,
        timeout: float = 10.0,
        retries: int = RETRIES,
        tls: ssl.SSLContext | None = None,
        patience: Patience | None = None,
    ) -> None:
        unknown = [name for name in transports if name not in TRANSPORTS]
        if unknown or not transports:
            raise ValueError(f"transports are some of {', '.join(TRANSPORTS)}, best first: not {list(transports)!r}")
        self.lang = lang or "en"
        self._api = Api(url, lang)
        self._http = SyncHttp(self._api, token, timeout, retries, tls)
        self._transports = transports
        self._pace = pace
        self._patience = patience or Patience(http=timeout)
        self._remembered = Remembered()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Watches that still run fail; jobs are not touched."""
        self._http.close()

    def log(self, id: str, *, follow: bool = False) -> Iterator[dict[str, Any]]:
        """The lines that the job logged, in order: each a mapping with `seq`, `at` (RFC 3339) and `line`.

        With `follow` those to come too, until the job has ended; lost connections and restarts of the server are waited out
        as by `watch`. Raises `NotFound`.
        """
        after = 0
        if not follow:
            for line in self._entries(calls.log, id, after):
                yield line
            return
        # A line moves the job's seq as every change does, so the watch tells when to look.
        with closing(self.watch(id, pace=LOOKS)) as updates:
            for update in updates:
                try:
                    for line in self._entries(calls.log, id, after):
                        after = line["seq"]
                        yield line
                except Unavailable:
                    if update.is_end:
                        raise  # no further update will make us look again

    def backup(self, target: Path) -> None:
        succeeded(self._http.download(backup(), target))

    def watch(
        self, id: str, pace: float | None = None, timeout: float | None = None, *, on_state: OnState | None = None
    ) -> Generator[Update, None, None]:
        """Every change from now to the end, partial results from the first; `pace`: at most so many a second (0.2 to 10).

        `on_state` is told how it is connected: "connecting", "ws", "stream", "longpoll", "poll", "waiting".

        Survives lost connections and restarts of the server. Raises `NotFound`, `AccessDenied`, `WatchStopped`, or
        `WaitTimeout` after `timeout` seconds. Leaving early closes the connection and leaves the job alone.
        """
        return self._updates(Holding([id]), pace, timeout, on_state)

    def watch_batch(
        self, id: str, pace: float | None = None, timeout: float | None = None, *, on_state: OnState | None = None
    ) -> Generator[Update, None, None]:
        """As `watch`, of a batch as a whole."""
        return self._updates(Holding(batches=[id]), pace, timeout, on_state)

    def feed(
        self,
        owner: str | None = None,
        pace: float | None = None,
        timeout: float | None = None,
        *,
        on_state: OnState | None = None,
    ) -> Generator[FeedUpdate, None, None]:
        """Live states of all jobs (for operators), or of one owner's; never ends by itself.

        It tells nothing of before: an update with `job` None says that it stands, anew after each lost connection; then `list`.
        """
        channel = "jobs" if owner is None else f"owner:{owner}"
        with closing(self._outputs(Holding(feeds=[channel]), pace, timeout, on_state)) as outputs:
            for output in outputs:
                if isinstance(output, Problem):
                    raise self._told(output.error)
                if isinstance(output, FeedUpdate):
                    yield output

    def as_completed(self, jobs: Iterable[Job], timeout: float | None = None) -> Generator[Job, None, None]:
        """Each job once, in the order in which they end, over one connection; `wait` then answers at once.

        A job that cannot be watched comes too: its `wait` raises why. Raises `WaitTimeout` after `timeout` seconds.
        """
        waiting = {job.id: job for job in jobs}
        with closing(self._outputs(Holding(waiting), None, timeout)) as outputs:
            for output in outputs:
                if isinstance(output, Problem) or (isinstance(output, Update) and output.is_end):
                    yield waiting[output.job]

    def _updates(
        self, holding: Holding, pace: float | None, timeout: float | None, on_state: OnState | None
    ) -> Generator[Update, None, None]:
        with closing(self._outputs(holding, pace, timeout, on_state)) as outputs:
            for output in outputs:
                if isinstance(output, Problem):
                    raise self._told(output.error)
                if isinstance(output, Update):
                    yield output

    def _outputs(
        self, holding: Holding, pace: float | None, timeout: float | None, on_state: OnState | None = None
    ) -> Generator[Output, None, None]:
        rungs = [rung for rung in self._transports if rung in WITH_FEEDS] if holding.feeds else self._transports
        if not rungs:
            raise ValueError("a feed needs the transport ws or stream: allow one of them")
        watching = Watching(
            holding,
            self._api,
            transports=rungs,
            pace=self._pace if pace is None else pace,
            patience=self._patience,
            remembered=self._remembered if rungs is self._transports else None,
            rng=random.Random(),  # spreads waiting; no secret # nosec B311
        )
        try:
            with closing(SyncDriver(self._http, watching, timeout, on_state).run()) as outputs:
                yield from outputs
        except JinduError as error:
            raise self._told(error) from error.__cause__

    def _do(self, call: Call[T]) -> T:
        try:
            return self._http.do(call)
        except JinduError as error:
            raise self._told(error) from error.__cause__

    def _told(self, error: JinduError) -> JinduError:
        error.lang = self.lang
        return error
