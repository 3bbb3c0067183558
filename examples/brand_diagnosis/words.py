"""A diagnosis in the words of the earlier system: what its routes and its socket say. Pure.

The four statuses of old are `initializing`, `processing`, `completed` and `failed`; a cancelled diagnosis is shown as one that
failed. They agree as they always did: completed with progress 100, failed with progress 0, both with `is_completed`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

NOT_FOUND = "任务不存在"
_PENDING = ("pending", "running")


def standing(state: Mapping[str, Any]) -> dict[str, Any]:
    """`status`, `stage`, `progress` (whole percents) and `is_completed` of a state or a snapshot, in old words."""
    status, stage = state["status"], state["stage"]
    if status in _PENDING:
        status = "initializing" if stage == "init" else "processing"
    elif status == "cancelled":
        status = stage = "failed"
    return {"status": status, "stage": stage, "progress": int(state["progress"]), "is_completed": state["is_completed"]}


def told_error(error: Mapping[str, Any] | None) -> str:
    """An error as the one sentence for people that the old clients show."""
    return f"{error['title']['zh']}：{error['message']['zh']}" if error else "诊断失败"


def status_body(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The body of `/test/status/{task_id}`; `results` are the answers so far, one of each platform."""
    body = {
        "task_id": snapshot["id"],
        **standing(snapshot),
        "results": results(snapshot["partial"]),
        "created_at": snapshot["created_at"],
    }
    if body["status"] == "failed":
        body["error"] = told_error(snapshot["error"])
    return body


def results(partial: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [kept["data"] for kept in partial]


def history_entry(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One diagnosis in `/api/test-history`: how it ended, with what it had found by then."""
    params = snapshot["params"]
    return {
        **status_body(snapshot),
        "execution_id": snapshot["id"],
        "brand_name": params["brand"],
        "brand_list": [params["brand"], *params.get("competitors", [])],
        "finished_at": snapshot["finished_at"],
    }


def intelligence(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The body of `/api/deep-intelligence/{task_id}` of a completed diagnosis: the whole result with the answers."""
    return {
        "status": "success",
        "task_id": snapshot["id"],
        "execution_id": snapshot["id"],
        **snapshot["result"],
        "results": results(snapshot["partial"]),
    }


def update(execution_id: str, frame: Mapping[str, Any]) -> dict[str, Any] | None:
    """A frame of `jindu.v1` as `/ws/diagnosis/{execution_id}` said it; None for what it had no words for."""
    event, state = frame["type"], frame.get("state")
    if event not in ("progress", "result", "complete", "error"):
        return None
    data: dict[str, Any] = {"task_id": execution_id}
    if state is not None:
        data |= {**standing(state), "message": state["message"]}
    if event == "result":
        data |= {"key": frame["key"], "result": frame.get("data")}
    elif event == "complete":
        data["result"] = state.get("result") if state else None
    elif event == "error":
        data["error"] = told_error(state["error"] if state else None)
    at = state["updated_at"] if state else datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": "diagnosis_update", "execution_id": execution_id, "timestamp": at, "event": event, "data": data}
