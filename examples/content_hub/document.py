"""`/api/v1/content/openapi.json`: OpenAPI 3.1 for the seven endpoints and the accounts.

The same calls are in the server's own `/openapi.json`, and so in the pages `/docs` and `/redoc`. Bodies that are asked are the
models that the routes check with; answers are those of `answers`.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .answers import SHAPES, AccountList, AccountShown, Cleaned, Stats, Submitted, Task, TaskList
from .asking import BASE, DAYS, DAYS_LIMIT, ID_LIMIT, LIST, LIST_LIMIT, Account, Generate
from .samples import samples
from .tasks import STATUSES

ABOUT = """\
Accounts ask for texts, AI platforms write them, a review looks them over. A task that has been submitted is asked for until its
`poll_after` is null, or its job is watched over `/v1/ws` or `/v1/stream`.

Without keys the server answers its own machine only. With keys each call wants `Authorization: Bearer KEY`: the scope `watch`
to read, `submit` for the rest; a key that is bound to an owner sees that owner's tasks only. 60 submits and retries of one
client are taken in any minute.
"""
PLACE, PROBLEM = "#/components/schemas/", "application/problem+json"
TASKS, ONE, ACCOUNTS = f"{BASE}/tasks", f"{BASE}/tasks/{{task_id}}", "/api/v1/accounts"
ASKED = {"account_id": 1, "topic": "web framework asyncio", "keywords": ["asyncio"], "priority": 7, "auto_approve": True}
# What the server may refuse before the route is asked, wherever; what the routes refuse has one sentence.
ANYWHERE = {
    401: "no key, or one that is not known",
    403: "a key without the scope, or a page of a foreign origin",
    421: "a foreign Host at a server without keys",
    429: "more than your rate allows",
    507: "the storage is full",
}


def document() -> dict[str, Any]:
    _, schemas = models_json_schema(
        [(shape, "serialization") for shape in SHAPES] + [(Generate, "validation"), (Account, "validation")],
        ref_template=f"{PLACE}{{model}}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Content hub",
            "version": version("jindu"),
            "summary": "Texts, written and reviewed",
            "description": ABOUT,
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"bearer": []}],
        "tags": [
            {"name": "content", "description": "Content hub: tasks"},
            {"name": "accounts", "description": "Content hub: who asks"},
        ],
        "paths": paths(),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "a key"}},
        },
    }


def paths() -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for method, path, operation in (*calls_of_tasks(), *calls_of_accounts()):
        found.setdefault(path, {})[method] = operation
    return found


def calls_of_tasks() -> list[tuple[str, str, dict[str, Any]]]:
    unknown, wrong = {404: "no such task"}, {400: "a parameter is out of bounds"}
    return [
        call("post", f"{BASE}/generate/async", "generateContent", "Have a text written; answers at once",
             {200: ("the task waits", Submitted)},
             {400: "no JSON, or a callback that cannot be told", 404: "no such account: no task", 422: "a field is wrong"},
             body=Generate, example=ASKED),
        call("get", TASKS, "listTasks", "Tasks, the newest first", {200: ("a page", TaskList)}, wrong, asks=LISTING),
        call("get", f"{TASKS}/stats", "taskStats", "How many tasks there are, and how they ended", {200: ("figures", Stats)}),
        call("delete", f"{TASKS}/cleanup", "cleanUpTasks", "Remove what ended long ago, with its contents",
             {200: ("how many there were", Cleaned)}, wrong, asks=CLEANING),
        call("get", ONE, "readTask", "How a task stands, with its content at the end", {200: ("the task", Task)}, unknown),
        call("post", f"{ONE}/cancel", "cancelTask", "Wish for its end", {200: ("the wish is kept", Submitted)},
             {**unknown, 409: "it has ended"}),
        call("post", f"{ONE}/retry", "retryTask", "Try again; the task keeps its id", {200: ("it waits again", Submitted)},
             {**unknown, 409: "it neither failed nor was cancelled"}),
    ]  # fmt: skip


def calls_of_accounts() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        call("get", ACCOUNTS, "listAccounts", "All accounts", {200: ("by id", AccountList)}),
        call("post", ACCOUNTS, "addAccount", "Add an account, or find the one of this name",
             {201: ("the account", AccountShown)}, {400: "no JSON", 422: "a field is wrong"},
             body=Account, example={"name": "shop"}),
    ]  # fmt: skip


def call(
    method: str,
    path: str,
    name: str,
    summary: str,
    answers: Mapping[int, tuple[str, type[BaseModel]]],
    refusals: Mapping[int, str] = {},
    *,
    asks: Sequence[Mapping[str, Any]] = (),
    body: type[BaseModel] | None = None,
    example: Mapping[str, Any] | None = None,
) -> tuple[str, str, dict[str, Any]]:
    """Method, path and operation of one call."""
    parameters = [*([TASK_ID] if path.startswith(ONE) else []), *asks]
    shown: dict[str, Any] = {"operationId": name, "tags": ["accounts" if path == ACCOUNTS else "content"], "summary": summary}
    if parameters:
        shown["parameters"] = parameters
    if body is not None:
        content = {"application/json": {**schema(body.__name__), "example": example}}
        shown["requestBody"] = {"required": True, "content": content}
    told = {status: answer(text, "ProblemShown", PROBLEM) for status, text in ANYWHERE.items()}
    if method == "post":
        told[415] = answer("the body is not sent as application/json", "ProblemShown", PROBLEM)
    told[429]["headers"] = {"Retry-After": {"description": "seconds", "required": True, "schema": {"type": "integer"}}}
    told[503] = BUSY
    told |= {status: answer(text, "Refusal") for status, text in refusals.items()}
    told |= {status: answer(text, kind.__name__) for status, (text, kind) in answers.items()}
    shown["responses"] = {str(status): told[status] for status in sorted(told)}
    shown["x-codeSamples"] = samples(method.upper(), path, example)
    return method, path, shown


def answer(text: str, shape: str, media: str = "application/json") -> dict[str, Any]:
    return {"description": text, "content": {media: schema(shape)}}


def schema(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"{PLACE}{name}"}}


def ask(name: str, text: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": text, "schema": schema}


TASK_ID = {
    "name": "task_id", "in": "path", "required": True, "description": "the task", "schema": {"type": "string", "minLength": 1},
}  # fmt: skip
LISTING = (
    ask("account_id", "only of this account", type="integer", minimum=0, maximum=ID_LIMIT),
    ask("status", "only of this status", enum=list(STATUSES)),
    ask("limit", "at most so many", type="integer", minimum=0, maximum=LIST_LIMIT, default=LIST),
)
CLEANING = (ask("days", "how long ago; 0 takes all that ended", type="integer", minimum=0, maximum=DAYS_LIMIT, default=DAYS),)
BUSY = {
    "description": "too many wait, or the server goes: come back later",
    "content": {"application/json": schema("Refusal"), PROBLEM: schema("ProblemShown")},
}
