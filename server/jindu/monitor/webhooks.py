"""Webhooks: who is told of an end, by what, and what became of it.

Worked through: a job ends; the journal asks `told` and keeps a delivery for each webhook that wants this end, with the end.
`run` takes what is due, a few at once, and sends it. The receiver is down: the delivery is due again in about half
a minute, then five minutes, an hour, six, sixteen; after six tries it is a dead letter, to be asked for again by hand. The
process is killed in the middle of a try: the row is due again half a minute later; the receiver may see it twice, with one id.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..bus.contract import Bus, Notice
from ..core import events as ev
from ..core.clock import Clock
from ..core.hook import new_secret
from ..core.ids import IdMaker, random_id
from ..core.job import Job
from ..core.states import ENDS
from ..core.webhooks import Delivery, State, Webhook, event_of, payload
from ..store.contract import Store, StoreError
from .sending import Letter, Sender

log = logging.getLogger("jindu.webhooks")

TRIES = 6
WAITS = (30.0, 300.0, 3_600.0, 6 * 3_600.0, 16 * 3_600.0)  # seconds from one try to the next: a day in all
JITTER = 0.2  # share by which a wait is longer or shorter, so that what failed together does not come back together
LONGEST_ASKED = 86_400.0  # seconds that a receiver's Retry-After is believed
TAKEN_FOR = 30.0  # seconds until a try counts as abandoned
AT_ONCE = 20
LEAVE_WITHIN = 1.0  # seconds that tries have to end when the node stops
LOOK_AGAIN = 5.0  # seconds between two looks where nobody woke us: another node may have written
FORMER_GOOD_FOR = 86_400.0  # seconds that the secret before the present one still signs


class UnknownWebhook(LookupError):
    """There is no such webhook."""


@dataclass(slots=True)
class Figures:
    """Since the start of the process."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


class Webhooks:
    """Made empty; `load` before use. `told` is asked by the journal, `tick` called and `run` run by the node."""

    def __init__(self, store: Store, bus: Bus, clock: Clock, sender: Sender, *, chance: random.Random | None = None) -> None:
        self._store = store
        self._clock = clock
        self.sender = sender
        self._chance = chance or random.Random()  # spreads tries; no secret # nosec B311
        self._ids = IdMaker()
        self._known: dict[str, Webhook] = {}
        self._wake = asyncio.Event()
        self._stopped = False
        self._look_at = 0.0  # monotonic seconds
        self._trying: set[asyncio.Task[None]] = set()
        self.figures = Figures()
        self._stop_listening = bus.listen(self._hear, progress=False)

    # -- the places -------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the webhooks there are. Raises `StoreError`."""
        self._known = {webhook.id: webhook for webhook in await self._store.webhooks()}

    def all(self, owner: str | None = None) -> Sequence[Webhook]:
        """In the order of their making; of one owner, or all."""
        return [one for one in self._known.values() if owner is None or one.owner == owner]

    def find(self, webhook_id: str) -> Webhook:
        """Raises `UnknownWebhook`."""
        found = self._known.get(webhook_id)
        if found is None:
            raise UnknownWebhook(webhook_id)
        return found

    async def create(self, webhook: Webhook) -> Webhook:
        """Keep a new one; its id, its time and, where it brings none, its secret are made here. Raises `StoreError`."""
        made = replace(webhook, id=random_id(), created_at=self._clock.wall(), secret=webhook.secret or new_secret())
        return await self._keep(made)

    async def change(self, webhook: Webhook) -> Webhook:
        """Raises `UnknownWebhook`, `StoreError`."""
        self.find(webhook.id)
        return await self._keep(webhook)

    async def rotate(self, webhook_id: str, secret: str | None = None) -> Webhook:
        """Sign with a new secret from now on, and for a day with the one before as well. Raises as `change`."""
        old = self.find(webhook_id)
        until = self._clock.wall() + FORMER_GOOD_FOR
        return await self._keep(replace(old, secret=secret or new_secret(), former=old.secret, former_until=until))

    async def drop(self, webhook_id: str) -> None:
        """Remove one; what still waits for it is dead. Raises as `change`."""
        self.find(webhook_id)
        await self._store.drop_webhook(webhook_id, self._clock.wall())
        self._known.pop(webhook_id, None)

    async def _keep(self, webhook: Webhook) -> Webhook:
        await self._store.put_webhook(webhook)
        self._known[webhook.id] = webhook
        return webhook

    # -- being told --------------------------------------------------------------------------------------------

    def told(self, job: Job, event: ev.Event) -> Sequence[Delivery]:
        """A delivery for each place that wants to hear of this end."""
        name = event_of(job)
        hook = job.spec.webhook
        if name is None or not (hook or self._known):
            return ()
        places: list[tuple[str | None, str, str | None]] = [
            (one.id, one.url, None) for one in self._known.values() if one.wants(job, name)
        ]
        if hook is not None and name in hook.events:
            places.append((None, hook.url, hook.secret))
        if not places:
            return ()
        text = payload(job, event.result if isinstance(event, ev.Returned) else None, name, self._store.epoch)
        now = self._clock.wall()
        return [
            Delivery(f"msg_{self._ids.new(now)}", job.id, job.spec.owner, name, url, text, now, now, webhook, secret)
            for webhook, url, secret in places
        ]

    def _hear(self, notice: Notice) -> None:
        job = notice.job
        if job is not None and job.phase in ENDS and (self._known or job.spec.webhook):
            self._wake.set()

    async def redeliver(self, delivery_id: str) -> bool:
        """Send it again, whatever became of it, with all tries before it; whether there is such a one. Raises `StoreError`."""
        found = await self._store.redeliver(delivery_id, self._clock.wall())
        self._wake.set()
        return found

    # -- telling -----------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Wake up now and then: for what falls due, and what other nodes wrote. `now` is monotonic seconds."""
        if now >= self._look_at:
            self._wake.set()

    async def run(self) -> None:
        """Send what is due until `stop`. What is being tried then has a moment to end; if it does not, it is sent again at the
        next start."""
        async with asyncio.TaskGroup() as group:
            while not self._stopped:
                await self._wake.wait()
                self._wake.clear()
                self._look_at = self._clock.monotonic() + LOOK_AGAIN
                try:
                    await self._send_due(group)
                except StoreError as error:
                    log.warning("webhooks wait for the store: %s", error)
            if self._trying:
                await asyncio.wait(self._trying, timeout=LEAVE_WITHIN)
            for task in tuple(self._trying):
                task.cancel()
        await self.sender.close()

    def stop(self) -> None:
        self._stopped = True
        self._stop_listening()
        self._wake.set()

    async def _send_due(self, group: asyncio.TaskGroup) -> None:
        await self.load()
        while not self._stopped and (room := AT_ONCE - len(self._trying)) > 0:
            now = self._clock.wall()
            taken = await self._store.take_deliveries(now, now + TAKEN_FOR, room)
            for delivery in taken:
                task = group.create_task(self._try(delivery), name=f"webhook {delivery.id}")
                self._trying.add(task)
                task.add_done_callback(self._tried)
            if len(taken) < room:
                break
        await self._note_next_due()

    async def _note_next_due(self) -> None:
        due = await self._store.next_delivery()
        if due is not None:
            wait = min(max(due - self._clock.wall(), 0.0), LOOK_AGAIN)
            self._look_at = self._clock.monotonic() + wait

    def _tried(self, task: "asyncio.Task[None]") -> None:
        self._trying.discard(task)
        self._wake.set()

    async def _try(self, delivery: Delivery) -> None:
        try:
            settled = await self._outcome(delivery)
            await self._store.settle_delivery(settled)
        except StoreError as error:
            log.warning("what became of webhook %s is not kept, so it is sent again: %s", delivery.id, error)

    async def _outcome(self, delivery: Delivery) -> Delivery:
        now = self._clock.wall()
        secrets, url = self._address(delivery, now)
        if secrets is None:
            return replace(delivery, state=State.DEAD, error="the webhook is switched off", status=None)
        outcome = await self.sender.send(Letter(delivery.id, url, delivery.payload, secrets, now))
        seen = replace(delivery, url=url, tried_at=now, status=outcome.status, error=outcome.error)
        if outcome.delivered:
            self.figures.delivered += 1
            return replace(seen, state=State.DELIVERED)
        self.figures.failed += 1
        if delivery.attempts >= TRIES or outcome.hopeless:
            self.figures.dead += 1
            log.warning("webhook %s of job %s is given up: %s", delivery.id, delivery.job, outcome.error)
            return replace(seen, state=State.DEAD)
        return replace(seen, due_at=self._clock.wall() + self._wait(delivery.attempts, outcome.retry_after))

    def _address(self, delivery: Delivery, now: float) -> tuple[Sequence[str] | None, str]:
        """Secrets and URL as they are today: a correction holds for what still waits. None: it is switched off."""
        if delivery.webhook is None:
            return ((delivery.secret,) if delivery.secret else None), delivery.url
        place = self._known.get(delivery.webhook)
        return (None, delivery.url) if place is None or not place.enabled else (place.signing(now), place.url)

    def _wait(self, failed: int, asked: float | None) -> float:
        """Seconds until the next try after `failed` tries."""
        usual = WAITS[min(max(failed, 1), len(WAITS)) - 1] * self._chance.uniform(1 - JITTER, 1 + JITTER)
        return max(usual, min(asked or 0.0, LONGEST_ASKED))
