"""What a store that keeps alerts promises."""

from dataclasses import replace

import pytest

from contract.conftest import Backend
from contract.stories import NOW, running
from jindu.core.alerts import Alert, Level
from jindu.store import alerts
from jindu.store.alerts import AlertStore
from jindu.store.contract import Store

ALERT = Alert("a", "r", "error_rate", Level.ERROR, 0.5, 0.5, 0.05, NOW)


async def test_what_was_kept_is_read_after_reopening(backend: Backend) -> None:
    over = replace(ALERT, id="b", peak=0.9, resolved_at=NOW + 9, told=True)
    async with running(await backend()) as store:
        assert isinstance(store, AlertStore)
        await store.keep_alert(over, NOW)
        await store.keep_alert(ALERT, NOW)
    async with running(await backend()) as store:
        assert isinstance(store, AlertStore)
        assert list(await store.alerts(10)) == [ALERT, over]
        assert list(await store.alerts(1)) == [ALERT]


async def test_it_is_kept_as_it_is_now(store: Store) -> None:
    assert isinstance(store, AlertStore)
    await store.keep_alert(ALERT, NOW)
    now = replace(ALERT, peak=0.7, told=True, resolved_at=NOW + 5)
    await store.keep_alert(now, NOW)
    assert list(await store.alerts(10)) == [now]


async def test_age_and_rows_bound_what_is_over_and_never_what_is_active(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "KEPT_ROWS", 20)
    assert isinstance(store, AlertStore)
    await store.keep_alert(replace(ALERT, id="old and active"), NOW)
    await store.keep_alert(replace(ALERT, id="old", resolved_at=NOW), NOW)
    later = NOW + alerts.KEPT_SECONDS
    for number in range(alerts.KEPT_ROWS + 3):
        await store.keep_alert(replace(ALERT, id=str(number), resolved_at=later), later)
    kept = await store.alerts(2 * alerts.KEPT_ROWS)
    assert kept[0].id == "old and active"
    assert [alert.id for alert in kept[1:]] == [str(number) for number in range(alerts.KEPT_ROWS + 2, 2, -1)]
