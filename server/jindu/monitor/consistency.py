"""The state-consistency monitor: `status`, `stage`, `progress` and `is_completed` may never disagree (REQUIREMENTS B2, B7).

Inside Jindu the four are properties of one value and cannot part; what can part is what is stored by other hands, and what an
application's own handlers answer. The rules, in the order they are asked:

* an end is for ever: where `status` is no end but `stage` names one, the stage is believed; otherwise the status is;
* completed: stage completed, progress 100; failed and cancelled: that stage, progress 0 (how far it came moves to `reached`);
* pending and running: a working stage, 0 <= progress < 100; `is_completed` exactly in the three ends.

A field that is missing says nothing and disagrees with nothing.
"""

import logging
import threading
from collections import deque
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from ..core.clock import Clock, SystemClock, rfc3339
from ..core.job import Job
from ..core.plan import CEILING
from ..core.states import Status
from .report import report

log = logging.getLogger("jindu.monitor")

RECENT = 100  # inconsistent payloads remembered
SHOWN = 80  # characters of a value in a text
SYNCED = ("status", "stage", "progress", "is_completed")
NAMES = ("task_id", "id", "job", "execution_id")  # fields that name the job a payload is about

_ENDS = frozenset({Status.COMPLETED.value, Status.FAILED.value, Status.CANCELLED.value})
# `initializing` and `processing` are the words of the earlier systems, which some routes still speak.
_OPEN = frozenset({Status.PENDING.value, Status.RUNNING.value, "initializing", "processing"})

Payload: TypeAlias = MutableMapping[str, Any]
Issue: TypeAlias = tuple[str, str | None, Any]  # the text, and what mends it: a field and its right value, if anything does


class ConsistencyLevel(StrEnum):
    """How far a payload disagrees with itself: no issue, one, two, three or more."""

    CONSISTENT = "consistent"
    MINOR_ISSUE = "minor_issue"
    MAJOR_ISSUE = "major_issue"
    CRITICAL = "critical"

    @classmethod
    def of(cls, issues: int) -> "ConsistencyLevel":
        return _LEVELS[min(issues, 3)]


_LEVELS = tuple(ConsistencyLevel)


@dataclass(frozen=True, slots=True)
class ConsistencyCheck:
    """What one check found. `auto_fixed`: something was wrong, and the payload is right now."""

    level: ConsistencyLevel
    issues: list[str] = field(default_factory=list)
    auto_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """One inconsistent payload as it is remembered; `at` is wall-clock seconds."""

    at: float
    task_id: str
    level: ConsistencyLevel
    issues: tuple[str, ...]
    auto_fixed: bool


class StateConsistencyMonitor:
    """Checks status payloads, repairs them in place unless `auto_fix` is off, logs and counts. May be used from any thread."""

    def __init__(self, auto_fix: bool = True, clock: Clock | None = None) -> None:
        self.auto_fix = auto_fix
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._levels = dict.fromkeys(ConsistencyLevel, 0)
        self._fixed = 0
        self._recent: deque[Inconsistency] = deque(maxlen=RECENT)
        log.info("状态一致性监控已初始化")

    def check_and_log(self, payload: Payload) -> ConsistencyCheck:
        """Hold a status payload against the rules; an inconsistent one is repaired in place, logged and remembered."""
        return self._settle(payload, disagreements(payload))

    def check_against(self, payload: Any, job: Job) -> ConsistencyCheck:
        """The same against the row that the payload was made from: whatever the payload says, the row is right."""
        if (
            payload["status"] == job.status.value
            and payload["stage"] == job.stage
            and payload["progress"] == job.progress
            and payload["is_completed"] == job.is_completed
        ):
            return self._settle(payload, ())
        right = {"status": job.status.value, "stage": job.stage, "progress": job.progress, "is_completed": job.is_completed}
        issues: list[Issue] = [
            (f"{name}={_shown(payload[name])} 但记录为 {_shown(value)}", name, value)
            for name, value in right.items()
            if payload[name] != value
        ]
        return self._settle(payload, issues)

    def found(self, task_id: str, issues: list[str], *, fixed: bool) -> ConsistencyCheck:
        """Count, log and remember what was found elsewhere, as in the store."""
        if not issues:
            with self._lock:
                self._levels[ConsistencyLevel.CONSISTENT] += 1
            return ConsistencyCheck(ConsistencyLevel.CONSISTENT)
        level = ConsistencyLevel.of(len(issues))
        name = _shown(task_id)
        with self._lock:
            self._levels[level] += 1
            self._fixed += fixed
            self._recent.append(Inconsistency(self._clock.wall(), name, level, tuple(issues), fixed))
        weight = logging.ERROR if level is ConsistencyLevel.CRITICAL else logging.WARNING
        told = "已自动修复" if fixed else "未修复"
        log.log(weight, "状态不一致 [%s] task_id=%s: %s (%s)", level.value, name, "; ".join(issues), told)
        return ConsistencyCheck(level, issues, fixed)

    def get_stats(self) -> dict[str, Any]:
        """Figures since the start of the process. `consistency_ratio` is from 0 to 1, and 1 before the first check."""
        with self._lock:
            levels, fixed, recent = dict(self._levels), self._fixed, list(self._recent)
        total = sum(levels.values())
        issues = total - levels[ConsistencyLevel.CONSISTENT]
        return {
            "total_checks": total,
            "issues_found": issues,
            "critical_issues": levels[ConsistencyLevel.CRITICAL],
            "auto_fixed": fixed,
            "consistency_ratio": 1.0 if not total else (total - issues) / total,
            "levels": {level.value: number for level, number in levels.items()},
            "recent_issues": [
                {
                    "at": rfc3339(one.at),
                    "task_id": one.task_id,
                    "level": one.level.value,
                    "issues": list(one.issues),
                    "auto_fixed": one.auto_fixed,
                }
                for one in recent
            ],
        }

    def generate_report(self) -> str:
        """The figures as the text that users know."""
        return report(self.get_stats(), self._clock.wall())

    def log_report(self) -> None:
        log.info("\n%s", self.generate_report())

    def _settle(self, payload: Payload, issues: Sequence[Issue]) -> ConsistencyCheck:
        if not issues:
            with self._lock:
                self._levels[ConsistencyLevel.CONSISTENT] += 1
            return ConsistencyCheck(ConsistencyLevel.CONSISTENT)
        fixed = self.auto_fix and all(name is not None for _, name, _ in issues)
        if self.auto_fix:
            _mend(payload, issues)
        return self.found(_name(payload), [text for text, _, _ in issues], fixed=fixed)


def disagreements(payload: Mapping[str, Any]) -> list[Issue]:
    """What the four fields of a payload contradict each other in, and how each is set right."""
    status = payload.get("status")
    if status is None:
        return []
    issues: list[Issue] = []
    stage = payload.get("stage")
    if status not in _ENDS and stage in _ENDS:
        issues.append((f"status={_shown(status)} 但 stage={stage}", "status", stage))
        status = stage
    elif status not in _ENDS and status not in _OPEN:
        return [(f"status={_shown(status)} 不是已知状态", None, None)]
    is_end = status in _ENDS
    if is_end and "stage" in payload and stage != status:
        issues.append((f"status={status} 但 stage={_shown(stage)}", "stage", str(status)))
    if "progress" in payload and (right := _right_progress(status, payload["progress"])) is not None:
        issues.append((f"status={status} 但 progress={_shown(payload['progress'])}", "progress", right))
    if "is_completed" in payload and payload["is_completed"] != is_end:
        issues.append((f"status={status} 但 is_completed={_shown(payload['is_completed'])}", "is_completed", is_end))
    return issues


def set_right(payload: Payload) -> list[str]:
    """Repair a payload in place without counting or logging; what was wrong."""
    issues = disagreements(payload)
    _mend(payload, issues)
    return [text for text, _, _ in issues]


def _right_progress(status: str, progress: Any) -> float | None:
    """What the progress of this status has to be; None where it is right as it is."""
    number = isinstance(progress, int | float) and not isinstance(progress, bool) and progress == progress
    if status == Status.COMPLETED:
        return None if number and progress == 100 else 100
    if status in _ENDS:
        return None if number and progress == 0 else 0
    if not number:
        return 0
    return None if 0 <= progress < 100 else min(max(progress, 0), CEILING)


def _mend(payload: Payload, issues: Sequence[Issue]) -> None:
    for _, name, right in issues:
        if name is None:
            continue
        held = payload.get(name)
        if name == "progress" and right == 0 and isinstance(held, int | float) and held > 0 and payload.get("reached") is None:
            payload["reached"] = held
        payload[name] = right


def _name(payload: Mapping[str, Any]) -> str:
    return next((str(payload[name]) for name in NAMES if payload.get(name) is not None), "unknown")


def _shown(value: Any) -> str:
    """A value in a text: one line of moderate length, whatever it holds."""
    text = str(value)[: SHOWN + 1]
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return clean if len(clean) <= SHOWN else clean[: SHOWN - 1] + "…"


_monitor: StateConsistencyMonitor | None = None
_making = threading.Lock()


def get_monitor() -> StateConsistencyMonitor:
    """The one monitor of this process, made at the first call; it repairs."""
    global _monitor
    with _making:
        if _monitor is None:
            _monitor = StateConsistencyMonitor()
        return _monitor
