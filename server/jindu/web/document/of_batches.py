"""The calls about batches: many jobs as one."""

from dataclasses import replace

from ...core.shown import Batch
from ..answers import AcceptedBatch, Unchanged
from ..batches import BatchBody
from ..changing import CancelBody
from ..listing import BatchPage
from .of_jobs import HELD_ASKS, ID, KEYS, LIST_ASKS, NAMED, SUBMIT_ASKS
from .operation import Answer, Calls, Link, Operation

TAG = "batches"
BATCH_ID = replace(ID, text="the batch")
LEADS = tuple(Link(name, {"id": "$response.body#/id"}) for name in ("readBatch", "cancelBatch"))
MAY = ("Retry-After", "Idempotency-Replayed", "Preference-Applied")


def _accepted(text: str) -> Answer:
    return Answer(text, AcceptedBatch, headers=("Location",), may=MAY, links=LEADS)


def _batch(text: str) -> Answer:
    return Answer(text, Batch, may=("Retry-After",), links=LEADS)


BATCHES: Calls = {
    ("POST", "/v1/batches"): Operation(
        "submitBatch",
        TAG,
        "Submit many jobs in one transaction",
        {
            202: _accepted("those that are valid are durable, and will run; the others are named in `rejected`"),
            200: _accepted("all ended while you were ready to wait"),
        },
        (*SUBMIT_ASKS, *KEYS),
        BatchBody,
        refusals=(410,),
        text="Refused as a whole if none is valid, or, with `atomic`, if any is not.",
    ),
    ("GET", "/v1/batches"): Operation(
        "listBatches",
        TAG,
        "List batches, newest first",
        {200: Answer("a page", BatchPage, may=("Link",), links=(Link("readBatch", {"id": "$response.body#/items/0/id"}),))},
        tuple(ask for ask in LIST_ASKS if ask.name != "batch"),
    ),
    ("GET", "/v1/batches/{id}"): Operation(
        "readBatch",
        TAG,
        "Read a batch, at once or when it has moved",
        {
            200: Answer("the batch; or, at the end of a wait, that nothing has moved", Batch | Unchanged,
                        may=("ETag", "Retry-After"), links=LEADS),
            304: Answer("nothing has moved since the ETag", headers=("ETag",), may=("Retry-After",)),
        },
        (BATCH_ID, *HELD_ASKS),
        refusals=NAMED,
    ),
    ("POST", "/v1/batches/{id}/cancel"): Operation(
        "cancelBatch",
        TAG,
        "Wish for the end of a batch and of its jobs",
        {202: _batch("the wish is kept"), 200: _batch("it is cancelled")},
        (BATCH_ID,),
        CancelBody,
        body_needed=False,
        refusals=(*NAMED, 409),
    ),
}  # fmt: skip
