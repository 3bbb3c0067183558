"""What a body returns, as it is kept."""

from ..core.codec import NotJson, encode_strict
from ..core.errors import JobError
from . import limits
from .children import Packed


def stored(value: object) -> bytes:
    """JSON. Raises `JobError`: RESULT_NOT_JSON, RESULT_TOO_LARGE."""
    try:
        text = value.text if isinstance(value, Packed) else encode_strict(value)
    except NotJson as error:
        raise JobError("RESULT_NOT_JSON", str(error)) from error
    if len(text) > limits.RESULT_BYTES:
        raise JobError("RESULT_TOO_LARGE", f"{len(text)} bytes, at most {limits.RESULT_BYTES}")
    return text
