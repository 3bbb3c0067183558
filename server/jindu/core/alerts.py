"""An alert: that a rule held for a while, from when to when. No event of a job."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave it is, from the least."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True)
class Alert:
    """`value` is what was measured when it fired, `peak` the worst since then, `threshold` what it crossed; times are
    wall-clock seconds. `told`: people were; one that fires again within its cool-down is not told until that is over."""

    id: str
    rule: str
    input: str
    level: Level
    value: float
    peak: float
    threshold: float
    fired_at: float
    resolved_at: float | None = None
    told: bool = False

    @property
    def active(self) -> bool:
        return self.resolved_at is None
