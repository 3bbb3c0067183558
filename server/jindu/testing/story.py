"""What people were told of one job, from its submit to its end, and whether that keeps the promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..handles import Update

ENDS = ("complete", "error")


@dataclass(frozen=True, slots=True)
class Story:
    """`updates` as a client has them that was cut off at each death and came back; `deaths` of the worker; `seconds` by the
    clock of the trial; `states`: every state that was committed, in order, also those that newer ones overtook on their way."""

    job_id: str
    updates: Sequence[Update]
    deaths: int
    seconds: float
    states: Sequence[dict[str, Any]]

    @property
    def state(self) -> dict[str, Any]:
        """The state at the end: status, stage, progress, is_completed, reached, attempt and the rest."""
        return self.updates[-1].state

    @property
    def status(self) -> str:
        """completed, failed or cancelled."""
        return str(self.state["status"])

    @property
    def result(self) -> Any:
        """What the function returned; None if it failed."""
        return self.state.get("result")

    @property
    def error(self) -> dict[str, Any] | None:
        """The friendly error, None if it completed."""
        return self.state.get("error")

    @property
    def code(self) -> str | None:
        """The code of the friendly error, such as AI_QUOTA_EXHAUSTED."""
        return None if self.error is None else str(self.error["code"])

    @property
    def attempts(self) -> int:
        return int(self.state["attempt"])

    @property
    def partials(self) -> dict[str | int, Any]:
        """Partial results by key, in the order they came; without a key the ordinal of the call."""
        return {update.key: update.data for update in self.updates if update.kind == "result" and update.key is not None}

    @property
    def stages(self) -> list[str]:
        """The stages it was in, each change once; `init` comes first, the end last."""
        shown: list[str] = []
        for state in self.states:
            if not shown or shown[-1] != state["stage"]:
                shown.append(state["stage"])
        return shown

    @property
    def progress(self) -> list[float]:
        """The percents while the job was open."""
        return [state["progress"] for state in self.states if not state["is_completed"]]

    @property
    def messages(self) -> list[str]:
        """The messages, each change once."""
        said: list[str] = []
        for state in self.states:
            if state["message"] and (not said or said[-1] != state["message"]):
                said.append(state["message"])
        return said

    def check(self) -> None:
        """Raises `AssertionError` if what was told breaks a promise: rising seq, each partial result once, a bar that never
        falls within an attempt, exactly one end, and that last."""
        seqs = [update.seq for update in self.updates]
        assert seqs == sorted(set(seqs)), f"seq must rise: {seqs}"
        keys = [update.key for update in self.updates if update.kind == "result"]
        assert len(keys) == len(set(keys)), f"a partial result came twice: {keys}"
        shown = [update.state for update in self.updates if update.state]
        for states in (shown, self.states):
            bars = [(state["attempt"], state["progress"]) for state in states[:-1]]
            assert bars == sorted(bars), f"the bar fell: {bars}"
        kinds = [update.kind for update in self.updates]
        assert [kind for kind in kinds if kind in ENDS] == kinds[-1:], f"there is one end, and it comes last: {kinds}"
