"""The freshness window: asked once at half, closed when full, free again with anything that comes."""

from hypothesis import given
from hypothesis import strategies as st

from jindu.core.window import BYTES, FRAMES, Window


def test_it_asks_once_at_half_and_closes_when_full_of_frames() -> None:
    window = Window()
    asked = [window.sent(10) for _ in range(FRAMES)]
    assert [n + 1 for n, ask in enumerate(asked) if ask] == [FRAMES // 2]
    assert not window.open


def test_bytes_count_as_well_as_frames() -> None:
    window = Window()
    assert window.sent(BYTES // 2)
    assert window.open
    assert not window.sent(BYTES // 2)
    assert not window.open


def test_anything_heard_frees_all_of_it_and_tells_whether_something_was_held_back() -> None:
    window = Window()
    assert not window.heard()
    window.sent(BYTES)
    assert window.heard()
    assert window.open
    assert window.sent(BYTES), "a new window asks anew"


def test_an_endless_one_neither_asks_nor_closes() -> None:
    window = Window(endless=True)
    assert not any(window.sent(BYTES) for _ in range(10 * FRAMES))
    assert window.open


@given(st.lists(st.integers(1, 3_000) | st.integers(1, 40_000), max_size=2 * FRAMES))
def test_whoever_is_held_back_was_asked_before(leaving: list[int]) -> None:
    window, asked, frames, size = Window(), False, 0, 0
    for length in leaving:
        asked = window.sent(length) or asked
        frames, size = frames + 1, size + length
        assert window.open == (frames < FRAMES and size < BYTES)
        assert window.open or asked
