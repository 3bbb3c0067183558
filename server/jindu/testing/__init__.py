"""For authors' tests: run a job at once however long it waits, kill its worker where you say, look at what people were told."""

from .jumping import JumpingLoop, run
from .story import Story
from .trial import Trial

__all__ = ["JumpingLoop", "Story", "Trial", "run"]
