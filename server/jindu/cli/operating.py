"""What operators' commands ask of a server."""

from typing import Any

from jindu_client import Client


def get(client: Client, path: str, **query: object) -> Any:
    """The JSON of `/v1/PATH`. Raises as every call of the client."""
    return client.call("GET", path, None, **{name: str(value) for name, value in query.items()})


def post(client: Client, path: str) -> Any:
    return client.call("POST", path)
