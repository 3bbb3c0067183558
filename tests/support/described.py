"""Answers and frames held against the documents: what is served is what is described, and not a field more."""

import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from jindu.web.document.asyncapi import asyncapi
from jindu.web.document.openapi import openapi


def closed(schema: Any) -> Any:
    """A schema in which no object may have more fields than are described. Clients have to take more; we send no more."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {key: closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        inside.setdefault("additionalProperties", False)
    return inside


class Described:
    """An OpenAPI document that answers are held against."""

    def __init__(self, document: Any) -> None:
        self._document = closed(document)
        self._validators: dict[tuple[str, ...], Draft202012Validator] = {}

    def holds(self, answer: httpx.Response) -> None:
        """Holds an answer that was read against what the document says of its call. Calls that are not there are not judged
        here: a test of its own finds them."""
        path, method = answer.request.url.path, answer.request.method.lower()
        call = self._call(path, "get" if method == "head" else method)
        if call is None:
            return
        told = self._document["paths"][call[0]][call[1]]["responses"]
        assert str(answer.status_code) in told, f"{method} {path} answers {answer.status_code}, which is not described"
        meant = self._resolved(told[str(answer.status_code)])
        for name, header in meant.get("headers", {}).items():
            assert not header["required"] or name in answer.headers, f"{method} {path} answers without {name}"
        media = answer.headers.get("content-type", "").partition(";")[0]
        if not answer.content:
            return
        assert media in meant.get("content", {}), f"{method} {path} answers {answer.status_code} as {media}"
        if media.endswith("json"):
            self._validator(*call, str(answer.status_code), media).validate(answer.json())

    def _call(self, path: str, method: str) -> tuple[str, str] | None:
        """The path as the document has it; one without parameters before one with them."""
        for known in sorted(self._document["paths"], key=lambda text: text.count("{")):
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path) and method in self._document["paths"][known]:
                return known, method
        return None

    def _resolved(self, answer: Any) -> Any:
        return self._document["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer

    def _validator(self, *place: str) -> Draft202012Validator:
        if place not in self._validators:
            path, method, status, media = place
            answer = self._resolved(self._document["paths"][path][method]["responses"][status])
            schema = {**answer["content"][media]["schema"], "components": self._document["components"]}
            self._validators[place] = Draft202012Validator(schema)
        return self._validators[place]


def as_described(answer: httpx.Response) -> None:
    """Holds an answer against the document of the server's own calls."""
    _of_the_server().holds(answer)


@cache
def _of_the_server() -> Described:
    return Described(openapi())


@cache
def frame_validator(name: str, *, whole: bool = True) -> Draft202012Validator:
    """Of one kind of frame, by the name of its type in the AsyncAPI document; not `whole`: fields may be
    missing, and others be there."""
    schemas = asyncapi()["components"]["schemas"]
    components = {"schemas": closed(schemas) if whole else _without(schemas, "required")}
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})


@cache
def kinds(channel: str, action: str) -> dict[str, str]:
    """Names of frame types by their `type`, as one side says them on a channel."""
    document = asyncapi()
    [operation] = [
        one
        for one in document["operations"].values()
        if one["action"] == action and one["channel"]["$ref"] == f"#/channels/{channel}"
    ]
    names = [message["$ref"].rpartition("/")[2] for message in operation["messages"]]
    return {document["components"]["messages"][name]["name"]: name for name in names}


def _without(schema: Any, name: str) -> Any:
    if isinstance(schema, list):
        return [_without(one, name) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _without(value, name) for key, value in schema.items() if key != name}
