"""The body of a request as JSON, for all applications: bounded, and nothing in it that no database can keep."""

import json
from typing import Any

from starlette.requests import Request

LARGEST = 1024 * 1024  # bytes


async def body_json(request: Request) -> Any:
    """Raises `ValueError` for what is no JSON, too large, nested too deep, or has half of a surrogate pair in a text."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise ValueError(f"larger than {LARGEST} bytes")
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value
