"""What keeps the random calls of test_schema.py short, and chance out of them. Loaded by schemathesis."""

import itertools
import os
import re
from typing import Any

import schemathesis

number = itertools.count()
# What is there besides jobs, whose ids come from a dictionary.
NAMES = ("batches", "keys", "schedules", "webhooks", "deliveries")
THERE = {name: os.environ.get(f"SCHEMA_{name.upper()}", "").split() for name in NAMES}
PLACES = {name: f"/v1/{name}/{{id}}" for name in THERE} | {"deliveries": "/v1/webhooks/deliveries/{id}"}
URL = re.compile(r"https?://[^\s/?#]+.*", re.DOTALL)
REMOVED = ("schedules", "webhooks")
GOING = 10  # of each of these may be removed
ULID = 26  # characters of the id of a job
EVERY = re.compile(r"[1-9][0-9]{0,2}[smhd]")


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """A cursor is taken as it was given, never thought up; what is thought up is refused, and tests of lists ask for that."""
    if isinstance(query, dict):
        query.pop("cursor", None)
    return query


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Held answers are asked for soon, streams are rotated (a feed never ends by itself), keys and ids are new ones."""
    path, query = case.operation.path, case.query
    body = case.body if isinstance(case.body, dict) else query
    if isinstance(body, dict) and path == "/v1/stream":
        body["rotate"] = _at_most_one(body.get("rotate", 1), 86_400)
    if isinstance(body, dict) and path == "/v1/poll":
        body["wait"] = _at_most_one(body.get("wait", 0), 60)
    if isinstance(query, dict) and "wait" in query:
        query["wait"] = _at_most_one(query["wait"], 60)
    _renew(case.headers, "Idempotency-Key", r"[!-~]{1,240}")
    _renew(query, "idempotency_key", r"[!-~]{1,240}")
    if case.operation.method.upper() == "PUT":
        _renew(case.path_parameters, "id", r"[A-Za-z0-9_-]{16,50}")
    _tell_nobody(case.body)
    if path.startswith("/v1/schedules") and isinstance(case.body, dict):
        _make_sense(case.body)
    _name_what_is_there(case)
    _spare(case)


def _name_what_is_there(case: Any) -> None:
    """Things that exist, but for every fifth call. What is removed is of those that are there for that."""
    for name, ids in THERE.items():
        if not case.operation.path.startswith(PLACES[name]):
            continue
        stay, go = (ids[:-GOING], ids[-GOING:]) if name in REMOVED else (ids, ids)
        turn, id = next(number), case.path_parameters["id"]
        if case.operation.label.startswith("DELETE") and name in REMOVED:
            if id in stay or len(id) == ULID:
                case.path_parameters["id"] = go[turn % len(go)]
        elif turn % 5:
            case.path_parameters["id"] = stay[turn % len(stay)]


def _tell_nobody(body: Any) -> None:
    """URLs as they are thought up name no host; what is no URL stays what it is."""
    if not isinstance(body, dict):
        return
    for name in ("url", "webhook"):
        given = body.get(name)
        if isinstance(given, str) and len(given) <= 2_000 and URL.fullmatch(given):
            body[name] = "https://receiver.invalid/hook"
    _tell_nobody(body.get("webhook"))
    for one in body["jobs"] if isinstance(body.get("jobs"), list) else ():
        _tell_nobody(one)


def _interval(every: Any) -> bool:
    """Whether it is one by its schema."""
    if isinstance(every, str):
        return EVERY.fullmatch(every) is not None
    return isinstance(every, int | float) and not isinstance(every, bool) and 1 <= every <= 315_360_000


def _make_sense(body: Any) -> None:
    """What no schema can say of a schedule: that there is such a type and zone, that the cron is one, with no interval."""
    cron, every = body.get("cron"), body.get("every")
    if isinstance(cron, str) and len(cron) <= 200:
        body["cron"] = "@daily"
        if _interval(every):
            del body["every"]
    if "type" in body and cron is None and every is None:
        body["every"] = 86_400
    if isinstance(body.get("timezone"), str) and len(body["timezone"]) <= 100:
        body["timezone"] = "UTC"
    if isinstance(body.get("type"), str):
        body["type"] = "idle"
    if isinstance(body.get("params"), dict):
        body["params"] = {}
    if "type" in body and body.get("id") is None:
        body["id"] = "new"
    if isinstance(body.get("id"), str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", body["id"]):
        body["id"] = f"{body['id'][:80]}-{next(number)}"


def _spare(case: Any) -> None:
    """A call that would end all further talk takes a thing that nobody needs: other jobs are to be there, and to run."""
    called, query, path = case.operation.label, case.query or {}, case.path_parameters or {}
    if called == "DELETE /v1/jobs" and re.fullmatch(r"([0-9.]+(s|ms|m|h|d)?)+", str(query.get("older_than"))):
        query["older_than"] = "7d"
    if called == "POST /v1/types/{type}/pause" and path.get("type") in ("describe", "fail"):
        path["type"] = "idle"


def _at_most_one(value: Any, most: float) -> Any:
    """A valid wait made short; one that is not valid stays what it is."""
    try:
        return 1 if 1 < float(value) <= most else value
    except (TypeError, ValueError):
        return value


def _renew(values: Any, name: str, pattern: str) -> None:
    """The same key or id for something else is refused, rightly: 422."""
    if values and name in values and re.fullmatch(pattern, str(values[name])):
        values[name] = f"{values[name]}-{next(number)}"
