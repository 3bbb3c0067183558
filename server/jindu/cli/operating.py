"""What operators' commands ask of a server."""

from collections.abc import Mapping
from typing import Any

from jindu_client import Client


def get(client: Client, path: str, **query: object) -> Any:
    """The JSON of `/v1/PATH`. Raises as every call of the client."""
    return _asked(client, "GET", path, {name: str(value) for name, value in query.items()})


def post(client: Client, path: str) -> Any:
    return _asked(client, "POST", path, {})


def _asked(client: Client, method: str, path: str, query: Mapping[str, str]) -> Any:
    return client._ask(client._api._request(method, path, query=query))
