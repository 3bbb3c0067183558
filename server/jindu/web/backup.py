"""`/v1/backup`: the whole store as one file, taken while work goes on. For operators; `jindu backup` fetches it."""

import os
import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ..store.findings import BACKUP_FOLDER
from . import asking
from .access import needs_operator

NAME = "jindu-backup.db"


def routes() -> list[Route]:
    return [Route("/v1/backup", needs_operator(backup), methods=["GET"])]


async def backup(request: Request) -> Response:
    """200 with the file. It is made whole before the first byte leaves, and removed behind the last."""
    folder = tempfile.TemporaryDirectory(prefix=f"{BACKUP_FOLDER}{os.getpid()}-")
    try:
        path = Path(folder.name) / NAME
        await asking.node(request).store.backup(path)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=NAME,
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(folder.cleanup),
    )
