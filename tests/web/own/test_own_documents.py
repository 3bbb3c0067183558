"""What applications say of their own routes joins the document of the server."""

import copy
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from jindu import App
from jindu.web.document.joined import joined
from jindu.web.document.openapi import openapi


def told(path: str, schemas: dict[str, Any], answer: str, tag: str = "shop") -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer}"}}}
    answers = {"200": {"description": "it", "content": content}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "security": [{"mine": []}],
        "tags": [{"name": tag}],
        "paths": {path: {"get": {"operationId": f"read{path}", "tags": [tag], "responses": answers}}},
        "components": {"schemas": schemas, "securitySchemes": {"mine": {"type": "http", "scheme": "basic"}}},
    }  # fmt: skip


SNAPSHOT = {"type": "object", "properties": {"mine": {"type": "string"}, "next": {"$ref": "#/components/schemas/Snapshot"}}}


async def empty(request: Request) -> Response:
    return JSONResponse({})


def test_paths_tags_and_components_join_and_a_name_that_is_taken_becomes_another() -> None:
    ours = openapi()
    one, two = told("/a", {"Snapshot": SNAPSHOT}, "Snapshot"), told("/b", {"Snapshot": {"type": "string"}}, "Snapshot")
    as_they_were = copy.deepcopy((one, two))
    both = joined(openapi(), [one, two])
    OpenAPIV31SpecValidator(both).validate()
    assert (one, two) == as_they_were
    answers = [
        both["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] for path in ("/a", "/b")
    ]
    assert answers == ["#/components/schemas/Snapshot2", "#/components/schemas/Snapshot3"]
    schemas = both["components"]["schemas"]
    assert schemas["Snapshot"] == ours["components"]["schemas"]["Snapshot"]
    assert schemas["Snapshot2"]["properties"]["next"] == {"$ref": "#/components/schemas/Snapshot2"}
    assert schemas["Snapshot3"] == {"type": "string"}
    assert both["paths"].items() >= ours["paths"].items()
    assert [tag["name"] for tag in both["tags"]].count("shop") == 1
    assert (both["security"], both["components"]["securitySchemes"]) == (
        ours["security"],
        ours["components"]["securitySchemes"],
    )


def test_what_two_say_alike_is_said_once() -> None:
    shared = {"Shared": {"type": "object"}}
    both = joined(openapi(), [told("/a", shared, "Shared"), told("/b", shared, "Shared")])
    assert [name for name in both["components"]["schemas"] if name.startswith("Shared")] == ["Shared"]


@pytest.mark.parametrize("route", [Route("/other", empty), Mount("/own", routes=[])])
def test_a_path_that_nobody_serves_is_told_at_the_start(route: Any) -> None:
    app = App()
    app.add_routes([route], openapi=told("/own-path", {"E": {}}, "E"))
    with pytest.raises(ValueError, match="/own-path is described"):
        app.asgi()


@pytest.mark.parametrize("route", [Route("/own/{id:int}", empty), Mount("/own", routes=[Route("/{id}", empty)])])
async def test_a_server_shows_them_with_its_own(route: Any, tmp_path: Path) -> None:
    inner, app = App(), App(store=f"sqlite:///{tmp_path}/jindu.db")
    inner.add_routes([route], openapi=told("/own/{id}", {"E": {}}, "E"))
    app.include(inner)
    asgi = app.asgi()
    transport = httpx.ASGITransport(asgi)
    async with asgi.router.lifespan_context(asgi), httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        served = (await http.get("/openapi.json")).json()
    assert set(served["paths"]) == {*openapi()["paths"], "/own/{id}"}
    assert served["paths"]["/v1/jobs"] == json.loads(json.dumps(openapi()["paths"]["/v1/jobs"]))
