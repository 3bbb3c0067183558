"""What is learned of the ends of jobs, and how well they are told: a part of `/v1/stats`."""

import statistics
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from ..core.shown import Seconds
from ..node import Node

Ratio = Annotated[float, Field(ge=0)]


class StageShare(TypedDict):
    """A stage with its share of the time: as new jobs have it, and as its author guessed."""

    name: str
    share: Ratio
    guessed: Ratio


class EtaOfType(TypedDict):
    """Of one job type: `runs` that are remembered (nothing is told without a few); seconds of a usual run, and of one in ten at
    least; of what was told in the course of the last jobs the middle `error`, as a share of the job, and the `coverage`, the
    share of the course for which the careful guess held, where 0.9 is meant. Null before the first."""

    type: str
    runs: int
    usual: Seconds | None
    careful: Seconds | None
    error: Ratio | None
    coverage: Annotated[float | None, Field(ge=0, le=1)]
    stages: list[StageShare]


def foretold(node: Node) -> list[EtaOfType]:
    """All types by name."""
    return [_of(node, name) for name in node.registry.names]


def _of(node: Node, name: str) -> EtaOfType:
    job_type = node.registry[name]
    lesson = node.advice.lessons.of(job_type)
    guessed = sum(stage.weight for stage in job_type.plan.stages)
    plan = node.advice.plan(job_type)
    whole = sum(stage.weight for stage in plan.stages)
    return {
        "type": name,
        "runs": 0 if lesson is None else len(lesson.history.runs),
        "usual": None if lesson is None else lesson.history.usual_total(),
        "careful": None if lesson is None else lesson.history.usual_total(0.9),
        "error": statistics.median(lesson.errors) if lesson is not None and lesson.errors else None,
        "coverage": statistics.fmean(lesson.held) if lesson is not None and lesson.held else None,
        "stages": [
            {"name": stage.name, "share": learned.weight / whole, "guessed": stage.weight / guessed}
            for stage, learned in zip(job_type.plan.stages, plan.stages, strict=True)
        ],
    }
