"""The OpenAI-compatible HTTP face: `/v1/models` and `/v1/chat/completions`, whole or as a stream."""

import hmac
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .corpus import Package, installed
from .models import READINGS, Model
from .pacing import Pace, ParallelLimit
from .question import BadRequest, Question, pieces


@dataclass(frozen=True, slots=True)
class Settings:
    """How the platform behaves. The lower half makes it fail for real, as platforms do, to try what a client does then.

    `models` narrows what is served. `hang_up_after` is in words; then the connection breaks. `silent_after` likewise,
    but it stays open and nothing more comes. `max_parallel` requests at once are answered, further ones get 429.
    """

    tokens_per_second: float = 40.0
    api_key: str = ""
    models: tuple[str, ...] = tuple(READINGS)
    streams: bool = True
    fail_status: int | None = None
    fail_code: str = "server_error"
    hang_up_after: int | None = None
    silent_after: int | None = None
    max_parallel: int | None = None

    def __post_init__(self) -> None:
        if not self.tokens_per_second > 0:
            raise ValueError(f"tokens_per_second must be above 0, not {self.tokens_per_second!r}")


def create_app(settings: Settings | None = None, packages: Sequence[Package] | None = None) -> Starlette:
    """The platform as an ASGI application over `packages` (default: those installed here)."""
    settings = settings or Settings()
    known = installed() if packages is None else packages
    platform = Platform(settings, {name: Model(name, known) for name in settings.models})
    app = Starlette(
        routes=[
            Route("/v1/models", platform.models),
            Route("/v1/chat/completions", platform.complete, methods=["POST"]),
        ]
    )
    if settings.max_parallel is not None:
        refusal = error(429, "rate_limit_exceeded", "Too many requests at once.")
        app.add_middleware(ParallelLimit, limit=settings.max_parallel, refusal=refusal)
    return app


def error(status: int, code: str, message: str) -> JSONResponse:
    """An error as the OpenAI API words it."""
    kind = "invalid_request_error" if status < 429 and status != 402 else code
    return JSONResponse({"error": {"message": message, "type": kind, "code": code, "param": None}}, status)


class Platform:
    """The handlers. `models` by name, built once: reading all metadata takes a noticeable part of a second."""

    def __init__(self, settings: Settings, models: Mapping[str, Model]) -> None:
        self._settings = settings
        self._models = models
        self._born = int(time.time())

    async def models(self, request: Request) -> Response:
        if not self._allowed(request):
            return error(401, "invalid_api_key", "The API key is not valid.")
        data = [{"id": name, "object": "model", "created": self._born, "owned_by": "local"} for name in self._models]
        return JSONResponse({"object": "list", "data": data})

    async def complete(self, request: Request) -> Response:
        if not self._allowed(request):
            return error(401, "invalid_api_key", "The API key is not valid.")
        if self._settings.fail_status is not None:
            return error(self._settings.fail_status, self._settings.fail_code, "The platform is set to fail.")
        try:
            question = Question.of(await request.body())
        except BadRequest as refusal:
            return error(400, "invalid_value", str(refusal))
        model = self._models.get(question.model)
        if model is None:
            return error(404, "model_not_found", f"The model {question.model!r} does not exist.")
        words, finish = question.cut(pieces(model.answer(question.text)))
        usage = {"prompt_tokens": question.tokens, "completion_tokens": len(words)}
        usage["total_tokens"] = sum(usage.values())
        if question.stream and self._settings.streams:
            return StreamingResponse(self._stream(question, words, finish, usage), media_type="text/event-stream")
        async for _ in self._paced(words):
            pass
        message = {"role": "assistant", "content": "".join(words)}
        choices = [{"index": 0, "message": message, "finish_reason": finish}]
        return JSONResponse({**self._head("chat.completion", question), "choices": choices, "usage": usage})

    def _allowed(self, request: Request) -> bool:
        if not self._settings.api_key:
            return True
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self._settings.api_key}".encode())

    async def _stream(
        self, question: Question, words: Sequence[str], finish: str, usage: Mapping[str, int]
    ) -> AsyncIterator[str]:
        head = self._head("chat.completion.chunk", question)

        def chunk(delta: Mapping[str, str], finish_reason: str | None = None) -> str:
            choices = [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
            return _event({**head, "choices": choices})

        yield chunk({"role": "assistant", "content": ""})
        async for word in self._paced(words):
            yield chunk({"content": word})
        yield chunk({}, finish)
        if question.include_usage:
            yield _event({**head, "choices": [], "usage": usage})
        yield "data: [DONE]\n\n"

    async def _paced(self, words: Sequence[str]) -> AsyncIterator[str]:
        pace = Pace(self._settings.tokens_per_second)
        for count, word in enumerate(words):
            if count == self._settings.hang_up_after:
                raise ConnectionAbortedError("the platform is set to hang up here")
            if count == self._settings.silent_after:
                await pace.forever()
            await pace.turn(count)
            yield word

    def _head(self, kind: str, question: Question) -> dict[str, Any]:
        return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": question.model}


def _event(body: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
