"""The documents: every route is in them and nothing else, they are valid, they say of each job type what it takes."""

import json
import re
from typing import Any, get_args

import httpx
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route, WebSocketRoute

from jindu import App
from jindu.core.catalogue import CATALOGUE
from jindu.core.states import ENDS
from jindu.web.document.asyncapi import asyncapi
from jindu.web.document.calls import CALLS
from jindu.web.document.of_jobs import End
from jindu.web.document.openapi import openapi
from jindu.web.document.operation import HEADERS
from jindu.web.socket import ADDRESS
from support.described import as_described
from support.server import ServerProcess
from web.again.again_jobs import app

DOCUMENT = openapi(app.registry)
ROUTES = App().asgi().routes


def inside(value: Any, name: str) -> list[Any]:
    """Every value of that name, however deep."""
    if isinstance(value, list):
        return [found for one in value for found in inside(one, name)]
    if not isinstance(value, dict):
        return []
    return [*([value[name]] if name in value else []), *(found for one in value.values() for found in inside(one, name))]


def resolve(document: Any, ref: str) -> Any:
    for part in ref.removeprefix("#/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


# The calls and the routes.


def test_every_route_and_method_is_described_and_nothing_else() -> None:
    served = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in ROUTES
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert set(CALLS) - served == set(), "described, not served"
    assert served - set(CALLS) == set(), "served, not described: add it to a table in jindu/web/document"


def test_sockets_are_in_the_other_document() -> None:
    sockets = {ADDRESS, *(route.path for route in ROUTES if isinstance(route, WebSocketRoute))}
    assert sockets == {channel["address"] for channel in asyncapi()["channels"].values() if "bindings" in channel}


def test_operations_have_names_of_their_own_and_links_lead_to_operations_and_their_parameters() -> None:
    by_name = {call.id: call for call in CALLS.values()}
    assert len(by_name) == len(CALLS)
    for call in CALLS.values():
        for answer in call.answers.values():
            assert {*answer.headers, *answer.may} <= set(HEADERS)
            for link in answer.links:
                assert set(link.parameters) <= {parameter.name for parameter in by_name[link.to].parameters}


@pytest.mark.parametrize("call", CALLS.values(), ids=lambda call: call.id)
def test_parameters_of_the_path_are_those_that_are_described(call: Any) -> None:
    [path] = [path for (_, path), one in CALLS.items() if one is call]
    assert set(re.findall(r"{(\w+)}", path)) == {p.name for p in call.parameters if p.where == "path"}


def test_every_status_that_a_problem_may_have_is_described_somewhere() -> None:
    described = {int(status) for call in inside(DOCUMENT["paths"], "responses") for status in call}
    assert {kind.status for kind in CATALOGUE.values()} - described == {405, 500}, "these two any address may answer"


def test_ends_are_the_ends() -> None:
    assert set(get_args(End)) == {phase.value for phase in ENDS}


# The documents.


def test_the_document_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(DOCUMENT).validate()


@pytest.mark.parametrize("document", [DOCUMENT, asyncapi()], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere_and_every_schema_is_one(document: Any) -> None:
    for ref in inside(document, "$ref"):
        assert resolve(document, ref)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_a_type_is_told_with_its_own_parameters() -> None:
    submit = DOCUMENT["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert submit == DOCUMENT["paths"]["/v1/jobs/{id}"]["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(submit["discriminator"]["mapping"]) == {job_type.name for job_type in app.registry}
    validator = Draft202012Validator({**submit, "components": DOCUMENT["components"]})
    for body in ({"type": "greet", "params": {"name": "Ann"}}, {"type": "hold", "priority": 5, "tags": ["a"]}):
        validator.validate(body)
    wrong = [
        {"type": "greet"},
        {"type": "greet", "params": {"name": 5}},
        {"type": "hold", "params": {"name": "Ann"}},
        {"type": "hold", "priority": 3601},
        {"type": "nobody"},
        {"type": "hold", "proirity": 1},
    ]
    assert [body for body in wrong if validator.is_valid(body)] == []


def test_without_types_the_general_body_is_told() -> None:
    submit = openapi()["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert submit == {"$ref": "#/components/schemas/SubmitBody"}


def test_parameters_with_models_of_their_own_are_taken_along() -> None:
    from web.schema_jobs import app as nested

    document = openapi(nested.registry)
    OpenAPIV31SpecValidator(document).validate()
    submit = document["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**submit, "components": document["components"]})
    validator.validate({"type": "describe", "params": {"place": {"city": "Ulm", "near": {"city": "Neu"}}, "words": []}})
    assert not validator.is_valid({"type": "describe", "params": {"place": {"city": "Ulm", "near": {}}, "words": []}})


# As they are served.


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json", "/docs", "/redoc"])
def test_a_document_has_an_etag_and_is_not_sent_twice(path: str, http: httpx.Client) -> None:
    first = http.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-cache"
    again = http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_served_is_the_document_of_this_server(http: httpx.Client, server: ServerProcess) -> None:
    from web.web_jobs import app as room

    assert http.get("/openapi.json").json() == json.loads(json.dumps(openapi(room.registry)))
    assert http.get("/asyncapi.json").json() == asyncapi()


def test_an_answer_that_is_not_as_described_is_found() -> None:
    request = httpx.Request("GET", "http://localhost/healthz")
    as_described(httpx.Response(200, json={"status": "ok"}, request=request))
    for body in ({"status": "well"}, {}, {"status": "ok", "more": 1}):
        with pytest.raises(ValidationError):
            as_described(httpx.Response(200, json=body, request=request))
    for status, kind in ((418, "application/json"), (200, "text/plain")):
        with pytest.raises(AssertionError):
            as_described(httpx.Response(status, content=b'{"status":"ok"}', headers={"content-type": kind}, request=request))
