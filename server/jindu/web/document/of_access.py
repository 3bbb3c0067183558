"""The calls about who may do what: keys, tokens, tickets."""

from dataclasses import replace

from ..keys import KeyBody, KeyList, KeyMade, KeyShown
from ..tokens import TicketBody, TicketMade, TokenBody, TokenMade
from .of_jobs import ID
from .operation import Answer, Calls, Link, Operation

TAG = "access"
KEY_ID = replace(ID, text="the id of the key, not its text")
NAMED = tuple(Link(name, {"id": "$response.body#/id"}) for name in ("readKey", "revokeKey"))

ACCESS: Calls = {
    ("GET", "/v1/keys"): Operation("listKeys", TAG, "All keys", {200: Answer("without their secrets", KeyList)}),
    ("POST", "/v1/keys"): Operation(
        "createKey",
        TAG,
        "Make a key",
        {201: Answer("its text, which is shown this once", KeyMade, headers=("Location",), links=NAMED)},
        body=KeyBody,
        text="The first key ends open mode: from then on every call needs one.",
    ),
    ("GET", "/v1/keys/{id}"): Operation(
        "readKey", TAG, "One key", {200: Answer("without its secret", KeyShown)}, (KEY_ID,), refusals=(404,)
    ),
    ("DELETE", "/v1/keys/{id}"): Operation(
        "revokeKey", TAG, "Revoke a key", {204: Answer("it is good for nothing any more")}, (KEY_ID,), refusals=(404,)
    ),
    ("POST", "/v1/keys/rotate"): Operation(
        "rotateSecrets", TAG, "Sign tokens with a new secret", {204: Answer("tokens signed two secrets ago are no good")}
    ),
    ("POST", "/v1/tokens"): Operation(
        "createToken",
        TAG,
        "Make a capability to hand on: to watch (and cancel) a job, a batch, or all of an owner's",
        {201: Answer("the token", TokenMade)},
        body=TokenBody,
        refusals=(404, 410),
    ),
    ("POST", "/v1/tickets"): Operation(
        "createTicket",
        TAG,
        "Make a ticket for `?ticket=`, for who cannot send a header",
        {201: Answer("good for a minute, as often as wished", TicketMade)},
        body=TicketBody,
        refusals=(404, 410),
    ),
}
