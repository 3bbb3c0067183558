"""When one attempt passed each tenth of each stage, from its beginning to its last report: then it may go on in silence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

TENTHS = 10
MARKS = TENTHS + 1  # of a stage
LARGEST_STEP = 0.5  # of a stage between two reports; what jumps further is not taken to have moved evenly
NOT_SEEN = math.nan
LONGEST = 1e9  # seconds, some thirty years: a time beyond it is a clock's error, and sums of such times overflow


@dataclass(frozen=True, slots=True)
class Run:
    """An attempt whose job completed: `marks` by stage and tenth (nan: not seen) and `total` until the end of the job, a later
    attempt included, in seconds since the attempt began. `size` is the author's measure of the work."""

    marks: Sequence[float]
    total: float
    size: float | None = None

    @property
    def sound(self) -> bool:
        """Whether it can be learned from: finite, positive, in order."""
        seen = [mark for mark in self.marks if not math.isnan(mark)]
        ordered = all(earlier <= later for earlier, later in pairwise(seen))
        sized = self.size is None or (math.isfinite(self.size) and self.size > 0)
        return 0 < self.total <= LONGEST and sized and ordered and all(0 <= mark <= self.total for mark in seen)

    def ended(self, stage: int) -> float:
        """When a stage ended: as the next one that was seen began, or the job ended."""
        begun = self.marks[(stage + 1) * MARKS :: MARKS]
        return next((later for later in begun if not math.isnan(later)), self.total)

    def counted(self, stage: int) -> float:
        """When a stage had counted to its end; one that did not, when it ended."""
        last = self.marks[stage * MARKS + TENTHS]
        return self.ended(stage) if math.isnan(last) else last

    def next_after(self, mark: int) -> float:
        """When the next mark was passed that was seen, or the job ended."""
        return next((later for later in self.marks[mark + 1 :] if not math.isnan(later)), self.total)


class Marks:
    """Filled as an attempt goes; times are seconds since it began."""

    __slots__ = ("_at", "_fraction", "_stage", "marks")

    def __init__(self, stages: int) -> None:
        self.marks = [NOT_SEEN] * (stages * MARKS)
        self._stage = -1
        self._fraction = 0.0
        self._at = 0.0

    def note(self, stage: int, fraction: float, at: float) -> None:
        """The attempt stands at this fraction (0 to 1) of this stage. What lies behind an earlier note is ignored."""
        if not 0 <= stage < len(self.marks) // MARKS or stage < self._stage or not at >= self._at:
            return
        if stage > self._stage:
            self._stage, self._fraction, self._at = stage, 0.0, at
            self.marks[stage * MARKS] = at
        if fraction <= self._fraction:
            return
        # Passed evenly since the note before.
        fraction = min(fraction, 1.0)
        step, since = fraction - self._fraction, at - self._at
        if step <= LARGEST_STEP:
            first, last = int(self._fraction * TENTHS + 1e-9) + 1, int(fraction * TENTHS + 1e-9)
            for tenth in range(first, last + 1):
                self.marks[self._stage * MARKS + tenth] = min(self._at + since * (tenth / TENTHS - self._fraction) / step, at)
        self._fraction, self._at = fraction, at

    def ended(self, total: float, size: float | None = None) -> Run:
        """The run, when its job has completed after so many seconds."""
        return Run(tuple(self.marks), max(total, self._at), size)
