"""A page for an application: its own HTML and JavaScript, with the sheet and the module that all of them share.

Jobs are watched through the JavaScript client that the server has at `/static/sdk`. Links are relative, so a page works behind
a prefix too.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

SHARED = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def page(path: str, folder: Path) -> list[Route]:
    """`page.html` of a folder at `path`, below it `page.js` beside it, and `kit.js` and `page.css` of all."""
    files = {
        path: folder / "page.html",
        f"{path}/page.js": folder / "page.js",
        f"{path}/kit.js": SHARED / "kit.js",
        f"{path}/page.css": SHARED / "page.css",
    }
    return [shown(path, file) for path, file in files.items()]


def shown(path: str, file: Path) -> Route:
    async def answer(request: Request) -> Response:
        return FileResponse(file, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})

    return Route(path, answer)
