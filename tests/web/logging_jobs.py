"""Jobs that log, on the loop and in a thread."""

import logging

from jindu import App

app = App()
log = logging.getLogger(__name__)


@app.job
async def loops() -> None:
    log.warning("loops says canary-line")


@app.job
def threads() -> None:
    log.warning("threads says canary-line")


@app.job
async def talks() -> None:
    for number in range(500):
        log.warning("%d %s", number, "x" * 100)
