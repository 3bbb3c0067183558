"""The warm-up report, built from what each source of a section gives; what cannot be had is 0 and named as missing.

A source that is down rings no alert and stops nothing: that the report says so is its purpose.
"""

import asyncio
import inspect
import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ..core.clock import Clock, SystemClock, rfc3339
from .apart import apart
from .report_keeping import FOLDER, keep
from .report_sections import SECTIONS, completed
from .report_summary import summary

log = logging.getLogger("jindu.report")

SOURCE_SECONDS = 5.0  # that one source may take

Values: TypeAlias = Mapping[str, Any]
Source: TypeAlias = Callable[[], Values] | Callable[[], Awaitable[Values]]


class Report:
    """Gathers the sources of a report and builds it.

    >>> report = Report()
    >>> @report.section("community_pool")
    ... def pool() -> dict[str, int]:
    ...     return {"communities": 3, "active": 2, "members": 41}
    >>> report.build_report()["community_pool"]["members"]
    41

    A source is a function, plain (it runs in a thread of its own) or async, without arguments. Where a section has several,
    what a later one gives wins.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._sources: list[tuple[str, Source]] = []
        self._clock = clock or SystemClock()

    def section(self, name: str) -> Callable[[Source], Source]:
        """Decorate a source of this section. Raises `ValueError` for a section that the report does not have."""

        def decorate(source: Source) -> Source:
            self.add(name, source)
            return source

        return decorate

    def add(self, name: str, source: Source) -> None:
        """As `section`, without decorating."""
        if name not in SECTIONS:
            raise ValueError(f"there is no section {name!r} in the report; it has {', '.join(SECTIONS)}")
        self._sources.append((name, source))

    def take(self, other: "Report") -> None:
        """Take over the sources of another report, behind those there are."""
        self._sources += other._sources

    async def build_report_async(self, precomputed_metrics: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The report (`WarmupReport`). With `precomputed_metrics`, fields by section, nothing is fetched: what is not in them
        is missing. Raises nothing but a cancellation."""
        given = await self._fetched() if precomputed_metrics is None else precomputed_metrics
        report: dict[str, Any] = {"generated_at": rfc3339(self._clock.wall())}
        missing: list[str] = []
        for name in SECTIONS:
            values = given.get(name)
            whole, absent = completed(name, values if isinstance(values, Mapping) else {})
            report[name] = whole
            nothing = not isinstance(values, Mapping) or not values
            missing += [name] if nothing else [f"{name}.{field}" for field in absent]
        return {**report, "missing": missing}

    def build_report(self) -> dict[str, Any]:
        """The same for code without a loop. Where a loop runs it is built beside it, and the loop waits: a source that needs
        that very loop does not come in time, and is missing."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.build_report_async())
        made: list[dict[str, Any]] = []
        thread = threading.Thread(target=lambda: made.append(asyncio.run(self.build_report_async())), name="report")
        thread.start()
        thread.join()
        return made[0]

    def main(self, folder: str | Path = FOLDER, lang: str = "zh") -> int:
        """Build the report, save it, print its summary; 0, or 1 when it cannot be written. For scripts."""
        report = self.build_report()
        sys.stdout.write(f"{summary(report, lang)}\n")
        try:
            sys.stdout.write(f"{keep(report, Path(folder))[0]}\n")
        except OSError as error:
            sys.stderr.write(f"the report cannot be written to {folder}: {error.strerror}\n")
            return 1
        return 0

    async def _fetched(self) -> dict[str, dict[str, Any]]:
        found = await asyncio.gather(*(self._asked(name, source) for name, source in self._sources))
        sections: dict[str, dict[str, Any]] = {}
        for (name, _), values in zip(self._sources, found, strict=True):
            sections.setdefault(name, {}).update(values)
        return sections

    async def _asked(self, name: str, source: Source) -> Values:
        """What one source gives; nothing if it fails."""
        try:
            async with asyncio.timeout(SOURCE_SECONDS):
                values: Any = await (source() if inspect.iscoroutinefunction(source) else apart(source, f"report {name}"))
                return {str(key): value for key, value in values.items()}
        except Exception as error:  # noqa: BLE001 - code of the application: whatever it raises, the report comes
            log.info("the report has no %s from one of its sources: %s", name, type(error).__name__)
            return {}
