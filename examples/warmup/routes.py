"""Communities, their posts, and what testers say, over HTTP. What is wrong is answered as `{"error": …}`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jindu import App, JobFunction

from ..bodies import body_json
from ..page import page
from .database import database
from .feeds import FeedError

PAGE = Path(__file__).parent / "page"
LISTED = 200
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.-]+$")]
PostsOf = Callable[[dict[str, Any]], Awaitable[list[dict[str, Any]]]]


class Community(BaseModel):
    """`feed` is an address, or a file of the server's machine."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    feed: Annotated[str, Field(min_length=1, max_length=2000)]
    members: Annotated[int, Field(ge=0, le=2**53)] = 0


class Feedback(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tester: Name
    rating: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[str, Field(max_length=5000)] = ""


class Routes:
    def __init__(self, app: App, warm_up: JobFunction[..., Any], posts_of: PostsOf) -> None:
        self._app = app
        self._warm_up = warm_up
        self._posts_of = posts_of

    def add(self) -> None:
        self._app.add_routes([Route("/api/v1/communities/warm", self.warm, methods=["POST"])], submits=True)
        self._app.add_routes(
            [
                Route("/api/v1/communities", communities, methods=["GET", "POST"]),
                Route("/api/v1/communities/{name}/posts", self.posts),
                Route("/api/v1/beta/feedback", feedback, methods=["GET", "POST"]),
            ]
        )
        # The page holds nothing; what it asks for wants a key where the server has some.
        self._app.add_routes(page("/communities", PAGE), public=True)

    async def warm(self, request: Request) -> Response:
        """Do not wait for the schedule."""
        job = await self._warm_up.submit()
        return JSONResponse({"task_id": job.id, "status": "pending"})

    async def posts(self, request: Request) -> Response:
        name = request.path_params["name"]
        found = [one for one in await asyncio.to_thread(database().communities) if one["name"] == name]
        if not found:
            return error("社区不存在", 404)
        try:
            posts = await self._posts_of(found[0])
        except FeedError:
            return error("社区的内容暂时无法读取", 502)
        return JSONResponse({"total": len(posts), "items": posts})


async def communities(request: Request) -> Response:
    if request.method == "POST":
        return await added(request)
    found = await asyncio.to_thread(database().communities)
    return JSONResponse({"total": len(found), "items": found})


async def added(request: Request) -> Response:
    asked = await model(request, Community)
    if isinstance(asked, Response):
        return asked
    await asyncio.to_thread(database().add_community, asked.name, asked.feed, asked.members)
    return JSONResponse(asked.model_dump(), 201)


async def feedback(request: Request) -> Response:
    if request.method == "POST":
        return await said(request)
    found = await asyncio.to_thread(database().feedback, LISTED)
    return JSONResponse({"total": len(found), "items": found})


async def said(request: Request) -> Response:
    asked = await model(request, Feedback)
    if isinstance(asked, Response):
        return asked
    number = await asyncio.to_thread(database().add_feedback, asked.tester, asked.rating, asked.text)
    return JSONResponse({"id": number}, 201)


async def model(request: Request, kind: type[BaseModel]) -> Any:
    """The body, or the answer to one that does not fit."""
    try:
        return kind.model_validate(await body_json(request))
    except ValidationError as wrong:
        fields = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors(include_url=False))
        return error(f"请求体不符合要求：{fields}", 422)
    except ValueError:
        return error("请求体不是 JSON", 400)


def error(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status)
