"""Ids: in order, unique, of the form a client's id may have."""

import os
import threading

from hypothesis import given
from hypothesis import strategies as st

from jindu.core.ids import CLIENT_ID, IdMaker, random_id


@given(st.lists(st.floats(0, 4_000_000_000), min_size=2, max_size=50))
def test_ids_rise_strictly_whatever_the_clock_does(times: list[float]) -> None:
    maker = IdMaker()
    ids = [maker.new(at) for at in times]
    assert ids == sorted(set(ids))
    assert all(len(one) == 26 and CLIENT_ID.fullmatch(one) for one in ids)


def test_ids_of_one_millisecond_rise_and_share_no_guessable_step() -> None:
    maker = IdMaker()
    ids = [maker.new(1_800_000_000.0) for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert len({one[-4:] for one in ids}) > 900


def test_ids_sort_by_time_across_processes() -> None:
    assert IdMaker().new(1_800_000_000.001) < IdMaker().new(1_800_000_000.002)


def test_two_makers_never_agree() -> None:
    assert IdMaker().new(1.0) != IdMaker().new(1.0)


def test_random_ids_are_16_characters_and_fit_a_client_id() -> None:
    made = {random_id() for _ in range(100)}
    assert len(made) == 100
    assert all(CLIENT_ID.fullmatch(one) for one in made)


def test_a_client_id_has_16_to_64_plain_characters() -> None:
    for good in ("a" * 16, "A_-9" * 16):
        assert CLIENT_ID.fullmatch(good)
    for bad in ("a" * 15, "a" * 65, "a" * 16 + "\n", "a/" * 10, "é" * 16):
        assert not CLIENT_ID.fullmatch(bad)


def test_a_forked_process_makes_other_ids() -> None:
    random_id()  # so that there is something left of what was asked for at once
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, random_id().encode())
        os._exit(0)
    os.waitpid(pid, 0)
    theirs = os.read(reading, 16).decode()
    os.close(reading)
    os.close(writing)
    assert theirs not in {random_id() for _ in range(300)}


def test_threads_make_different_ids() -> None:
    made: list[str] = []

    def make() -> None:
        made.extend([random_id() for _ in range(5_000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 20_000
