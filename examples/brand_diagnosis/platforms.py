"""Which AI platforms there are: from `BRAND_PLATFORMS`, or the local ones when it is unset."""

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from jindu import ConcurrencyController, get_metrics

from .completions import Answer, Endpoint, Secret, ask
from .local_platform.running import LocalServer, rate
from .local_platform.server import Settings
from .wire import PlatformError

VARIABLE = "BRAND_PLATFORMS"
TIMEOUT_VARIABLE = "BRAND_TIMEOUT"
DEFAULT_TIMEOUT = 300.0  # seconds
PARALLEL_VARIABLE = "BRAND_PARALLEL"
DEFAULT_PARALLEL = 8  # calls at once to one address; what platforms count as under way ends a little later than for us
KEPT = "36500d"  # until deleted
LOCAL_MODELS = {
    "Local BM25": "local-bm25",
    "Local Summaries": "local-summary",
    "Local Classifiers": "local-classifier",
}

_EXPECTED = 'a JSON list such as [{"name": "Example", "base_url": "https://api.example.com/v1", "api_key": "…", "model": "…"}]'


class SettingsError(ValueError):
    """A setting cannot be used; the text says which, where and what is expected, and never repeats a key."""


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform. The first of `models` is asked; the others stand in for it when it fails."""

    name: str
    base_url: str
    models: tuple[str, ...]
    api_key: Secret = Secret("")  # noqa: RUF009 - it cannot change

    async def ask(
        self,
        http: httpx.AsyncClient,
        question: str,
        heard: Callable[[str], None],
        of_the_model: Callable[[PlatformError], bool],
    ) -> Answer:
        """The answer of the first model that gives one. Raises the `PlatformError` of the last one tried.

        Another model is tried where the failure is `of_the_model`: a platform that is out of reach or out of quota is so for
        all its models.
        """
        failed: PlatformError | None = None
        for model in self.models:
            try:
                answer = self._asked(http, model, question, heard)
                return await _gate(self.base_url).execute(answer, task_name=self.name)
            except PlatformError as fault:
                failed = fault
                if not of_the_model(fault):
                    break
        raise failed or PlatformError("no model is configured")

    async def _asked(self, http: httpx.AsyncClient, model: str, question: str, heard: Callable[[str], None]) -> Answer:
        with get_metrics().call(self.name):
            return await ask(http, Endpoint(self.base_url, model, self.api_key), question, heard)


@cache
def _gate(base_url: str) -> ConcurrencyController:
    """What holds the calls to one address to `BRAND_PARALLEL`: many platforms refuse more at once than they like."""
    return ConcurrencyController(parallel())


def configured(variable: str = VARIABLE) -> list[Platform]:
    """All platforms that `variable` names, in order of preference. Without it the local ones, which the first call starts.

    Raises `SettingsError`. Does not wait for the local platform: a request to it waits until it is ready.
    """
    written = os.environ.get(variable, "").strip()
    if written:
        return parsed(written, variable)
    url = _local_url()
    return [Platform(name, url, (model,)) for name, model in LOCAL_MODELS.items()]


def check() -> None:
    """Raises `SettingsError` if the settings cannot be used, and starts nothing: for the start of a server."""
    written = os.environ.get(VARIABLE, "").strip()
    if written:
        parsed(written)
    else:
        _local_rate()
    timeout()
    parallel()


def timeout() -> float:
    """Seconds a diagnosis may take, from `BRAND_TIMEOUT`; raises `SettingsError`."""
    written = os.environ.get(TIMEOUT_VARIABLE, "").strip()
    try:
        seconds = float(written) if written else DEFAULT_TIMEOUT
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise SettingsError(f"{TIMEOUT_VARIABLE} must be a number of seconds from above 0 to 86400, not {written!r}")
    return seconds


def parallel() -> int:
    """Calls at once to one address, from `BRAND_PARALLEL`; raises `SettingsError`."""
    written = os.environ.get(PARALLEL_VARIABLE, "").strip() or str(DEFAULT_PARALLEL)
    if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= 1000:
        raise SettingsError(f"{PARALLEL_VARIABLE} must be a whole number from 1 to 1000, not {written!r}")
    return int(written)


def parsed(written: str, variable: str = VARIABLE) -> list[Platform]:
    """Platforms from the JSON of a `variable`; raises `SettingsError`."""
    try:
        entries = json.loads(written)
    except ValueError as fault:
        where = f"line {fault.lineno} column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else "its beginning"
        # Not chained: the decoder's error carries the whole text, keys and all.
        raise SettingsError(f"{variable} is not JSON (at {where}); expected is {_EXPECTED}") from None
    if not isinstance(entries, list) or not entries:
        raise SettingsError(f"{variable} must be {_EXPECTED}")
    platforms = [_platform(entry, place, variable) for place, entry in enumerate(entries, start=1)]
    names = [platform.name.casefold() for platform in platforms]
    if len(set(names)) < len(names):
        raise SettingsError(f"{variable}: the names of platforms must differ")
    return platforms


def _platform(entry: Any, place: int, variable: str) -> Platform:
    if not isinstance(entry, Mapping):
        raise SettingsError(f"{variable}: entry {place} is not an object; expected is {_EXPECTED}")
    models = entry.get("model")
    models = tuple(models) if isinstance(models, list) else (models,)
    for field, value in [("name", entry.get("name")), ("base_url", entry.get("base_url")), *(("model", one) for one in models)]:
        if not isinstance(value, str) or not value.strip():
            raise SettingsError(f"{variable}: entry {place} needs a text as {field!r}")
    if not models:
        raise SettingsError(f"{variable}: entry {place} needs at least one model")
    key = entry.get("api_key") or ""
    if not isinstance(key, str) or not key.isascii() or not key.isprintable():
        raise SettingsError(f"{variable}: the api_key of entry {place} is not a line of plain text")
    if not _usable(entry["base_url"].strip()):
        raise SettingsError(f"{variable}: the base_url of entry {place} must be http(s)://host/…, no user, query or fragment")
    return Platform(entry["name"].strip(), entry["base_url"].strip().rstrip("/"), models, Secret(key.strip()))


def _usable(base_url: str) -> bool:
    try:
        parts = urlsplit(base_url)
        httpx.URL(base_url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
            and not (parts.username or parts.password or parts.query or parts.fragment)
        )
    except (ValueError, httpx.InvalidURL):
        return False


_local: list[LocalServer] = []
_local_lock = threading.Lock()


def _local_url() -> str:
    # One server for the process, for its whole life: its thread is a daemon and ends with it.
    with _local_lock:
        if not _local:
            _local.append(LocalServer(Settings(tokens_per_second=_local_rate())))
        return _local[0].base_url


def stop_local() -> None:
    """Stop the local platform if it was started; the next `configured` starts a new one."""
    with _local_lock:
        while _local:
            _local.pop().stop()


def _local_rate() -> float:
    try:
        return rate()
    except ValueError as fault:
        raise SettingsError(str(fault)) from None
