"""A bare Starlette JSON route: the state of a job out of a dictionary, and 304 for who holds that version."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

JOB = {
    "id": "01J9ZK4T7Q8W3N5M6P2R000000", "status": "running", "stage": "ai_fetching", "progress": 12.5, "is_completed": False,
    "message": "Fetching sources and ranking candidates", "seq": 17, "attempt": 1, "updated_at": "2026-01-31T12:00:00Z",
}  # fmt: skip


async def status(request: Request) -> Response:
    job = {**JOB, "id": request.path_params["id"]}
    tag = f'"{job["seq"]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(job, headers={"ETag": tag})


uvicorn.run(
    Starlette(routes=[Route("/v1/jobs/{id}", status)]), host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop",
    http="httptools", log_level="error", access_log=False, backlog=4096,
)  # fmt: skip
