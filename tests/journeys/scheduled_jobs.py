"""A schedule of every second; each run writes its due time into a file outside."""

import os

from jindu import App, Context

app = App()


@app.job(concurrency=20)
async def note(ctx: Context) -> None:
    """Written once for each job: the step in flight at a kill may run twice, so who reads counts jobs."""
    with open(os.environ["SCHEDULE_FILE"], "a", encoding="utf-8") as file:
        file.write(f"{ctx.job_id}\n")


app.schedule(note, every=1)
