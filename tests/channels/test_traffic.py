"""What a connection counts: messages, bytes, states that were overtaken, lag, and who was dropped."""

from channels.room import CHANNEL, Room
from jindu.core import events as ev
from jindu.core.observer import Silent
from support.histories import NOW


class Told(Silent):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self.resumes = 0
        self.stalls = 0

    def pushed(self, lag: float) -> None:
        self.lags.append(lag)

    def resumed(self) -> None:
        self.resumes += 1

    def stalled(self) -> None:
        self.stalls += 1


async def test_what_left_is_counted_and_stays_counted_when_the_connection_ends(room: Room) -> None:
    room.submit()
    wire = await room.watching()
    room.move(ev.Claimed(NOW, "boot"))
    await room.pass_time(0)
    (link,) = room.hub.links
    assert (link.origin.transport, link.channels, link.lag, link.slow) == ("ws", 1, 0, False)
    assert link.sent.messages >= 3, "hello, the replay with subscribed, the move"
    wire.cut()
    await room.pass_time(0)
    tally = room.hub.traffic.by_transport(room.hub.links)["ws"]
    assert (tally.open, tally.total, tally.sent.messages, tally.sent.bytes) == (0, 1, link.sent.messages, link.sent.bytes)


async def test_states_that_newer_ones_overtook_are_counted_from_the_first_frame_on(room: Room) -> None:
    room.submit()
    room.move(ev.Claimed(NOW, "boot"), *(ev.Progressed(NOW, float(at)) for at in range(5)))
    await room.watching({CHANNEL: 0}, pace=1)
    assert room.hub.links[0].sent.conflated == 0, "what was before is no loss"
    room.move(*(ev.Progressed(NOW, float(at)) for at in range(5, 15)))
    await room.pass_time(2)
    assert room.hub.links[0].sent.conflated == 9


async def test_a_push_has_a_lag_and_a_cursor_that_is_taken_up_is_told(room: Room) -> None:
    told = room.hub.observer = Told()
    room.submit()
    await room.watching()
    assert told.resumes == 0
    room.move(ev.Claimed(NOW, "boot"))
    await room.pass_time(0)
    assert told.lags
    assert set(told.lags) == {0}
    wire = room.connect()
    wire.subscribe({CHANNEL: 1})
    await wire.until("subscribed")
    assert told.resumes == 1


async def test_a_reader_that_takes_nothing_is_slow_then_dropped_and_told(room: Room) -> None:
    told = room.hub.observer = Told()
    room.submit()
    wire = await room.watching()
    wire.stall()
    room.move(ev.Claimed(NOW, "boot"), ev.Progressed(NOW, 1.0))
    await room.pass_time(0)
    room.move(ev.Progressed(NOW, 2.0))
    await room.pass_time(5)
    assert room.hub.links[0].slow
    assert room.hub.links[0].lag == 5
    await room.pass_time(6)
    assert told.stalls == 1
    assert room.hub.links == []
