"""Webhooks and their deliveries: born with an end, taken, settled once, there again after the next opening."""

from dataclasses import replace
from itertools import count

import pytest

from contract.conftest import Backend
from contract.stories import ERROR, NOW, kept, move, moves, outcomes, running, submit
from jindu.core import events as ev
from jindu.core.hook import Hook
from jindu.core.job import Job
from jindu.core.webhooks import Delivery, DeliveryQuery, State, Webhook
from jindu.store import webhooks
from jindu.store.contract import Conflict, Moved, Store, StoreError

SHOP = Webhook("w1", "https://shop.example/", "whsec_a", NOW, ("job.failed",), "ann", ("pdf",), "店", True, "whsec_b", NOW + 9)
ALL = Webhook("w0", "https://all.example/", "whsec_c", NOW + 1, enabled=False)
number = count(1)


def delivery(**given: object) -> Delivery:
    made = Delivery(f"msg_{next(number):020}", "JOB1", "ann", "job.completed", "https://a/", b'{"a":"\xe8\xbf\x9b"}', NOW, NOW)
    return replace(made, **given)  # type: ignore[arg-type]


def ended(job: Job, *deliveries: Delivery) -> list[Moved]:
    claimed, end = moves(job, ev.Claimed(NOW, "boot"), ev.Failed(NOW, ERROR))
    end.deliveries = deliveries
    return [claimed, end]


async def told(store: Store, *deliveries: Delivery) -> None:
    """Deliveries, born with the end of a job."""
    new = submit()
    await kept(store, new, *ended(new.job, *deliveries))


async def test_a_webhook_is_kept_as_it_was_given_and_changed_as_a_whole(backend: Backend) -> None:
    async with running(await backend()) as store:
        assert await store.webhooks() == []
        await store.put_webhook(SHOP)
        await store.put_webhook(ALL)
        changed = replace(SHOP, url="https://new.example/", enabled=False, types=(), former=None)
        await store.put_webhook(changed)
        assert await store.webhooks() == [changed, ALL]
    async with running(await backend()) as store:
        assert await store.webhooks() == [changed, ALL]
        assert await store.drop_webhook("w1", NOW)
        assert not await store.drop_webhook("w1", NOW)
        assert await store.webhooks() == [ALL]


async def test_the_webhook_of_a_job_is_part_of_what_was_asked_for(backend: Backend) -> None:
    hook = Hook("https://a/进", ("job.failed",), "whsec_a")
    new, plain = submit(webhook=hook), submit()
    async with running(await backend()) as store:
        await kept(store, new, plain)
    async with running(await backend()) as store:
        found, other = await store.read(new.job.id), await store.read(plain.job.id)
        assert found is not None
        assert other is not None
        assert (found.job, other.job.spec.webhook) == (new.job, None)


async def test_deliveries_are_born_with_the_end_or_not_at_all(backend: Backend) -> None:
    one, two, late = delivery(), delivery(webhook="w1", secret="whsec_a", owner=None), delivery()
    new = submit()
    async with running(await backend()) as store:
        await kept(store, new, *ended(new.job, one, two))
        second = move(new.job, ev.Cancelled(NOW, ERROR))
        second.deliveries = (late,)
        assert await outcomes(store, [second]) == [Conflict]
        twin = submit()
        double = ended(twin.job, replace(late, url="\ud800"))
        assert await outcomes(store, [twin, *double]) == [None, None, StoreError]
    async with running(await backend()) as store:
        assert [await store.delivery(each.id) for each in (one, two, late)] == [one, two, None]
        assert [found.id for found in await store.deliveries(DeliveryQuery())] == [two.id, one.id]
        assert await store.delivery("nobody") is None


async def test_what_is_due_is_taken_once_until_it_counts_as_abandoned(backend: Backend) -> None:
    first, second, later = delivery(due_at=NOW + 2), delivery(due_at=NOW + 1), delivery(due_at=NOW + 60)
    async with running(await backend()) as store:
        assert await store.next_delivery() is None
        await told(store, first, second, later)
        assert await store.next_delivery() == NOW + 1
        assert await store.take_deliveries(NOW, NOW + 30, 10) == []
        taken = await store.take_deliveries(NOW + 5, NOW + 35, 1)
        assert taken == [replace(second, attempts=1, run=1, due_at=NOW + 35)]
        assert [one.id for one in await store.take_deliveries(NOW + 5, NOW + 36, 10)] == [first.id]
        assert await store.take_deliveries(NOW + 5, NOW + 36, 10) == []
        assert await store.next_delivery() == NOW + 35
    async with running(await backend()) as store:  # its process died before it could say what became of it
        assert [(one.id, one.attempts, one.run) for one in await store.take_deliveries(NOW + 35, NOW + 70, 10)] == [
            (second.id, 2, 2),
        ]


async def test_what_became_of_it_is_kept_once_and_only_by_who_has_it(store: Store) -> None:
    await told(store, delivery())
    [old] = await store.take_deliveries(NOW, NOW + 30, 10)
    [new] = await store.take_deliveries(NOW + 30, NOW + 60, 10)
    assert not await store.settle_delivery(replace(old, state=State.DEAD))
    failed = replace(new, due_at=NOW + 90, tried_at=NOW + 31, status=503, error="HTTP 503")
    assert await store.settle_delivery(failed)
    assert await store.delivery(new.id) == failed
    [last] = await store.take_deliveries(NOW + 90, NOW + 120, 10)
    assert last == replace(failed, attempts=3, run=3, due_at=NOW + 120)
    done = replace(last, state=State.DELIVERED, status=204, error=None)
    assert await store.settle_delivery(done)
    assert not await store.settle_delivery(done)
    assert await store.next_delivery() is None
    assert await store.take_deliveries(NOW + 9_999, NOW + 10_000, 10) == []


async def test_it_is_asked_for_again_whatever_became_of_it(store: Store) -> None:
    await told(store, delivery())
    [taken] = await store.take_deliveries(NOW, NOW + 30, 10)
    assert await store.redeliver(taken.id, NOW + 1)
    assert not await store.settle_delivery(replace(taken, state=State.DELIVERED)), "another try is asked for"
    [again] = await store.take_deliveries(NOW + 1, NOW + 31, 10)
    assert (again.attempts, again.run > taken.run) == (1, True)
    assert await store.settle_delivery(replace(again, state=State.DEAD, error="HTTP 500"))
    assert await store.redeliver(taken.id, NOW + 2)
    [last] = await store.take_deliveries(NOW + 2, NOW + 32, 10)
    assert (last.state, last.attempts) == (State.PENDING, 1)
    assert not await store.redeliver("nobody", NOW)


async def test_what_waits_for_a_webhook_that_is_removed_is_dead(store: Store) -> None:
    await store.put_webhook(SHOP)
    waiting, other = delivery(webhook="w1"), delivery(webhook="w2")
    await told(store, waiting, other)
    [taken, _] = await store.take_deliveries(NOW, NOW + 30, 10)
    assert await store.drop_webhook("w1", NOW + 5)
    assert not await store.settle_delivery(replace(taken, state=State.DELIVERED))
    states = {one.id: (one.state, one.error) for one in await store.deliveries(DeliveryQuery())}
    assert states == {waiting.id: (State.DEAD, "the webhook was removed"), other.id: (State.PENDING, None)}


async def test_lists_are_newest_first_and_filtered(store: Store) -> None:
    made = [delivery(), delivery(job="JOB2"), delivery(webhook="w1", owner=None), delivery(state=State.DEAD, secret="whsec_a")]
    await told(store, *made)
    names = {one.id: str(place) for place, one in enumerate(made)}

    async def found(**query: object) -> str:
        return "".join(names[one.id] for one in await store.deliveries(DeliveryQuery(**query)))  # type: ignore[arg-type]

    assert await found() == "3210"
    assert await found(limit=2) == "32"
    assert await found(limit=2, before=made[2].id) == "10"
    assert await found(job="JOB2") == "1"
    assert await found(webhook="w1") == "2"
    assert await found(owner="ann") == "310"
    assert await found(state=State.DEAD, owner="ann") == "3"
    assert await found(state=State.PENDING, job="JOB2", webhook="w1") == ""
    listed = (await store.deliveries(DeliveryQuery(state=State.DEAD)))[0]
    assert (listed.payload, listed.secret) == (b"", None)


async def test_a_sweep_bounds_what_is_settled_and_leaves_what_waits(store: Store) -> None:
    old, young, waits = delivery(state=State.DEAD), delivery(created_at=NOW + 1, state=State.DELIVERED), delivery()
    await told(store, old, young, waits)
    await store.sweep(NOW + webhooks.KEPT_SECONDS)
    assert [await store.delivery(one.id) is None for one in (old, young, waits)] == [True, False, False]


async def test_a_sweep_keeps_the_newest_of_what_is_settled(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "KEPT_ROWS", 3)
    made = [delivery(state=State.DEAD) for _ in range(5)]
    waits = delivery()
    await told(store, *made, waits)
    await store.sweep(NOW)
    assert [await store.delivery(one.id) is None for one in (*made, waits)] == [True, True, False, False, False, False]


async def test_they_stay_when_their_job_is_removed(store: Store) -> None:
    new = submit()
    await kept(store, new, *ended(new.job, one := delivery(job=new.job.id)))
    assert await store.remove([new.job.id], NOW) == [new.job.id]
    assert [found.id for found in await store.take_deliveries(NOW, NOW + 30, 10)] == [one.id]
