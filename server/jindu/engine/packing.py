"""What a body returns as JSON text, within its bounds."""

from ..core.codec import NotJson, encode_strict
from ..core.errors import JobError
from . import limits
from .children import Packed


def packed(value: object) -> bytes:
    """Raises `JobError` for what is no JSON, or too large."""
    try:
        text = value.text if isinstance(value, Packed) else encode_strict(value)
    except NotJson as error:
        raise JobError("RESULT_NOT_JSON", str(error)) from error
    if len(text) > limits.RESULT_BYTES:
        raise JobError("RESULT_TOO_LARGE", f"{len(text)} bytes, at most {limits.RESULT_BYTES}")
    return text
