"""What a store promises about schedules: a part of the contract. A run of one is an ordinary job."""

from collections.abc import Sequence
from typing import Protocol

from ..core.schedule import Schedule


class ScheduleStore(Protocol):
    """What is written is durable when the method returns. All raise `StoreError`."""

    async def schedules(self) -> Sequence[Schedule]:
        """All there are, by id."""
        ...

    async def schedule(self, schedule_id: str) -> Schedule | None: ...

    async def due_schedules(self, now: float, limit: int = 100) -> Sequence[Schedule]:
        """Those that are not paused and whose `next_at` has come, or that hold a run (`held_at`); the longest due first."""
        ...

    async def add_schedule(self, schedule: Schedule) -> None:
        """Keep a new one. Raises `Exists` if its id is taken."""
        ...

    async def change_schedule(self, schedule: Schedule) -> bool:
        """Keep all fields of one that is there, if its stored `version` is one below; whether it was."""
        ...

    async def drop_schedule(self, schedule_id: str) -> bool:
        """Remove one; whether there was such a one."""
        ...
