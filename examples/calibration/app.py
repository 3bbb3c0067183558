"""The job `calibrate`: run the external script on an info hash, and write the name it finds into the note that asked.

jindu serve examples.calibration.app:app
"""

import asyncio
from typing import Annotated, Any

from pydantic import Field

from jindu import App, CommandTimeout, Context, JobError, JobTimeout

from . import settings
from .notes import Notes
from .routes import Routes

InfoHash = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,128}$")]
LONGER = 10.0  # seconds that the job has beyond its script, to end it and to write

app = App()
_timeout = settings.timeout()
settings.script()  # a wrong setting is told when the server starts
app.errors.add(
    "CALIBRATION_TIMEOUT",
    title={"zh": "校准超时", "en": "The calibration took too long"},
    message={"zh": f"校准超时（{_timeout:g}秒）", "en": f"The calibration took longer than {_timeout:g} seconds."},
    action="retry",
    retryable=True,
)
app.errors.add(
    "CALIBRATION_NOT_FOUND",
    title={"zh": "没有找到", "en": "Not found"},
    message={"zh": "没有找到与该 info hash 对应的种子", "en": "No torrent file has this info hash."},
    action="edit_input",
    retryable=False,
)
app.errors.add(
    "CALIBRATION_FAILED",
    title={"zh": "校准失败", "en": "The calibration failed"},
    message={"zh": "校准失败：校准脚本没有正常结束", "en": "The calibration script did not end well."},
    action="retry",
    retryable=True,
)
app.errors.map(CommandTimeout, "CALIBRATION_TIMEOUT")
app.errors.map(JobTimeout, "CALIBRATION_TIMEOUT")


@app.job(timeout=_timeout + LONGER, concurrency=settings.AT_ONCE, keep_for=settings.KEEP_FOR)
async def calibrate(ctx: Context, info_hash: InfoHash, note_id: int | None = None) -> Any:
    """The name as text; with `note_id` an object that names the note too, whose `name` is updated."""
    ended = await ctx.command(*settings.script(), info_hash, timeout=settings.timeout())
    if ended.returncode:
        code = "CALIBRATION_NOT_FOUND" if ended.returncode == settings.NOT_FOUND else "CALIBRATION_FAILED"
        raise JobError(code, ended.stderr[-500:])
    name = ended.stdout.strip()
    if note_id is None:
        return name
    await asyncio.to_thread(Notes(settings.notes()).calibrated, note_id, name)
    return {"note_id": note_id, "info_hash": info_hash, "name": name}


Routes(app, calibrate).add()
