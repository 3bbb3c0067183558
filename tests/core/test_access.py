"""What each kind of credential may do, asked of values alone (HTTP_API, "Who may do what")."""

import pytest

from jindu.core.access import (
    CANCELLING,
    CHANGING,
    OPEN,
    OPERATING,
    TOKEN_SCOPES,
    WATCHING,
    ApiKey,
    Caller,
    Scope,
    Subject,
    channels_of,
    scopes_of,
)
from support.histories import submitted

ANNS = Subject("ann", channels_of("J1", batch=False, member_of=None))
BOBS = Subject("bob", channels_of("J2", batch=False, member_of=None))
NOBODYS = Subject(None, channels_of("J3", batch=False, member_of=None))
IN_BATCH = Subject("ann", channels_of("J4", batch=False, member_of="B1"))
BATCH = Subject("ann", channels_of("B1", batch=True, member_of=None))
ALL = (ANNS, BOBS, NOBODYS, IN_BATCH, BATCH)


def key(*scopes: Scope, owner: str | None = None) -> Caller:
    return Caller(frozenset(scopes), owner)


def token(channel: str, *scopes: Scope) -> Caller:
    return Caller(frozenset(scopes or {Scope.WATCH}), channels=frozenset({channel}))


@pytest.mark.parametrize(
    ("caller", "reached"),
    [
        (OPEN, ALL),
        (key(Scope.WATCH), ALL),
        (key(Scope.WATCH, owner="ann"), (ANNS, IN_BATCH, BATCH)),
        (key(Scope.WATCH, owner="bob"), (BOBS,)),
        (key(Scope.WATCH, owner=""), ()),
        (token("job:J1"), (ANNS,)),
        (token("job:J3"), (NOBODYS,)),
        (token("batch:B1"), (IN_BATCH, BATCH)),
        (token("batch:J1"), ()),
        (token("job:B1"), ()),
        (token("owner:ann"), ()),  # a ticket for a feed opens the feed
        (Caller(frozenset({Scope.WATCH}), "bob", frozenset({"job:J1"})), ()),
    ],
)
def test_what_exists_for_whom(caller: Caller, reached: tuple[Subject, ...]) -> None:
    assert tuple(subject for subject in ALL if caller.reaches(subject)) == reached


@pytest.mark.parametrize("scope", [Scope.SUBMIT, Scope.WATCH, Scope.OPERATE])
def test_scopes_are_independent(scope: Scope) -> None:
    caller = key(scope)
    allowed = {act for act in (WATCHING, CHANGING, CANCELLING, OPERATING) if caller.may(act)}
    assert (
        allowed
        == {
            Scope.SUBMIT: {CHANGING, CANCELLING},
            Scope.WATCH: {WATCHING},
            Scope.OPERATE: {OPERATING},
        }[scope]
    )


def test_without_keys_everything_is_allowed() -> None:
    assert all(OPEN.may(act) for act in (WATCHING, CHANGING, CANCELLING, OPERATING))
    assert OPEN.operates_all
    assert OPEN.lists()
    assert OPEN.follows("jobs")
    assert OPEN.follows("owner:ann")


@pytest.mark.parametrize(
    ("caller", "one_owners", "all_owners"),
    [
        (key(Scope.OPERATE), True, True),
        (key(Scope.OPERATE, owner="ann"), True, False),
        (key(Scope.WATCH, Scope.SUBMIT), False, False),
        (token("jobs", Scope.WATCH, Scope.OPERATE), False, False),  # a ticket for the feed
    ],
)
def test_who_operates(caller: Caller, one_owners: bool, all_owners: bool) -> None:
    assert (caller.operates, caller.operates_all) == (one_owners, all_owners)


@pytest.mark.parametrize(
    ("caller", "feeds", "shown_in_jobs"),
    [
        (key(Scope.WATCH), ["owner:ann", "owner:bob"], []),
        (key(Scope.OPERATE), [], []),
        (key(Scope.WATCH, Scope.OPERATE), ["jobs", "owner:ann", "owner:bob"], ["ann", "bob", None]),
        (key(Scope.WATCH, Scope.OPERATE, owner="ann"), ["jobs", "owner:ann"], ["ann"]),
        (key(Scope.WATCH, owner="bob"), ["owner:bob"], []),
        (token("job:J1"), [], []),
        (token("owner:ann"), ["owner:ann"], []),
        (token("jobs"), [], []),
        (token("jobs", Scope.WATCH, Scope.OPERATE), ["jobs"], ["ann", "bob", None]),
    ],
)
def test_who_follows_which_feed_and_sees_whose_jobs_in_it(
    caller: Caller, feeds: list[str], shown_in_jobs: list[str | None]
) -> None:
    assert [feed for feed in ("jobs", "owner:ann", "owner:bob") if caller.follows(feed)] == feeds
    assert [owner for owner in ("ann", "bob", None) if caller.shows("jobs", owner)] == shown_in_jobs


@pytest.mark.parametrize(
    ("caller", "lists", "lists_batch"),
    [
        (key(Scope.WATCH), True, True),
        (key(Scope.SUBMIT, Scope.OPERATE), False, False),
        (token("job:J1"), False, False),
        (token("batch:B1"), False, True),
        (token("batch:B2"), False, False),
    ],
)
def test_who_lists(caller: Caller, lists: bool, lists_batch: bool) -> None:
    assert (caller.lists(), caller.lists("B1")) == (lists, lists_batch)


@pytest.mark.parametrize(
    ("caller", "granted"),
    [
        (OPEN, ["ann", "bob"]),
        (key(Scope.OPERATE), ["ann", "bob"]),
        (key(Scope.WATCH, Scope.SUBMIT), []),
        (key(Scope.WATCH, owner="ann"), ["ann"]),
        (key(Scope.OPERATE, owner="ann"), ["ann"]),
        (token("owner:ann"), []),
        (token("job:J1"), []),
    ],
)
def test_who_hands_on_a_token_for_an_owner(caller: Caller, granted: list[str]) -> None:
    assert [owner for owner in ("ann", "bob") if caller.grants_owner(owner)] == granted


def test_a_job_is_a_subject_of_its_owner_and_channels() -> None:
    job = submitted()
    assert Subject.of(job) == Subject(job.spec.owner, frozenset({f"job:{job.id}"}))


@pytest.mark.parametrize(
    ("revoked_at", "expires_at", "good"), [(None, None, True), (50.0, None, False), (None, 100.1, True), (None, 100.0, False)]
)
def test_a_key_is_good_until_it_ends_or_is_revoked(revoked_at: float | None, expires_at: float | None, good: bool) -> None:
    made = ApiKey("k1", "n", b"d", (Scope.WATCH,), "ann", 1.0, expires_at, revoked_at)
    assert made.good(100.0) is good
    assert made.caller == Caller(frozenset({Scope.WATCH}), "ann", None, expires_at, "key:k1")
    assert "digest" not in made.shown()


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["watch"], {"watch"}),
        (["watch", "cancel"], {"watch", "cancel"}),
        ([], None),
        (["operate"], None),
        (["watch", ""], None),
    ],
)
def test_scopes_by_name(names: list[str], found: set[str] | None) -> None:
    assert scopes_of(names, TOKEN_SCOPES) == found
