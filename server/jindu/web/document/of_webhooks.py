"""The calls about webhooks: where ends are told, and what became of each telling."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from ..webhook_bodies import RotateBody, WebhookBody, WebhookChange
from ..webhooks import LIST_DEFAULT, LIST_LIMIT, DeliveryList, DeliveryShown, WebhookList, WebhookMade, WebhookShown
from .of_jobs import ID
from .operation import Answer, Calls, Link, Operation, Parameter

TAG = "webhooks"
WEBHOOK_ID = replace(ID, text="the webhook")
DELIVERY_ID = replace(ID, text="the delivery: the `webhook-id` that the receiver saw")
NAMED = tuple(
    Link(name, {"id": "$response.body#/id"}) for name in ("readWebhook", "changeWebhook", "rotateWebhook", "removeWebhook")
)
CHOSEN = (
    Parameter("state", "query", Literal["pending", "delivered", "dead"], "only of this state; dead: the dead letters"),
    Parameter("job", "query", str, "only of this job"),
    Parameter("limit", "query", Annotated[int, Field(ge=1, le=LIST_LIMIT)], f"at most so many, {LIST_DEFAULT} if not given"),
    Parameter("cursor", "query", str, "`next_cursor` of the page before"),
)
PAGE = {200: Answer("a page", DeliveryList, links=(Link("readDelivery", {"id": "$response.body#/items/0/id"}),))}

WEBHOOKS: Calls = {
    ("GET", "/v1/webhooks"): Operation("listWebhooks", TAG, "All webhooks", {200: Answer("without secrets", WebhookList)}),
    ("POST", "/v1/webhooks"): Operation(
        "createWebhook",
        TAG,
        "Have ends told somewhere",
        {201: Answer("with its secret, which is shown this once", WebhookMade, headers=("Location",), links=NAMED)},
        body=WebhookBody,
        text="What is sent is signed as Standard Webhooks has it; an answer other than 2xx is tried again for about a day.",
    ),
    ("GET", "/v1/webhooks/{id}"): Operation(
        "readWebhook", TAG, "One webhook", {200: Answer("without its secret", WebhookShown)}, (WEBHOOK_ID,), refusals=(404,)
    ),
    ("PATCH", "/v1/webhooks/{id}"): Operation(
        "changeWebhook",
        TAG,
        "Change what is given",
        {200: Answer("the webhook as it is now", WebhookShown)},
        (WEBHOOK_ID,),
        WebhookChange,
        refusals=(404,),
    ),
    ("DELETE", "/v1/webhooks/{id}"): Operation(
        "removeWebhook", TAG, "Tell nothing there any more", {204: Answer("what waited for it is dead")}, (WEBHOOK_ID,),
        refusals=(404,),
    ),
    ("POST", "/v1/webhooks/{id}/rotate"): Operation(
        "rotateWebhook",
        TAG,
        "Sign with a new secret",
        {200: Answer("the new secret, which is shown this once; for a day both sign", WebhookMade)},
        (WEBHOOK_ID,),
        RotateBody,
        body_needed=False,
        refusals=(404,),
    ),
    ("GET", "/v1/webhooks/{id}/deliveries"): Operation(
        "listDeliveriesOf", TAG, "What became of what was told there", PAGE, (WEBHOOK_ID, *CHOSEN), refusals=(404,)
    ),
    ("GET", "/v1/webhooks/deliveries"): Operation(
        "listDeliveries",
        TAG,
        "What became of each telling, newest first",
        PAGE,
        (*CHOSEN, Parameter("webhook", "query", str, "only of this webhook")),
    ),
    ("GET", "/v1/webhooks/deliveries/{id}"): Operation(
        "readDelivery", TAG, "One delivery", {200: Answer("with what is sent", DeliveryShown)}, (DELIVERY_ID,), refusals=(404,)
    ),
    ("POST", "/v1/webhooks/deliveries/{id}/redeliver"): Operation(
        "redeliver",
        TAG,
        "Send it again, whatever became of it",
        {202: Answer("it is due now, with all tries before it", DeliveryShown)},
        (DELIVERY_ID,),
        refusals=(404,),
    ),
}  # fmt: skip
