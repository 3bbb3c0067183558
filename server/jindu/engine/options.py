"""How a job is to be run, apart from its parameters: the options of a submit, and what no job may have."""

import hashlib
from dataclasses import dataclass

import orjson

from ..core.codec import decode_own
from ..core.hook import Hook
from .params import FieldError, InvalidParams

PARAMS_BYTES = 256 * 1024
PRIORITY_LIMIT = 3_600  # seconds of head start, either way
LONGEST_WAIT = 10 * 365 * 86_400  # seconds: a time further off has no date that can be shown


@dataclass(frozen=True, slots=True)
class Options:
    """Durations in seconds. `key` and `id` make a submit repeatable; `id` is the client's own name for the job."""

    owner: str | None = None
    key: str | None = None
    priority: int = 0
    tags: tuple[str, ...] = ()
    delay: float = 0.0
    expires_in: float | None = None
    id: str | None = None
    webhook: Hook | None = None


def check_options(params: bytes, options: Options) -> None:
    """Raises `InvalidParams` for what no job may have; before anything exists."""
    errors = []
    if len(params) > PARAMS_BYTES:
        errors.append(FieldError("/params", f"at most {PARAMS_BYTES} bytes of JSON, not {len(params)}"))
    errors += _priority_errors(options.priority)
    if not 0 <= options.delay <= LONGEST_WAIT:
        errors.append(FieldError("/delay", f"seconds, from 0 to {LONGEST_WAIT} (ten years)"))
    if options.expires_in is not None and not 0 < options.expires_in <= LONGEST_WAIT:
        errors.append(FieldError("/expires_in", f"seconds, above 0 and at most {LONGEST_WAIT} (ten years)"))
    if errors:
        raise InvalidParams(errors)


def check_priority(priority: int) -> None:
    """Raises `InvalidParams`."""
    if errors := _priority_errors(priority):
        raise InvalidParams(errors)


def _priority_errors(priority: int) -> list[FieldError]:
    if -PRIORITY_LIMIT <= priority <= PRIORITY_LIMIT:
        return []
    return [FieldError("/priority", f"seconds of head start, -{PRIORITY_LIMIT} to {PRIORITY_LIMIT}")]


def fingerprint(type: str, params: bytes, options: Options) -> str:
    """Equal for equal submits: of all that was asked for, keys sorted, what was left out as its default."""
    asked = [
        type, decode_own(params), options.owner, options.priority, options.tags, float(options.delay),
        None if options.expires_in is None else float(options.expires_in),
        *([] if options.webhook is None else [options.webhook.dump()]),
    ]  # fmt: skip
    return hashlib.blake2b(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
