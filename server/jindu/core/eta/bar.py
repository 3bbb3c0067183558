"""Where a bar stands in a stage that does not say how far it is: where time says, as far as the end is known."""

from .history import Left, Standing

REACH = 0.95  # of the share of a stage: time alone does not fill it


def by_time(at: Standing, left: Left, low: float, high: float) -> float:
    """Percent of the whole job, within the share of its stage (`low` to `high` percent): how much of the time has passed."""
    if at.elapsed is None:
        return low
    whole = at.elapsed + left.p50
    share = 100 * at.elapsed / whole if whole > 0 else 0.0
    return min(max(share, low), low + REACH * (high - low))
