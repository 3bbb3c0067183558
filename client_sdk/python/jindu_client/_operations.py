"""Requests about what an operator sets up: schedules, webhooks and their deliveries, the report."""

from collections.abc import Mapping
from typing import Any

from ._requests import Api, Query, Request, _part


def schedules(api: Api) -> Request:
    return api._request("GET", "schedules")


def schedule(api: Api, id: str) -> Request:
    return api._request("GET", f"schedules/{_part(id)}")


def create_schedule(api: Api, wished: Mapping[str, Any]) -> Request:
    return api._request("POST", "schedules", body=_given(wished))


def change_schedule(api: Api, id: str, wished: Mapping[str, Any]) -> Request:
    return api._request("PATCH", f"schedules/{_part(id)}", body=_given(wished))


def remove_schedule(api: Api, id: str) -> Request:
    return api._request("DELETE", f"schedules/{_part(id)}")


def switch_schedule(api: Api, id: str, call: str) -> Request:
    """`call` is pause, resume or run."""
    return api._request("POST", f"schedules/{_part(id)}/{call}")


def webhooks(api: Api) -> Request:
    return api._request("GET", "webhooks")


def create_webhook(api: Api, wished: Mapping[str, Any]) -> Request:
    return api._request("POST", "webhooks", body=_given(wished))


def change_webhook(api: Api, id: str, wished: Mapping[str, Any]) -> Request:
    return api._request("PATCH", f"webhooks/{_part(id)}", body=_given(wished))


def rotate_webhook(api: Api, id: str) -> Request:
    return api._request("POST", f"webhooks/{_part(id)}/rotate")


def remove_webhook(api: Api, id: str) -> Request:
    return api._request("DELETE", f"webhooks/{_part(id)}")


def deliveries(api: Api, query: Mapping[str, Query]) -> Request:
    return api._request("GET", "webhooks/deliveries", query={n: str(value) for n, value in query.items() if value is not None})


def delivery(api: Api, id: str) -> Request:
    return api._request("GET", f"webhooks/deliveries/{_part(id)}")


def redeliver(api: Api, id: str) -> Request:
    return api._request("POST", f"webhooks/deliveries/{_part(id)}/redeliver")


def report(api: Api, *, save: bool) -> Request:
    return api._request("POST" if save else "GET", "report")


def _given(wished: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wished.items() if value is not None}
