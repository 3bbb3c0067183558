"""The calls about the server itself: types, figures, health, pages, documents."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from ...core.shown import Json
from ...monitor.report_sections import WarmupReport
from ..errors import LIST_DEFAULT, LIST_LIMIT, ContextList, ContextShown
from ..health import Health, Index, Ready
from ..report import ReportSaved
from ..types import TypeList, TypeShown
from .operation import Answer, Calls, Link, Operation, Parameter

HTML = ("text/html",)
FILES = ("text/html", "text/css", "text/javascript", "image/svg+xml", "text/plain")
TYPE = Parameter("type", "path", Annotated[str, Field(min_length=1)], "the job type", required=True)
PLACE = Parameter("path", "path", Annotated[str, Field(min_length=1)], "the file", required=True)
HELD = Parameter("If-None-Match", "header", str, "the ETag held")
SAME = Answer("it is what you hold", headers=("ETag",))
TO_TYPES = tuple(Link(name, {"type": "$response.body#/items/0/type"}) for name in ("pauseType", "resumeType"))
SWITCHED = {200: Answer("the type as it is now", TypeShown, links=(Link("resumeType", {"type": "$request.path.type"}),))}


def _kept(id: str, tag: str, summary: str, media: tuple[str, ...], kind: object = str) -> Operation:
    """What has an ETag, and is the same for everybody."""
    return Operation(id, tag, summary, {200: Answer("it", kind, media=media, headers=("ETag",)), 304: SAME}, (HELD,))


OPERATIONS: Calls = {
    ("GET", "/v1/types"): Operation(
        "listTypes", "operation", "What can be submitted", {200: Answer("all types by name", TypeList, links=TO_TYPES)}
    ),
    ("POST", "/v1/types/{type}/pause"): Operation(
        "pauseType", "operation", "Start nothing of this type for now", SWITCHED, (TYPE,), refusals=(404,)
    ),
    ("POST", "/v1/types/{type}/resume"): Operation(
        "resumeType", "operation", "Start jobs of this type again", SWITCHED, (TYPE,), refusals=(404,)
    ),
    ("GET", "/v1/errors"): Operation(
        "listErrors",
        "operation",
        "Contexts of failed attempts, newest first",
        {200: Answer("a page", ContextList, links=(Link("readError", {"id": "$response.body#/items/0/id"}),))},
        (
            Parameter("job", "query", str, "only of this job"),
            Parameter("code", "query", str, "only of this code"),
            Parameter(
                "limit", "query", Annotated[int, Field(ge=1, le=LIST_LIMIT)], f"at most so many, {LIST_DEFAULT} if not given"
            ),
        ),
    ),
    ("GET", "/v1/errors/{id}"): Operation(
        "readError",
        "operation",
        "What operators are told of a failed attempt",
        {200: Answer("with its traceback, without secrets", ContextShown)},
        (Parameter("id", "path", Annotated[str, Field(min_length=1)], "the id of the friendly error", required=True),),
        refusals=(404,),
    ),
    ("GET", "/v1/report"): Operation(
        "readReport",
        "operation",
        "The warm-up report of now",
        {200: Answer("as things stand", WarmupReport)},
    ),
    ("POST", "/v1/report"): Operation(
        "saveReport", "operation", "Save the report on the server", {201: Answer("the report, and its files", ReportSaved)}
    ),
    ("GET", "/v1/backup"): Operation(
        "backup",
        "operation",
        "A copy of the whole store, while work goes on",
        {200: Answer("the file; who opens it begins a new epoch", str, ("application/octet-stream",))},
    ),
    ("GET", "/healthz"): Operation("health", "operation", "Whether the process answers", {200: Answer("it does", Health)}),
    ("GET", "/readyz"): Operation(
        "ready",
        "operation",
        "Whether requests should come here",
        {200: Answer("yes", Ready), 503: Answer("no, and why", Ready)},
    ),
}
PAGES: Calls = {
    ("GET", "/"): Operation(
        "index",
        "pages",
        "The page for browsers, the ways in for programs",
        {
            200: Answer("as Accept asks", Index, media=("application/json", *HTML), headers=("Vary",), may=("ETag",)),
            304: SAME,
        },
        (HELD,),
    ),
    ("GET", "/docs"): _kept("docs", "pages", "These calls, to be tried", HTML),
    ("GET", "/redoc"): _kept("redoc", "pages", "These calls, to be read", HTML),
    ("GET", "/openapi.json"): _kept("openapi", "pages", "This document", ("application/json",), Json),
    ("GET", "/asyncapi.json"): _kept("asyncapi", "pages", "The frames, as AsyncAPI", ("application/json",), Json),
    ("GET", "/static/{path}"): Operation(
        "file", "pages", "A file of the page", {200: Answer("it", str, FILES, headers=("ETag",)), 304: SAME},
        (replace(PLACE, example="icon.svg"), HELD),
        refusals=(404,),
    ),
}  # fmt: skip
SERVER: Calls = {**OPERATIONS, **PAGES}
