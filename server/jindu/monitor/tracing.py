"""Spans of OpenTelemetry from the events of jobs: submit to end, in it each attempt, in it each stage. Optional: `jindu[otel]`.

Heard on the bus like everything else, with the times that are stored; what happened before this process began is not in it.
"""

import importlib.util
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ..bus.contract import Bus, Notice
from ..core.job import Job
from ..core.states import Kind

if TYPE_CHECKING:
    from opentelemetry.trace import Span

OPEN = 10_000  # jobs with open spans; those beyond are not traced
OVER = frozenset({Kind.RETRY, Kind.HAND_BACK, Kind.LOST, Kind.RETURN, Kind.FAIL, Kind.CANCEL})
TOLD = frozenset({Kind.SUBMIT, Kind.CLAIM, Kind.STAGE, *OVER})


class NoTraces(Exception):
    """The library is not there; the text says what to do."""


@dataclass(slots=True)
class _Open:
    job: "Span"
    run: "Span | None" = None
    stage: "Span | None" = None


class Traces:
    """`provider` is the process's own if none is given. `close` ends what is open. Raises `NoTraces`."""

    def __init__(self, bus: Bus, provider: Any = None) -> None:
        if importlib.util.find_spec("opentelemetry") is None:
            raise NoTraces("the setting traces needs OpenTelemetry: pip install 'jindu[otel]', or turn it off")
        from opentelemetry import trace

        self._api = trace
        self._tracer = trace.get_tracer("jindu", version("jindu"), provider)
        self._open: dict[str, _Open] = {}
        self._stop = bus.listen(self.hear, progress=False)

    def close(self) -> None:
        self._stop()
        for spans in self._open.values():
            for span in (spans.stage, spans.run, spans.job):
                if span is not None:
                    span.end()
        self._open.clear()

    def hear(self, notice: Notice) -> None:
        job, event = notice.job, notice.event
        if job is None or event is None or job.is_batch or event.kind not in TOLD:
            return
        at = int(event.at * 1e9)
        spans = self._open.get(job.id) or self._begin(job, at)
        if spans is None:
            return
        if event.kind is Kind.CLAIM:
            spans.run = self._child(spans.job, f"run {job.spec.type}", at, {"jindu.attempt": job.attempt, "jindu.run": job.run})
        elif event.kind is Kind.STAGE and spans.run is not None:
            self._end_stage(spans, at)
            spans.stage = self._child(spans.run, f"stage {job.stage}", at, {"jindu.stage": job.stage})
        elif event.kind in OVER:
            self._over(job, spans, event.kind, at)

    def _begin(self, job: Job, at: int) -> _Open | None:
        if len(self._open) >= OPEN:
            return None
        from opentelemetry.context import Context

        attributes = {"jindu.job": job.id, "jindu.type": job.spec.type}
        span = self._tracer.start_span(f"job {job.spec.type}", Context(), attributes=attributes, start_time=at)
        spans = self._open[job.id] = _Open(span)
        return spans

    def _child(self, parent: "Span", name: str, at: int, attributes: dict[str, str | int]) -> "Span":
        return self._tracer.start_span(name, self._api.set_span_in_context(parent), attributes=attributes, start_time=at)

    def _over(self, job: Job, spans: _Open, kind: Kind, at: int) -> None:
        self._end_stage(spans, at)
        if spans.run is not None:
            self._judge(spans.run, job, kind)
            spans.run.end(at)
            spans.run = None
        if job.is_completed:
            spans.job.set_attribute("jindu.status", job.status.value)
            self._judge(spans.job, job, kind)
            spans.job.end(at)
            del self._open[job.id]

    def _judge(self, span: "Span", job: Job, kind: Kind) -> None:
        """An attempt or a job that failed is an error, under the code that people are told; one that was cancelled is none."""
        if kind in (Kind.RETRY, Kind.LOST, Kind.FAIL) and job.error is not None:
            span.set_attribute("jindu.error", job.error["code"])
            span.set_status(self._api.Status(self._api.StatusCode.ERROR, job.error["code"]))

    def _end_stage(self, spans: _Open, at: int) -> None:
        if spans.stage is not None:
            spans.stage.end(at)
            spans.stage = None
