"""What a store keeps beside jobs: webhooks with their deliveries, schedules, the history of alerts, how runs went."""

from collections.abc import Sequence

from ...core.alerts import Alert
from ...core.eta.kept import PastRun
from ...core.schedule import Schedule
from ...core.webhooks import Delivery, DeliveryQuery, Webhook
from . import alerts, deliveries, past_runs, schedules
from .link import Link
from .writer import Writer


class Beside:
    """Parts of `contract.Store`, `alerts.AlertStore` and `runs.RunStore`."""

    link: Link
    boot: str
    _writer: Writer

    async def webhooks(self) -> Sequence[Webhook]:
        return await deliveries.webhooks(self.link)

    async def put_webhook(self, webhook: Webhook) -> None:
        await self._writer.ask(lambda: deliveries.put(self.link, webhook))

    async def drop_webhook(self, webhook_id: str, at: float) -> bool:
        return await self._writer.ask(lambda: deliveries.drop(self.link, webhook_id, at))

    async def take_deliveries(self, now: float, until: float, limit: int) -> Sequence[Delivery]:
        return await self._writer.ask(lambda: deliveries.take(self.link, now, until, limit))

    async def next_delivery(self) -> float | None:
        return await deliveries.next_due(self.link)

    async def settle_delivery(self, delivery: Delivery) -> bool:
        return await self._writer.ask(lambda: deliveries.settle(self.link, delivery))

    async def redeliver(self, delivery_id: str, at: float) -> bool:
        return await self._writer.ask(lambda: deliveries.again(self.link, delivery_id, at))

    async def delivery(self, delivery_id: str) -> Delivery | None:
        return await deliveries.one(self.link, delivery_id)

    async def deliveries(self, query: DeliveryQuery) -> Sequence[Delivery]:
        return await deliveries.page(self.link, query)

    async def schedules(self) -> Sequence[Schedule]:
        return await schedules.all_of(self.link)

    async def schedule(self, schedule_id: str) -> Schedule | None:
        return await schedules.one(self.link, schedule_id)

    async def due_schedules(self, now: float, limit: int = 100) -> Sequence[Schedule]:
        return await schedules.due(self.link, now, limit)

    async def add_schedule(self, schedule: Schedule) -> None:
        await self._writer.ask(lambda: schedules.add(self.link, schedule))

    async def change_schedule(self, schedule: Schedule) -> bool:
        return await self._writer.ask(lambda: schedules.change(self.link, schedule))

    async def drop_schedule(self, schedule_id: str) -> bool:
        return await self._writer.ask(lambda: schedules.drop(self.link, schedule_id))

    async def keep_alert(self, alert: Alert, now: float) -> None:
        await self._writer.ask(lambda: alerts.keep(self.link, self.boot, alert, now))

    async def alerts(self, limit: int) -> Sequence[Alert]:
        return await self._writer.ask(lambda: alerts.newest(self.link, self.boot, limit))

    async def keep_runs(self, runs: Sequence[PastRun]) -> None:
        await self._writer.ask(lambda: past_runs.keep(self.link, runs))

    async def past_runs(self) -> Sequence[PastRun]:
        return await past_runs.read(self.link)
