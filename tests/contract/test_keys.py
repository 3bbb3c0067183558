"""Keys, signing secrets, and whose a job is: kept, read back, there again after the next opening."""

import asyncio
from dataclasses import replace

import pytest

from contract.conftest import Backend
from contract.stories import NOW, kept, move, running, submit
from jindu.core import events as ev
from jindu.core.access import ApiKey, Scope, SigningSecret, Subject
from jindu.store.contract import Exists, Store

CLAIM = ev.Claimed(NOW + 1, "boot-1")
KEY = ApiKey("k1", "the shop", b"\x00\xff" * 16, (Scope.SUBMIT, Scope.WATCH), "ann", NOW, NOW + 60)
OTHER = ApiKey("k2", "进度 \U0001f511", b"d", (Scope.OPERATE,), None, NOW)


async def test_keys_are_kept_as_they_were_given(backend: Backend) -> None:
    async with running(await backend()) as store:
        assert await store.keys() == []
        await store.add_key(KEY)
        await store.add_key(OTHER)
        assert await store.keys() == [KEY, OTHER]
    async with running(await backend()) as store:
        assert await store.keys() == [KEY, OTHER]


async def test_an_id_is_taken_once(store: Store) -> None:
    await store.add_key(KEY)
    with pytest.raises(Exists):
        await store.add_key(replace(OTHER, id=KEY.id))
    assert await store.keys() == [KEY]


async def test_a_revoked_key_stays_with_the_time_of_its_first_revocation(store: Store) -> None:
    await store.add_key(KEY)
    assert await store.revoke_key("k1", NOW + 5)
    assert await store.revoke_key("k1", NOW + 9)
    assert await store.keys() == [replace(KEY, revoked_at=NOW + 5)]
    assert not await store.revoke_key("nobody", NOW)


async def test_the_newest_two_secrets_are_good(backend: Backend) -> None:
    made = [SigningSecret(f"s{n}", bytes([n]) * 32, NOW + n) for n in range(4)]
    async with running(await backend()) as store:
        assert await store.signing() == []
        for secret in made[:3]:
            await store.sign_with(secret)
        assert await store.signing() == [made[2], made[1]]
    async with running(await backend()) as store:
        await store.sign_with(made[3])
        assert await store.signing() == [made[3], made[2]]


async def test_keys_come_in_the_order_of_the_changes(store: Store) -> None:
    before = store.commit(submit())
    await store.add_key(KEY)
    assert before.done()
    await asyncio.gather(*[store.add_key(replace(OTHER, id=f"n{n}")) for n in range(20)])
    assert [key.id for key in await store.keys()] == ["k1", *(f"n{n}" for n in range(20))]


async def test_whose_a_job_is_and_what_leads_to_it(store: Store) -> None:
    mine, nobodys, member = submit(owner="ann"), submit(), submit(owner="bob", batch="B" * 26)
    batch = submit("batch", id="B" * 26, owner="ann", members=1)
    await kept(store, mine, nobodys, member, batch)
    for new, also in ((mine, ()), (nobodys, ()), (member, (f"batch:{'B' * 26}",))):
        channels = frozenset({f"job:{new.job.id}", *also})
        assert await store.owned(new.job.id) == Subject(new.job.spec.owner, channels) == Subject.of(new.job)
    assert await store.owned("B" * 26) == Subject("ann", frozenset({f"batch:{'B' * 26}"})) == Subject.of(batch.job)
    assert await store.owned("nobody") is None


async def test_whose_a_removed_job_was(store: Store) -> None:
    new = submit(owner="ann")
    claimed = move(new.job, CLAIM)
    await kept(store, new, claimed, move(claimed.job, ev.Returned(NOW, b"1")))
    assert await store.remove([new.job.id], NOW) == [new.job.id]
    assert await store.owned(new.job.id) == Subject("ann", frozenset({f"job:{new.job.id}", f"batch:{new.job.id}"}))


async def test_what_ended_and_how_many_there_are_of_one_owner(store: Store) -> None:
    made = {owner: submit("a", owner=owner) for owner in ("ann", "bob", None)}
    for new in made.values():
        claimed = move(new.job, CLAIM)
        await kept(store, new, claimed, move(claimed.job, ev.Returned(NOW, b"1")))
    assert await store.finished(NOW + 1, owner="ann") == [made["ann"].job.id]
    assert len(await store.finished(NOW + 1)) == 3
    assert sum((await store.tally("bob"))["a"].values()) == 1
    assert sum((await store.tally())["a"].values()) == 3
    assert await store.tally("nobody") == {}
