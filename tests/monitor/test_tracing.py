"""Spans of real jobs, in the SDK's in-memory exporter: submit, in it each attempt, in it each stage."""

from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from jindu import App, Context, JobError, Retry
from jindu.core.catalogue import CATALOGUE
from jindu.monitor import tracing
from jindu.monitor.tracing import NoTraces, Traces

app = App()


@app.job(stages=["read", "think"], retry=Retry(attempts=2, base=0.01, cap=0.01))
async def twice(ctx: Context) -> None:
    async with ctx.stage("read"):
        if ctx.attempt == 1:
            raise JobError("NETWORK_ERROR")
    async with ctx.stage("think"):
        pass


@app.job
async def bad() -> None:
    raise JobError("AI_QUOTA_EXHAUSTED")


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def inside(spans: list[ReadableSpan], parent: ReadableSpan) -> list[ReadableSpan]:
    return [span for span in spans if span.parent is not None and span.parent.span_id == parent.context.span_id]


async def test_a_job_is_one_trace(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with app.open(store=f"sqlite:///{tmp_path}/a.db") as node:
        traces = Traces(node.journal._bus, provider)
        handle = await twice.submit()
        await handle.wait(30)
        traces.close()
    found = list(spans.get_finished_spans())
    (root,) = [span for span in found if span.parent is None]
    assert len({span.context.trace_id for span in found}) == 1
    assert (root.name, root.attributes["jindu.job"], root.attributes["jindu.status"]) == ("job twice", handle.id, "completed")  # type: ignore[index]
    first, second = sorted(inside(found, root), key=lambda span: span.start_time or 0)
    assert [first.status.status_code, second.status.status_code, root.status.status_code] == [
        *(StatusCode.ERROR, StatusCode.UNSET, StatusCode.UNSET),
    ]  # fmt: skip
    assert first.attributes["jindu.error"] == "NETWORK_ERROR"  # type: ignore[index]
    assert [span.name for span in inside(found, first)] == ["stage read"]
    assert [span.name for span in inside(found, second)] == ["stage read", "stage think"]
    for parent in (root, first, second):
        for span in inside(found, parent):
            assert (parent.start_time or 0) <= (span.start_time or 0) <= (span.end_time or 0) <= (parent.end_time or 0)


async def test_a_job_that_fails_is_an_error_by_its_code(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with app.open(store=f"sqlite:///{tmp_path}/a.db") as node:
        traces = Traces(node.journal._bus, provider)
        handle = await bad.submit()
        with pytest.raises(JobError):
            await handle.wait(30)
        traces.close()
    for span in spans.get_finished_spans():
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "AI_QUOTA_EXHAUSTED")
    assert "AI_QUOTA_EXHAUSTED" in CATALOGUE


async def test_the_setting_turns_it_on_and_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with app.open(store=f"sqlite:///{tmp_path}/a.db", traces=True) as node:
        assert isinstance(node._traces, Traces)
    monkeypatch.setattr(tracing.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoTraces, match=r"pip install 'jindu\[otel\]'"):
        async with app.open(traces=True):
            raise AssertionError
    app.configure(traces=False)
