"""Keys and what is signed here: who is let in, and what is not taken for ours however it looks."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from contract.stories import running
from jindu.core.access import OPEN, Caller, Scope
from jindu.core.clock import ManualClock
from jindu.store.contract import Store
from jindu.store.keyring import TICKET_SECONDS, Keyring
from jindu.store.opener import open_store

JOB = "job:01JOBAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    async with running(await open_store(f"sqlite:///{tmp_path}/jindu.db", clock)) as opened:
        yield opened


@pytest.fixture
async def ring(store: Store, clock: ManualClock) -> Keyring:
    made = Keyring(store, clock)
    await made.load()
    return made


async def reloaded(store: Store, clock: ManualClock) -> Keyring:
    again = Keyring(store, clock)
    await again.load()
    return again


async def test_a_key_lets_in_and_is_not_kept(ring: Keyring, store: Store, clock: ManualClock, tmp_path: Path) -> None:
    key, text = await ring.create("shop", [Scope.WATCH, Scope.SUBMIT], "ann")
    assert text.startswith(f"jk_{key.id}_")
    expected = Caller(frozenset({Scope.SUBMIT, Scope.WATCH}), "ann", None, None, f"key:{key.id}")
    assert ring.admit(text) == (await reloaded(store, clock)).admit(text) == expected
    secret = text.split("_", 2)[2].encode()
    assert not [path.name for path in tmp_path.iterdir() if secret in path.read_bytes()]


async def test_what_is_no_key_lets_nobody_in(ring: Keyring) -> None:
    key, text = await ring.create("shop", [Scope.WATCH])
    other, _ = await ring.create("other", [Scope.WATCH])
    secret = text.split("_", 2)[2]
    for wrong in (
        text[:-1], text + "x", text.upper(), f"jk_{other.id}_{secret}", f"jk_nobody_{secret}", f"jk_{key.id}_", f"jk_{key.id}",
        "jk_", "jk", "", "é" * 50, "\ud800", "x" * 100_000, "a.b.c", "....", secret, key.digest.hex(),
    ):  # fmt: skip
        assert ring.admit(wrong) is None, wrong


async def test_a_key_ends_at_its_time_and_when_it_is_revoked(ring: Keyring, clock: ManualClock) -> None:
    _, short = await ring.create("short", [Scope.WATCH], expires_at=clock.wall() + 10)
    long, text = await ring.create("long", [Scope.WATCH])
    caller = ring.admit(text)
    assert caller is not None
    assert ring.stands(caller)
    clock.advance(10)
    assert ring.admit(short) is None
    assert await ring.revoke(long.id)
    assert ring.admit(text) is None
    assert not ring.stands(caller)
    assert not await ring.revoke("nobody")


async def test_a_server_that_had_a_key_is_never_open_again(ring: Keyring, store: Store, clock: ManualClock) -> None:
    assert ring.open_mode
    assert ring.stands(OPEN)
    key, _ = await ring.create("first", [Scope.WATCH], expires_at=clock.wall() + 1)
    assert not ring.open_mode
    assert not ring.stands(OPEN)
    await ring.revoke(key.id)
    clock.advance(100)
    assert not ring.open_mode
    assert not (await reloaded(store, clock)).open_mode


async def test_the_generation_rises_with_whatever_may_end_a_credential(ring: Keyring) -> None:
    seen = [ring.generation]
    key, _ = await ring.create("first", [Scope.WATCH])
    seen.append(ring.generation)
    await ring.revoke(key.id)
    seen.append(ring.generation)
    await ring.rotate()
    seen.append(ring.generation)
    assert seen == sorted(set(seen))


async def test_a_token_is_the_same_each_time_and_after_a_restart(ring: Keyring, store: Store, clock: ManualClock) -> None:
    token = ring.token(JOB)
    clock.advance(5)
    assert ring.token(JOB) == token == (await reloaded(store, clock)).token(JOB)
    assert ring.token(JOB, (Scope.WATCH, Scope.CANCEL)) != token


@pytest.mark.parametrize(
    ("subject", "owner", "channels"),
    [(JOB, None, {JOB}), ("batch:B", None, {"batch:B"}), ("owner:ann", "ann", None), ("owner:a:b", "a:b", None)],
)
async def test_what_a_token_opens(ring: Keyring, subject: str, owner: str | None, channels: set[str] | None) -> None:
    caller = ring.admit(ring.token(subject))
    assert caller is not None
    assert (caller.owner, caller.channels, caller.scopes) == (owner, channels, {Scope.WATCH})
    cancelling = ring.admit(ring.token(subject, (Scope.CANCEL, Scope.WATCH)))
    assert cancelling is not None
    assert cancelling.scopes == {Scope.WATCH, Scope.CANCEL}


async def test_a_token_with_a_time_limit_ends(ring: Keyring, clock: ManualClock) -> None:
    token = ring.token(JOB, expires_at=clock.wall() + 10)
    clock.advance(9.9)
    assert ring.admit(token) is not None
    clock.advance(0.1)
    assert ring.admit(token) is None


async def test_a_token_falls_with_the_key_it_was_made_with(ring: Keyring, clock: ManualClock) -> None:
    key, _ = await ring.create("shop", [Scope.WATCH])
    token, free = ring.token(JOB, by=key.caller.source), ring.token(JOB)
    assert ring.admit(token) is not None
    await ring.revoke(key.id)
    assert ring.admit(token) is None
    assert ring.admit(free) is not None


async def test_two_secrets_are_good_at_a_time(ring: Keyring, store: Store, clock: ManualClock) -> None:
    first = ring.token(JOB)
    caller = ring.admit(first)
    assert caller is not None
    await ring.rotate()
    second = ring.token(JOB)
    assert second != first
    again = await reloaded(store, clock)
    assert all(one.admit(text) is not None for one in (ring, again) for text in (first, second))
    assert ring.stands(caller)
    await ring.rotate()
    assert ring.admit(first) is None
    assert not ring.stands(caller)
    assert ring.admit(second) is not None


async def test_a_ticket_is_for_coming_in_and_lives_on_as_what_it_was_made_with(ring: Keyring, clock: ManualClock) -> None:
    key, text = await ring.create("shop", [Scope.WATCH], expires_at=clock.wall() + 1000)
    caller = ring.admit(text)
    assert caller is not None
    ticket, expires_at = ring.ticket([JOB], caller)
    assert expires_at == clock.wall() + TICKET_SECONDS
    inside = ring.admit_ticket(ticket)
    assert inside is not None
    assert (inside.channels, inside.expires_at, inside.source) == ({JOB}, key.expires_at, caller.source)
    assert inside.scopes == {Scope.WATCH}
    clock.advance(TICKET_SECONDS)
    assert ring.admit_ticket(ticket) is None
    assert ring.stands(inside)
    await ring.revoke(key.id)
    assert not ring.stands(inside)
    assert ring.admit_ticket(ring.ticket([JOB], caller)[0]) is None


async def test_a_ticket_never_outlives_what_it_was_made_with(ring: Keyring, clock: ManualClock) -> None:
    caller = ring.admit(ring.token(JOB, expires_at=clock.wall() + 5))
    assert caller is not None
    ticket, expires_at = ring.ticket([JOB], caller)
    assert expires_at == clock.wall() + 5
    clock.advance(5)
    assert ring.admit_ticket(ticket) is None


async def test_a_ticket_is_no_token_and_a_token_no_ticket(ring: Keyring) -> None:
    assert ring.admit(ring.ticket([JOB], OPEN)[0]) is None
    assert ring.admit_ticket(ring.token(JOB)) is None


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_what_others_sign_is_not_ours(ring: Keyring, tmp_path: Path) -> None:
    ours = ring.token(JOB)
    header, claims, signature = ours.split(".")
    kid = jwt.get_unverified_header(ours)["kid"]
    wished = part({"sub": "owner:ann", "scope": "watch"})
    for forged in (
        f"{header}.{wished}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{part({'alg': 'none', 'kid': kid, 'typ': 'jindu-token'})}.{claims}.",
        f"{part({'alg': 'none', 'typ': 'jindu-token'})}.{wished}.{signature}",
        f"{part({'alg': 'HS256', 'kid': [kid], 'typ': 'jindu-token'})}.{claims}.{signature}",
        f"{part({'alg': 'HS256', 'kid': None, 'typ': 'jindu-token'})}.{claims}.{signature}",
        f"{part([])}.{claims}.{signature}",
        f"{base64.urlsafe_b64encode(b'[' * 9000).decode()}.{claims}.{signature}",
        jwt.encode({"sub": JOB, "scope": "watch"}, b"x" * 32, "HS256", headers={"kid": kid, "typ": "jindu-token"}),
        jwt.encode({"sub": JOB, "scope": "watch"}, kid * 2, "HS256", headers={"kid": kid, "typ": "jindu-token"}),
        jwt.encode({"sub": JOB, "scope": "watch"}, b"x" * 64, "HS512", headers={"kid": kid, "typ": "jindu-token"}),
    ):
        assert ring.admit(forged) is None, forged


async def test_what_one_database_signs_does_not_open_another(ring: Keyring, tmp_path: Path, clock: ManualClock) -> None:
    async with running(await open_store(f"sqlite:///{tmp_path}/other.db", clock)) as other:
        assert (await reloaded(other, clock)).admit(ring.token(JOB)) is None
