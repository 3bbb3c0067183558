"""`/v1/report`: the warm-up report, built now; saved on the server when asked to be. For operators."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..monitor.apart import apart
from ..monitor.report_keeping import keep
from ..monitor.report_sections import WarmupReport
from . import answers, asking, jobs
from .access import needs_operator
from .problems import Problem


class ReportSaved(TypedDict):
    """A report that was saved; `saved` names its files in the folder of reports."""

    report: WarmupReport
    saved: Annotated[list[str], Field(description="the newest, and the same in the archive by its time")]


def routes() -> list[Route]:
    return [jobs.by_method("/v1/report", {"GET": needs_operator(report), "POST": needs_operator(save)})]


async def report(request: Request) -> Response:
    """200 with the report of now; what cannot be had is 0 and named in `missing`."""
    return answers.value(await asking.node(request).report.build_report_async())


async def save(request: Request) -> Response:
    """201 with the report of now, saved in the server's folder of reports."""
    node = asking.node(request)
    made, folder = await node.report.build_report_async(), Path(node.settings.report_folder)
    try:
        files = await apart(lambda: keep(made, folder), "report")
    except OSError:
        raise Problem("NOT_READY", "the folder of reports cannot be written to (setting report_folder)") from None
    return answers.value({"report": made, "saved": [path.relative_to(folder).as_posix() for path in files]}, 201)
