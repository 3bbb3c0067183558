"""Calls about what an operator sets up: schedules, webhooks and their deliveries, the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from ._calls import Json, items, named, part, texts
from ._requests import Call, Query


def schedules() -> Call[Sequence[Json]]:
    return Call("GET", "schedules", read=items)


def schedule(id: str) -> Call[Json]:
    return Call("GET", f"schedules/{part(id)}")


def create_schedule(wished: Mapping[str, Any]) -> Call[Json]:
    return Call("POST", "schedules", body=named(wished))


def change_schedule(id: str, wished: Mapping[str, Any]) -> Call[Json]:
    return Call("PATCH", f"schedules/{part(id)}", body=named(wished))


def remove_schedule(id: str) -> Call[None]:
    return Call("DELETE", f"schedules/{part(id)}")


def switch_schedule(id: str, call: str) -> Call[Json]:
    """`call` is pause, resume or run."""
    return Call("POST", f"schedules/{part(id)}/{call}")


def webhooks() -> Call[Sequence[Json]]:
    return Call("GET", "webhooks", read=items)


def create_webhook(wished: Mapping[str, Any]) -> Call[Json]:
    return Call("POST", "webhooks", body=named(wished))


def change_webhook(id: str, wished: Mapping[str, Any]) -> Call[Json]:
    return Call("PATCH", f"webhooks/{part(id)}", body=named(wished))


def rotate_webhook(id: str) -> Call[Json]:
    return Call("POST", f"webhooks/{part(id)}/rotate")


def remove_webhook(id: str) -> Call[None]:
    return Call("DELETE", f"webhooks/{part(id)}")


def deliveries(query: Mapping[str, Query]) -> Call[Sequence[Json]]:
    return Call("GET", "webhooks/deliveries", query=texts(query), read=items)


def delivery(id: str) -> Call[Json]:
    return Call("GET", f"webhooks/deliveries/{part(id)}")


def redeliver(id: str) -> Call[Json]:
    return Call("POST", f"webhooks/deliveries/{part(id)}/redeliver")


def report(*, save: bool) -> Call[Json]:
    return Call("POST" if save else "GET", "report")
