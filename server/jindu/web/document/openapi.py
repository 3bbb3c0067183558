"""`/openapi.json`: OpenAPI 3.1, made from the table of calls and the types that serve."""

from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from ...core.catalogue import CATALOGUE
from ...core.messages import ServerFrame
from ...core.shown import ProblemBody
from ...engine.registry import JobType
from ..batches import BatchBody
from ..submitting import SubmitBody
from .calls import CALLS
from .operation import DESCRIBED, HEADERS, PROBLEM, Answer, Operation, Parameter
from .schemas import PLACE, Schema, Schemas, inline, submits

PROMISE = """\
Slow jobs, seen moving at once, told kindly when they fail, never lost.

Commands are HTTP; who wants to watch takes `/v1/ws` (the frames are in `asyncapi.json`), or the same frames over
`/v1/stream` and `/v1/poll`. Every value that a header carries is in the body too, and request headers have a twin in the
query.

Refusals are problem+json with `code`, texts in zh and en, and `action`, what a button should do. An accident of ours is a
500 of the same shape. Any address answers 404 to a path and 405 to a method that it does not know; GET answers HEAD as
well.
"""
TAGS = {
    "jobs": "Submit, read, change, list",
    "batches": "Many jobs as one",
    "watching": "The frames of `jindu.v1` over HTTP",
    "access": "Keys, tokens, tickets: who may do what",
    "schedules": "Jobs that run again and again",
    "webhooks": "Ends told elsewhere, signed",
    "operation": "Types, figures, health",
    "pages": "For people, and these documents",
}
# Without keys the server takes every caller of this machine: the empty requirement comes first.
SECURITY: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"ticket": []}]
SCHEMES: Schema = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "a key, or the token of a job"},
    "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "short-lived, for a plain EventSource"},
}


def openapi(types: Iterable[JobType] = ()) -> Schema:
    """The document of a server with these job types."""
    schemas = Schemas(
        [
            (SubmitBody, "validation"),
            (ProblemBody, "serialization"),
            (ServerFrame, "serialization"),
            *((call.body, "validation") for call in CALLS.values() if call.body is not None),
            *((a.body, "serialization") for call in CALLS.values() for a in call.answers.values() if a.body is not None),
        ]
    )
    submit = submits(types, schemas.components)
    schemas.components[BatchBody.__name__]["properties"]["jobs"]["items"] = submit
    _say_what_events_hold(schemas)
    paths: dict[str, Schema] = {}
    for (method, path), call in CALLS.items():
        paths.setdefault(path, {})[method.lower()] = _operation(call, schemas, submit)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jindu",
            "version": version("jindu"),
            "summary": "A real-time progress server",
            "description": PROMISE,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": ".", "description": "where this document is"}],
        "security": SECURITY,
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": {f"Problem{status}": _problem(status) for status in _refusals()},
            "securitySchemes": SCHEMES,
        },
    }


def _say_what_events_hold(schemas: Schemas) -> None:
    """The text in an event is a frame, or an array of frames."""
    frame = schemas.of(ServerFrame)
    schemas.components["Message"] = {"anyOf": [*frame["anyOf"], {"type": "array", "items": frame}]}
    schemas.components["StreamEvent"]["properties"]["data"]["contentSchema"] = {"$ref": f"{PLACE}Message"}


def _operation(call: Operation, schemas: Schemas, submit: Schema) -> Schema:
    shown: Schema = {"operationId": call.id, "tags": [call.tag], "summary": call.summary}
    if call.text:
        shown["description"] = call.text
    if call.parameters:
        shown["parameters"] = [_parameter(parameter) for parameter in call.parameters]
    if call.body is not None:
        schema = submit if call.body is SubmitBody else schemas.of(call.body, "validation")
        content = {"schema": schema} if call.body_example is None else {"schema": schema, "example": call.body_example}
        shown["requestBody"] = {"required": call.body_needed, "content": {"application/json": content}}
    answers = {status: _answer(answer, schemas) for status, answer in call.answers.items()}
    answers |= {status: {"$ref": f"#/components/responses/Problem{status}"} for status in call.all_refusals}
    if 503 in call.answers:  # of its own shape, and refused like any other call
        answers[503]["content"] |= _problem(503)["content"]
    shown["responses"] = {str(status): answers[status] for status in sorted(answers)}
    return shown


def _parameter(parameter: Parameter) -> Schema:
    shown: Schema = {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.text,
        "schema": inline(parameter.kind),
    }
    if parameter.required:
        shown["required"] = True
    if parameter.example is not None:
        shown["example"] = parameter.example
    return shown


def _answer(answer: Answer, schemas: Schemas) -> Schema:
    shown: Schema = {"description": answer.text}
    headers = [*((name, True) for name in answer.headers), *((name, False) for name in answer.may)]
    if headers:
        shown["headers"] = {name: _header(name, always) for name, always in headers}
    if answer.body is not None:
        text = {"schema": {"type": "string"}}
        schema = {"schema": schemas.of(answer.body)}
        shown["content"] = {media: schema if media in DESCRIBED else text for media in answer.media}
    if answer.links:
        shown["links"] = {link.to: {"operationId": link.to, "parameters": dict(link.parameters)} for link in answer.links}
    return shown


def _header(name: str, always: bool) -> Schema:
    header = HEADERS[name]
    return {"description": header.text, "required": always, "schema": inline(header.kind)}


def _refusals() -> list[int]:
    return sorted({status for call in CALLS.values() for status in call.all_refusals})


def _problem(status: int) -> Schema:
    """What a status means, from the catalogue."""
    codes = [kind for kind in CATALOGUE.values() if kind.status == status and status != 500]
    meant = "; ".join(f"`{kind.code}` {kind.title['en']}" for kind in codes) or HTTPStatus(status).phrase
    shown: dict[str, Any] = {"description": meant, "content": {PROBLEM: {"schema": {"$ref": f"{PLACE}ProblemBody"}}}}
    if any(kind.retry_after is not None for kind in codes):
        shown["headers"] = {"Retry-After": _header("Retry-After", False)}
    return shown
