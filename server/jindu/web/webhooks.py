"""`/v1/webhooks`: where ends are told besides a job's own webhook, and what became of each telling. For operators; one of an
owner knows that owner's only."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.clock import rfc3339
from ..core.codec import decode_own
from ..core.shown import Json, Time
from ..core.webhooks import Delivery, DeliveryQuery, State, Webhook
from ..monitor.webhooks import UnknownWebhook
from . import access, answers, asking, jobs
from .problems import Problem
from .webhook_bodies import RotateBody, WebhookBody, WebhookChange, check_url

LIST_DEFAULT, LIST_LIMIT = 50, 1_000


class WebhookShown(TypedDict):
    """A webhook without its secret."""

    id: str
    url: str
    events: list[str]
    owner: str | None
    types: Annotated[list[str], Field(description="job types that are told; none: all")]
    description: str
    enabled: bool
    created_at: Time


class WebhookMade(WebhookShown):
    """A webhook with its new secret, which is shown this once."""

    secret: str


class WebhookList(TypedDict):
    """All webhooks, in the order of their making."""

    items: list[WebhookShown]


class DeliveryItem(TypedDict):
    """One telling of one end. `state` dead: given up; `due_at`: when it is tried next."""

    id: Annotated[str, Field(description="the `webhook-id` that the receiver sees, the same in each try")]
    webhook: Annotated[str | None, Field(description="null: the job's own")]
    job: str
    owner: str | None
    event: str
    url: str
    state: Literal["pending", "delivered", "dead"]
    attempts: Annotated[int, Field(ge=0)]
    created_at: Time
    tried_at: Time | None
    due_at: Time | None
    status: Annotated[int | None, Field(description="of the last answer; null if there was none")]
    error: Annotated[str | None, Field(description="why the last try failed")]


class DeliveryShown(DeliveryItem):
    """The same with what is sent."""

    payload: Json


class DeliveryList(TypedDict):
    """Deliveries, newest first."""

    items: list[DeliveryItem]
    next_cursor: Annotated[str | None, Field(description="the `cursor` of the next page; null on the last")]


def routes() -> list[Route]:
    def operator(endpoint: access.Endpoint) -> access.Endpoint:
        return access.needs_operator(endpoint, of_all=False)

    one = {"GET": operator(read), "PATCH": operator(change), "DELETE": operator(drop)}
    return [
        jobs.by_method("/v1/webhooks", {"GET": operator(webhooks), "POST": operator(create)}),
        Route("/v1/webhooks/deliveries", operator(deliveries), methods=["GET"]),
        Route("/v1/webhooks/deliveries/{id}", operator(delivery), methods=["GET"]),
        Route("/v1/webhooks/deliveries/{id}/redeliver", operator(redeliver), methods=["POST"]),
        jobs.by_method("/v1/webhooks/{id}", one),
        Route("/v1/webhooks/{id}/rotate", operator(rotate), methods=["POST"]),
        Route("/v1/webhooks/{id}/deliveries", operator(deliveries_of), methods=["GET"]),
    ]


async def webhooks(request: Request) -> Response:
    """All webhooks, or those of the caller's owner."""
    found = asking.node(request).webhooks.all(access.caller(request).owner)
    return answers.value({"items": [_shown(one) for one in found]})


async def create(request: Request) -> Response:
    """201 with the secret, which is shown this once."""
    node = asking.node(request)
    body = asking.model(WebhookBody, await asking.json(request))
    owner = access.owner_for(request, body.owner)
    check_url(node, body.url, "/url")
    wanted = Webhook(
        "", body.url, body.secret or "", 0.0, tuple(body.events), owner, tuple(body.types), body.description, body.enabled
    )
    made = await node.webhooks.create(wanted)
    return _with_secret(made, 201, {"Location": f"/v1/webhooks/{made.id}"})


async def read(request: Request) -> Response:
    return answers.value(_shown(_found(request)))


async def change(request: Request) -> Response:
    """200 with the webhook as it is now; what still waits for it goes to the new URL."""
    node, found = asking.node(request), _found(request)
    body = asking.model(WebhookChange, await asking.json(request))
    if body.url is not None:
        check_url(node, body.url, "/url")
    return answers.value(_shown(await node.webhooks.change(replace(found, **body.given()))))


async def drop(request: Request) -> Response:
    """204; what still waits for it is dead."""
    await asking.node(request).webhooks.drop(_found(request).id)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def rotate(request: Request) -> Response:
    """200 with the new secret. For a day both sign, so that the receiver can change over."""
    found = _found(request)
    body = asking.model(RotateBody, await asking.json_or_nothing(request))
    return _with_secret(await asking.node(request).webhooks.rotate(found.id, body.secret), 200)


async def deliveries(request: Request) -> Response:
    """Newest first; `state`, `webhook` and `job` choose. `state=dead` lists the dead letters."""
    return await _page(request, request.query_params.get("webhook"))


async def deliveries_of(request: Request) -> Response:
    return await _page(request, _found(request).id)


async def delivery(request: Request) -> Response:
    return answers.value(_whole(await _delivery(request)))


async def redeliver(request: Request) -> Response:
    """202: it is sent again now, whatever became of it, with all tries before it."""
    node, found = asking.node(request), await _delivery(request)
    if found.webhook is not None and found.webhook not in {one.id for one in node.webhooks.all()}:
        raise Problem("NOT_FOUND", "the webhook was removed: there is nowhere to send it to")
    await node.webhooks.redeliver(found.id)
    return answers.value(_whole(await _delivery(request)), 202)


async def _page(request: Request, webhook: str | None) -> Response:
    asked, owner = request.query_params, access.caller(request).owner
    state = asked.get("state")
    if state is not None and state not in tuple(State):
        raise Problem("BAD_REQUEST", f"state is one of {', '.join(State)}")
    limit = asking.number(request, "limit", LIST_DEFAULT, 1, LIST_LIMIT)
    query = DeliveryQuery(State(state) if state else None, webhook, asked.get("job"), owner, asked.get("cursor"), limit + 1)
    found = await asking.node(request).store.deliveries(query)
    items = [_item(one) for one in found[:limit]]
    return answers.value({"items": items, "next_cursor": found[limit - 1].id if len(found) > limit else None})


def _found(request: Request) -> Webhook:
    owner = access.caller(request).owner
    try:
        found = asking.node(request).webhooks.find(request.path_params["id"])
    except UnknownWebhook:
        raise Problem("NOT_FOUND", "there is no such webhook") from None
    if owner is not None and found.owner != owner:
        raise Problem("NOT_FOUND", "there is no such webhook")
    return found


async def _delivery(request: Request) -> Delivery:
    owner = access.caller(request).owner
    found = await asking.node(request).store.delivery(request.path_params["id"])
    if found is None or (owner is not None and found.owner != owner):
        raise Problem("NOT_FOUND", "there is no such delivery, or it is older than what is kept")
    return found


def _with_secret(webhook: Webhook, status: int, headers: dict[str, str] | None = None) -> Response:
    body: WebhookMade = {**_shown(webhook), "secret": webhook.secret}
    return answers.value(body, status, headers)


def _shown(webhook: Webhook) -> WebhookShown:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "owner": webhook.owner,
        "types": list(webhook.types),
        "description": webhook.description,
        "enabled": webhook.enabled,
        "created_at": rfc3339(webhook.created_at),
    }


def _item(of: Delivery) -> DeliveryItem:
    return {
        "id": of.id,
        "webhook": of.webhook,
        "job": of.job,
        "owner": of.owner,
        "event": of.event,
        "url": of.url,
        "state": of.state.value,
        "attempts": of.attempts,
        "created_at": rfc3339(of.created_at),
        "tried_at": rfc3339(of.tried_at),
        "due_at": rfc3339(of.due_at) if of.state is State.PENDING else None,
        "status": of.status,
        "error": of.error,
    }


def _whole(of: Delivery) -> DeliveryShown:
    return {**_item(of), "payload": decode_own(of.payload)}
