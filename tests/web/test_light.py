"""What stands in for asyncio's queue and event in each WebSocket: the same, as far as it is used."""

import asyncio

from jindu.web.light import Gate, Inbox


async def test_an_inbox_gives_what_came_in_order_and_wakes_who_waits() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert inbox.empty()
    for item in (1, 2, 3):
        inbox.put_nowait(item)
    assert [await waiting, await inbox.get(), await inbox.get()] == [1, 2, 3]
    assert inbox.empty()


async def test_who_stops_waiting_takes_nothing_along() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    waiting.cancel()
    inbox.put_nowait(1)
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert await inbox.get() == 1


async def test_a_gate_holds_all_until_it_opens() -> None:
    gate = Gate()
    await gate.wait()
    gate.clear()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.sleep(0)
    assert [task.done() for task in waiting] == [False, True, False]
    gate.set()
    await asyncio.gather(waiting[0], waiting[2])
    assert gate.is_set()


async def test_who_finds_it_shut_again_goes_on_waiting() -> None:
    gate = Gate()
    gate.clear()
    waiting = asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    gate.set()
    gate.clear()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    gate.set()
    await waiting


def test_who_takes_is_told_of_each_that_comes() -> None:
    inbox, taken = Inbox(), []
    inbox.told = lambda: taken.append(inbox.take())
    inbox.put_nowait("one")
    inbox.put_nowait("two")
    assert taken == ["one", "two"]
    assert inbox.empty()
