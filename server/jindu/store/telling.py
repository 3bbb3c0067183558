"""Hearing how a change was settled, from any store: directly where it has that power, else by a future for each change."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from .contract import Change, Store, StoreError, TellsDirectly, Told

Post: TypeAlias = Callable[[Change, Told], None]


def poster(store: Store) -> Post:
    """`TellsDirectly.post` of a store."""
    return store.post if isinstance(store, TellsDirectly) else partial(_by_future, store)


def _by_future(store: Store, change: Change, told: Told) -> None:
    store.commit(change).add_done_callback(partial(_pass_on, told))


def _pass_on(told: Told, commit: "asyncio.Future[None]") -> None:
    error = commit.exception()
    if error is not None and not isinstance(error, StoreError):
        raise error  # no refusal, but a defect of the store
    told(error)
