"""The tally of a batch, and how a batch ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.batch import Tally
from jindu.core.states import Kind, Status


@pytest.mark.parametrize(
    ("tally", "wished", "end"),
    [
        (Tally(pending=1, completed=5), False, None),
        (Tally(running=1, failed=5), True, None),
        (Tally(completed=3), False, Kind.RETURN),
        (Tally(completed=3), True, Kind.RETURN),  # the wish came too late for all
        (Tally(completed=1, failed=2), False, Kind.RETURN),
        (Tally(completed=1, failed=2), True, Kind.RETURN),
        (Tally(completed=1, cancelled=2), False, Kind.RETURN),  # some of its jobs were cancelled, not the batch
        (Tally(completed=1, cancelled=2), True, Kind.CANCEL),
        (Tally(failed=2), False, Kind.FAIL),
        (Tally(failed=1, cancelled=1), False, Kind.FAIL),
        (Tally(failed=1, cancelled=1), True, Kind.CANCEL),
        (Tally(cancelled=2), False, Kind.CANCEL),
    ],
)
def test_how_a_batch_ends(tally: Tally, wished: bool, end: Kind | None) -> None:
    assert tally.end(wished=wished) is end


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(list(Status)))))
def test_a_tally_never_loses_a_job(moves: list[tuple[int, Status]]) -> None:
    standing = dict.fromkeys(range(5), Status.PENDING)
    tally = Tally(pending=5)
    for job, status in moves:
        tally = tally.moved(standing[job], status)
        standing[job] = status
    assert tally == Tally(*(list(standing.values()).count(status) for status in Status))
    assert tally.total == 5
    assert tally.with_errors == (tally.failed + tally.cancelled > 0)
