"""A job, and a page of one's own that watches it: jindu serve examples.browser.app:app, then http://localhost:8765/watch

The page uses the JavaScript client as the modules that it is written in; in an application of yours take the package
`jindu-client`, or its one file `dist/jindu.iife.js`.
"""

import asyncio
from pathlib import Path
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from jindu import App, Context, JobError

HERE = Path(__file__).parent
SDK = HERE.parents[1] / "client_sdk" / "javascript" / "src"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

app = App()


@app.job(stages=["packing", "sending"], timeout="2m")
async def send_parcels(
    ctx: Context, parcels: Annotated[int, Field(ge=1, le=1000)] = 20, lost: int | None = None, pause: float = 0.2
) -> dict[str, int]:
    """Pack and send so many parcels, each a partial result; the one with the number `lost` makes the job fail."""
    async with ctx.stage("packing") as stage:
        async for _ in stage.track(range(parcels)):
            await asyncio.sleep(pause)
    async with ctx.stage("sending") as stage:
        async for number in stage.track(range(1, parcels + 1)):
            await asyncio.sleep(pause)
            if number == lost:
                raise JobError("NETWORK_ERROR", f"parcel {number} is lost")
            ctx.partial({"parcel": number}, key=f"parcel-{number}")
    return {"sent": parcels}


def shown(name: str) -> Route:
    async def file(request: Request) -> Response:
        return FileResponse(HERE / name, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})

    return Route("/watch" if name == "page.html" else f"/watch/{name}", file)


pages = [shown(name) for name in ("page.html", "page.js", "page.css")]
app.add_routes([*pages, Mount("/watch/sdk", StaticFiles(directory=SDK, check_dir=False))], public=True)
