"""`/` and `/static/…`: the dashboard. Files of this package, read once, served with a strict policy.

The page speaks HTTP and the socket like any other client, through our own SDK. Links in it are relative, so it works behind a
prefix too; the names of its files never change, so a browser asks each time, and hears 304 while the server is the same.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers, asking
from .languages import weighted
from .problems import Problem

FOLDER = Path(__file__).parent / "static"
FIRST = "index.html"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class File:
    body: bytes
    media_type: str
    etag: str


@cache
def places() -> dict[str, Path]:
    """All files of the folder by their path in it; only these are ever served, whatever a request says."""
    found = (path for path in sorted(FOLDER.rglob("*")) if path.suffix in MEDIA_TYPES and path.is_file())
    return {path.relative_to(FOLDER).as_posix(): path for path in found}


@cache
def _read(path: Path) -> File:
    return made(path.read_bytes(), MEDIA_TYPES[path.suffix])


def file(name: str) -> File | None:
    """One of `places`, read when it is first asked for."""
    path = places().get(name)
    return None if path is None else _read(path)


def routes(index: Answer) -> list[Route]:
    """`index` answers at `/` those who do not ask for HTML."""

    async def first(request: Request) -> Response:
        answer = serve(request, file(FIRST)) if wants_page(request.headers.get("accept", "")) else await index(request)
        answer.headers["Vary"] = "Accept"
        return answer

    return [Route("/", first), Route("/static/{path:path}", static)]


async def static(request: Request) -> Response:
    return serve(request, file(request.path_params["path"]))


def wants_page(accept: str) -> bool:
    """Whether HTML is named and JSON is not preferred. Browsers always name it; `*/*` alone is a program."""
    weights = dict(weighted(accept))
    return weights.get("text/html", 0.0) > 0 and weights["text/html"] >= weights.get("application/json", 0.0)


def made(body: bytes, media_type: str) -> File:
    """A file that was made here, or read: its ETag is of what is in it."""
    return File(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def serve(request: Request, found: File | None, policy: str = POLICY) -> Response:
    """The file, or 304 to who holds it; raises `Problem` when there is none."""
    if found is None:
        raise Problem("NOT_FOUND", "there is no such file")
    headers = {"Content-Security-Policy": policy, "ETag": found.etag, "Cache-Control": "no-cache"}
    asked = asking.twin(request, "if-none-match", "if_none_match")
    if asked is not None and answers.matches(asked, found.etag):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers={**headers, "Content-Type": found.media_type})
