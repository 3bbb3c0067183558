"""Asking several platforms at once, with others standing in for those that fail."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from jindu import Context, JobError

from .completions import share_heard
from .platforms import Platform
from .wire import PlatformError

AT_ONCE = 5  # platforms asked at the same time
RETRY_AFTER = 2.0  # seconds before a diagnosis that no platform answered is tried again

# Failures that another model of the same platform may not share.
OF_THE_MODEL = frozenset(
    {"AI_PLATFORM_ERROR", "AI_BAD_ANSWER", "AI_MODEL_MISSING", "AI_RATE_LIMITED", "AI_CONTENT_REFUSED", "AI_INPUT_TOO_LONG"}
)
SHOWN = ("code", "title", "message", "action", "action_text")

Friendly = Callable[[PlatformError], Mapping[str, Any]]


class Panel:
    """Asks each of `chosen`; for one that fails, the next of `spares` that nobody asked yet.

    `friendly` gives the public error of a failure. Each answer is a step of the job, so that after a crash only
    platforms that had not answered are asked.
    """

    def __init__(
        self,
        ctx: Context,
        http: httpx.AsyncClient,
        question: str,
        chosen: Sequence[Platform],
        spares: Sequence[Platform],
        friendly: Friendly,
    ) -> None:
        self._ctx = ctx
        self._http = http
        self._question = question
        self._chosen = chosen
        self._spares = deque(spares)
        self._friendly = friendly
        self._shares = dict.fromkeys((platform.name for platform in chosen), 0.0)
        self._lines: dict[str, int] = {}
        self._ended = 0
        self._passing = False  # whether one of the failures may be gone in a moment

    async def ask(self) -> list[dict[str, Any]]:
        """One entry per platform asked, with its `text` if it answered; raises DIAGNOSIS_FAILED if none did.

        To be called within the stage whose share of the bar the answers move.
        """
        found = [pair async for pair in self._ctx.map(self._seat, self._chosen, limit=AT_ONCE)]
        for _, entries in found:
            if isinstance(entries, JobError):  # not a platform's failure, which is an entry, but a mistake of ours
                raise entries
        order = [platform.name for platform in self._chosen]
        found.sort(key=lambda pair: order.index(pair[0].name))
        entries = [entry for _, entries in found for entry in entries]
        if not any(entry["ok"] for entry in entries):
            raise self._all_failed(entries)
        return entries

    async def _seat(self, chosen: Platform) -> list[dict[str, Any]]:
        """The entries of one chosen platform and of those that stood in for it; the last may be an answer."""
        entries: list[dict[str, Any]] = []
        platform: Platform | None = chosen
        while platform is not None:
            try:
                answer = await self._ctx.step(f"ask:{platform.name}", self._asked, platform, chosen.name)
            except PlatformError as fault:
                entries.append(self._failed(platform, fault))
                platform = self._spares.popleft() if self._spares else None
                continue
            instead = {} if platform is chosen else {"instead_of": chosen.name}
            said = {"platform": platform.name, "model": answer["model"], **instead}
            self._ctx.partial({**said, "answer": answer["text"], "took_ms": answer["took_ms"]}, key=platform.name)
            entries.append({"name": platform.name, "model": answer["model"], "ok": True, "text": answer["text"]})
            break
        self._ended += 1
        self._move(chosen.name, 1.0)
        return entries

    async def _asked(self, platform: Platform, seat: str) -> dict[str, Any]:
        def heard(text: str) -> None:
            self._lines[platform.name], share = share_heard(text)
            self._move(seat, share)

        return (await platform.ask(self._http, self._question, heard, self._of_the_model)).dump()

    def _of_the_model(self, fault: PlatformError) -> bool:
        return self._friendly(fault)["code"] in OF_THE_MODEL

    def _failed(self, platform: Platform, fault: PlatformError) -> dict[str, Any]:
        told = self._friendly(fault)
        self._ctx.log(f"{platform.name}: {told['code']}: {fault}")
        self._passing = self._passing or bool(told["retryable"])
        self._lines.pop(platform.name, None)
        error = {field: told[field] for field in SHOWN}
        model = platform.models[0]
        # A key of its own: partial results stay for ever, and the platform may answer in the next attempt.
        self._ctx.partial(
            {"platform": platform.name, "model": model, "error": error}, key=f"{platform.name}#{self._ctx.attempt}"
        )
        return {"name": platform.name, "model": model, "ok": False, "error": error}

    def _move(self, seat: str, share: float) -> None:
        # A platform that stands in begins anew; the bar waits for it rather than going back.
        self._shares[seat] = max(self._shares[seat], share)
        percent = 100 * sum(self._shares.values()) / len(self._shares)
        self._ctx.progress(percent, f"{self._ended}/{len(self._chosen)} answered, {sum(self._lines.values())} lines")

    def _all_failed(self, entries: Sequence[Mapping[str, Any]]) -> JobError:
        detail = ", ".join(f"{entry['name']}: {entry['error']['code']}" for entry in entries)
        # A used-up quota does not come back in seconds.
        return JobError("DIAGNOSIS_FAILED", detail, retry_after=RETRY_AFTER if self._passing else None)
