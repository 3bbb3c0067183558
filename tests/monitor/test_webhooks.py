"""From an end to its receiver: retries, dead letters, rotation, the guard; a real store, a real receiver, a manual clock."""

import asyncio
import random
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from standardwebhooks import WebhookVerificationError

from contract.stories import ERROR, running, submit
from jindu import App, Hook, InvalidParams
from jindu.bus.opener import open_bus
from jindu.core import events as ev
from jindu.core.clock import ManualClock, SystemClock
from jindu.core.hook import new_secret
from jindu.core.job import Job
from jindu.core.webhooks import Delivery, DeliveryQuery, State, Webhook
from jindu.engine.journal import Journal
from jindu.monitor.addresses import Refused, allowed, checked, networks_of, parsed
from jindu.monitor.sending import Letter, Sender, wrong_url
from jindu.monitor.webhooks import FORMER_GOOD_FOR, TRIES, WAITS, UnknownWebhook, Webhooks
from jindu.settings import Settings
from jindu.store.opener import open_store
from support.receiver import Receiver

HERE = networks_of(["127.0.0.0/8", "::1/128"])
SECRET = new_secret()


class House:
    """Journal and webhooks over one store, and a clock that moves when told."""

    def __init__(self, store: object, clock: ManualClock, sender: Sender) -> None:
        bus = open_bus()
        self.store, self.clock = store, clock
        self.webhooks = Webhooks(store, bus, clock, sender, chance=random.Random(1))  # type: ignore[arg-type]
        self.journal = Journal(store, bus, self.webhooks.told)  # type: ignore[arg-type]

    async def ended(self, hook: Hook | None = None, **given: object) -> Job:
        """A job that has failed."""
        now = self.clock.wall()
        job = await self.journal.submit(submit(at=now, webhook=hook, **given).event)  # type: ignore[arg-type]
        return await self.journal.change(job.id, lambda job: ev.Cancelled(self.clock.wall(), ERROR))

    async def settled(self, fits: Callable[[Delivery], bool]) -> Delivery:
        """The newest delivery, once it is so."""
        async with asyncio.timeout(30):
            while True:
                found: Sequence[Delivery] = await self.store.deliveries(DeliveryQuery(limit=1))  # type: ignore[attr-defined]
                if found and fits(found[0]):
                    return found[0]
                await asyncio.sleep(0.005)

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.webhooks.tick(self.clock.monotonic())


@asynccontextmanager
async def house(folder: Path, sender: Sender | None = None, clock: ManualClock | None = None) -> AsyncIterator[House]:
    clock = clock or ManualClock(SystemClock().wall())  # the receivers' library looks at the time of a letter
    async with running(await open_store(f"sqlite:///{folder}/jindu.db", clock)) as store:
        made = House(store, clock, sender or Sender(HERE))
        await made.webhooks.load()
        task = asyncio.create_task(made.webhooks.run())
        try:
            yield made
        finally:
            made.webhooks.stop()
            await task


def tried_now(home: House, one: Delivery, times: int) -> bool:
    return one.attempts == times and one.tried_at == home.clock.wall()


async def test_tries_are_six_over_about_a_day_and_then_it_is_a_dead_letter(tmp_path: Path) -> None:
    with Receiver(answer=lambda number: (500, {})) as receiver:
        async with house(tmp_path) as home:
            await home.ended(Hook(receiver.url, secret=SECRET))
            began = home.clock.wall()
            for tried in range(1, TRIES):
                failed = await home.settled(lambda one, tried=tried: tried_now(home, one, tried))  # type: ignore[misc]
                wait = failed.due_at - home.clock.wall()
                assert 0.8 * WAITS[tried - 1] <= wait <= 1.2 * WAITS[tried - 1]
                await home.pass_time(wait - 0.5)
                await home.pass_time(0.5)
            dead = await home.settled(lambda one: one.state is State.DEAD)
            assert (dead.attempts, dead.status, dead.error) == (TRIES, 500, "HTTP 500")
            assert 0.75 * 86_400 <= home.clock.wall() - began <= 1.25 * 86_400
            assert len({letter.id for letter in receiver.letters}) == 1
            assert len(receiver.letters) == TRIES == len({letter.headers["webhook-timestamp"] for letter in receiver.letters})
            await home.pass_time(10 * 86_400)
            receiver.answer = lambda number: (200, {})
            assert await home.webhooks.redeliver(dead.id)
            done = await home.settled(lambda one: one.state is State.DELIVERED)
            assert (done.status, done.error, done.attempts) == (200, None, 1)
            assert not await home.webhooks.redeliver("nobody")
            assert len(receiver.letters) == TRIES + 1


@pytest.mark.parametrize(
    ("status", "headers", "least"),
    [(503, {"retry-after": "4000"}, 4_000), (302, {"location": "http://127.0.0.1:1/"}, 0), (429, {"retry-after": "soon"}, 0)],
)
async def test_what_is_no_success_is_tried_again(tmp_path: Path, status: int, headers: dict[str, str], least: float) -> None:
    with Receiver(answer=lambda number: (status if number == 0 else 200, headers)) as receiver:
        async with house(tmp_path) as home:
            await home.ended(Hook(receiver.url, secret=SECRET))
            failed = await home.settled(lambda one: one.error is not None)
            assert (failed.state, failed.status, failed.error) == (State.PENDING, status, f"HTTP {status}")
            assert failed.due_at - home.clock.wall() >= least
            await home.pass_time(failed.due_at - home.clock.wall())
            assert (await home.settled(lambda one: one.state is State.DELIVERED)).attempts == 2
            assert len(receiver.letters) == 2


async def test_who_is_gone_is_not_tried_again(tmp_path: Path) -> None:
    with Receiver(answer=lambda number: (410, {})) as receiver:
        async with house(tmp_path) as home:
            await home.ended(Hook(receiver.url, secret=SECRET))
            assert (await home.settled(lambda one: one.state is State.DEAD)).attempts == 1


async def test_a_receiver_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    with Receiver() as receiver:
        url, port = receiver.url, receiver.port
    async with house(tmp_path) as home:
        await home.ended(Hook(url, secret=SECRET))
        failed = await home.settled(lambda one: one.error is not None)
        assert (failed.state, failed.status, failed.error) == (State.PENDING, None, "no connection: ConnectError")
        with Receiver(port=port) as receiver:
            await home.pass_time(60)
            await home.settled(lambda one: one.state is State.DELIVERED)
            assert receiver.letters[0].headers["host"] == f"127.0.0.1:{port}"


async def test_one_that_is_silent_is_given_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jindu.monitor.sending.TIMEOUT", 0.2)
    over = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with house(tmp_path) as home:
        await home.ended(Hook(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", secret=SECRET))
        failed = await home.settled(lambda one: one.error is not None)
        assert failed.error == "no answer within 0.2 seconds"
    over.set()
    server.close()
    await server.wait_closed()


async def test_stopping_does_not_wait_for_a_silent_receiver_and_the_next_start_sends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jindu.monitor.webhooks.LEAVE_WITHIN", 0.05)
    over, asked, clock = threading.Event(), threading.Event(), ManualClock(SystemClock().wall())

    def silent(number: int) -> tuple[int, dict[str, str]]:
        asked.set()
        over.wait(30 if number == 0 else 0)
        return 204, {}

    with Receiver(answer=silent) as receiver:
        async with house(tmp_path, clock=clock) as home:
            await home.ended(Hook(receiver.url, secret=SECRET))
            await asyncio.to_thread(asked.wait, 30)
        clock.advance(60)
        async with house(tmp_path, clock=clock) as home:
            await home.pass_time(0)
            assert (await home.settled(lambda one: one.state is State.DELIVERED)).attempts == 2
        over.set()
        first, second = receiver.letters
        assert first.id == second.id


async def test_places_of_the_owner_of_all_and_of_a_type(tmp_path: Path) -> None:
    with Receiver() as receiver:
        async with house(tmp_path) as home:

            async def place(name: str, **given: object) -> Webhook:
                return await home.webhooks.create(replace(Webhook("", f"{receiver.url}/{name}", "", 0), **given))  # type: ignore[arg-type]

            every, anns = await place("all", events=("job.cancelled",)), await place("ann", owner="ann")
            await place("pdf", types=("pdf",))
            await place("off", enabled=False)
            await place("failed", events=("job.failed",))
            job = await home.ended(Hook(f"{receiver.url}/own", secret=SECRET), owner="ann")
            await home.ended(owner="bob")
            letters = await asyncio.to_thread(receiver.wait, 4)
            told = sorted((letter.path, letter.said["data"]["id"] == job.id) for letter in letters)
            assert told == [("/hook/all", False), ("/hook/all", True), ("/hook/ann", True), ("/hook/own", True)]
            secrets = {"/hook/all": every.secret, "/hook/ann": anns.secret, "/hook/own": SECRET}
            assert all(letter.verified(secrets[letter.path]) for letter in letters)
            assert len({letter.id for letter in letters}) == 4
            assert [one.id for one in home.webhooks.all("ann")] == [anns.id]


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(tmp_path: Path) -> None:
    with Receiver() as receiver:
        async with house(tmp_path) as home:
            made = await home.webhooks.create(Webhook("", receiver.url, "", 0))
            turned = await home.webhooks.rotate(made.id)
            assert turned.secret != made.secret
            await home.ended()
            [letter] = await asyncio.to_thread(receiver.wait, 1)
            assert letter.verified(made.secret) == letter.verified(turned.secret)
            home.clock.jump(-FORMER_GOOD_FOR)  # the day is over, by the clock of who looks
            await home.webhooks.change(replace(turned, former_until=home.clock.wall()))
            home.clock.jump(FORMER_GOOD_FOR)
            await home.ended()
            letter = (await asyncio.to_thread(receiver.wait, 2))[1]
            assert letter.verified(turned.secret)
            with pytest.raises(WebhookVerificationError):
                letter.verified(made.secret)


async def test_a_correction_holds_for_what_waits_and_a_removal_ends_it(tmp_path: Path) -> None:
    with Receiver(answer=lambda number: (200 if number else 500, {})) as receiver:
        async with house(tmp_path) as home:
            made = await home.webhooks.create(Webhook("", f"{receiver.url}/wrong", "", 0))
            await home.ended()
            await home.settled(lambda one: one.error is not None)
            await home.webhooks.change(replace(made, url=f"{receiver.url}/right"))
            await home.pass_time(60)
            await home.settled(lambda one: one.state is State.DELIVERED)
            assert [letter.path for letter in receiver.letters] == ["/hook/wrong", "/hook/right"]
            await home.webhooks.change(replace(made, enabled=False))
            assert await home.webhooks.redeliver((await home.settled(lambda one: True)).id)
            assert (await home.settled(lambda one: one.state is State.DEAD)).error == "the webhook is switched off"
            await home.webhooks.drop(made.id)
            with pytest.raises(UnknownWebhook):
                await home.webhooks.rotate(made.id)


async def test_what_other_nodes_made_is_known_at_the_next_look(tmp_path: Path) -> None:
    with Receiver() as receiver:
        async with house(tmp_path) as home:
            made = Webhook("other", receiver.url, SECRET, home.clock.wall())
            await home.store.put_webhook(made)  # type: ignore[attr-defined]
            await home.pass_time(10)
            async with asyncio.timeout(30):
                while not home.webhooks.all():
                    await asyncio.sleep(0.005)
            await home.ended()
            assert (await asyncio.to_thread(receiver.wait, 1))[0].verified(SECRET)


# The guard.

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "224.0.0.1",
    "192.0.0.192",
    "255.255.255.255",
    "240.0.0.1",
    "198.18.0.1",
    "168.63.129.16",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "fec0::1",
    "2001:db8::1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:0:0:0:0:80ff:fffe",
]
WORLD = ["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]


@pytest.mark.promise("webhook_inside")
@pytest.mark.parametrize("text", INSIDE)
async def test_an_address_of_the_inside_is_refused_in_each_of_its_forms(text: str) -> None:
    assert not allowed(parsed(text), [])

    async def resolve(host: str, port: int) -> list[str]:
        return ["1.1.1.1", text]

    with pytest.raises(Refused):
        await checked("rebind.example", 443, [], resolve)
    if "%" not in text:
        assert wrong_url(f"http://{f'[{text}]' if ':' in text else text}:8080/", []) is not None


@pytest.mark.parametrize("text", WORLD)
async def test_an_address_of_the_world_is_taken(text: str) -> None:
    assert allowed(parsed(text), [])
    assert wrong_url(f"https://{f'[{text}]' if ':' in text else text}/hook", []) is None


@pytest.mark.promise("webhook_inside")
@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "localhost", "0x7f000001", "017700000001"]
)
async def test_numbers_and_names_of_this_machine_are_never_sent_to(host: str) -> None:
    with Receiver() as receiver:
        sender = Sender([])
        outcome = await sender.send(Letter("msg_1", f"http://{host}:{receiver.port}/", b"{}", [SECRET], 1.0))
        await sender.close()
        assert outcome.error in ("the address is not one that may be sent to", "no connection: InvalidURL")
        assert receiver.letters == []


@pytest.mark.promise("webhook_inside")
async def test_a_name_that_changes_its_mind_is_looked_up_once_and_pinned() -> None:
    """The first answer may be sent to (here by a network that the settings allow), the next one would not be."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    with Receiver("127.0.0.2") as good, Receiver("127.0.0.1", port=good.port) as bad:
        sender = Sender(networks_of(["127.0.0.2/32"]), rebinding)
        letter = Letter("msg_1", f"http://rebind.example:{good.port}/hook?a=1", b"{}", [SECRET], 1.0)
        first, second = await sender.send(letter), await sender.send(letter)
        await sender.close()
        assert (first.status, second.error) == (204, "the address is not one that may be sent to")
        assert (asked, bad.letters) == (["rebind.example"] * 2, [])
        [came] = good.letters
        assert (came.headers["host"], came.path) == (f"rebind.example:{good.port}", "/hook?a=1")


@pytest.mark.promise("webhook_inside")
async def test_a_redirect_is_not_followed() -> None:
    with Receiver() as inside:
        with Receiver("127.0.0.2", lambda number: (307, {"location": inside.url})) as outside:
            sender = Sender(networks_of(["127.0.0.2/32"]))
            outcome = await sender.send(Letter("msg_1", outside.url, b"{}", [SECRET], 1.0))
            await sender.close()
            assert (outcome.status, outcome.error) == (307, "HTTP 307")
            assert (len(outside.letters), inside.letters) == (1, [])


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver, Receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        sender = Sender(HERE)
        assert (await sender.send(Letter("msg_1", receiver.url, b"{}", [SECRET], 1.0))).delivered
        await sender.close()
        assert proxy.letters == []


@pytest.mark.parametrize(("name", "good"), [("hooks.example", True), ("other.example", False)])
async def test_the_certificate_must_be_of_the_name_though_the_address_is_pinned(name: str, good: bool) -> None:
    authority = trustme.CA()
    serving, trusting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("hooks.example").configure_cert(serving)
    authority.configure_trust(trusting)
    names: list[str | None] = []
    serving.sni_callback = lambda connection, asked, context: names.append(asked)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
    sender = Sender(HERE, resolve, trusting)
    port = server.sockets[0].getsockname()[1]
    outcome = await sender.send(Letter("msg_1", f"https://{name}:{port}/", b"{}", [SECRET], 1.0))
    await sender.close()
    assert names == [name]
    assert (outcome.status, outcome.error) == ((204, None) if good else (None, "no connection: ConnectError"))
    server.close()
    await server.wait_closed()


async def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender([])
    for host in ("nobody.invalid", "a" * 64 + ".example", "xn--.example"):
        outcome = await sender.send(Letter("msg_1", f"https://{host}/", b"{}", [SECRET], 1.0))
        assert outcome.error is not None
        assert "jindu" not in outcome.error
    await sender.close()


async def test_in_code_a_webhook_is_an_option_of_the_submit(tmp_path: Path) -> None:
    settings = Settings(store=f"sqlite:///{tmp_path}/a.db", webhook_networks=["127.0.0.0/8"], grace=0)
    app = App(settings=settings)

    @app.job
    async def greet(name: str) -> str:
        return f"hello {name}"

    with Receiver() as receiver:
        async with app.open():
            await greet.options(webhook=Hook(receiver.url, secret=SECRET)).submit("Ann")
            await greet.options(webhook=receiver.url).submit_many([{"name": "Bob"}])
            letters = await asyncio.to_thread(receiver.wait, 2)
            said = sorted(letter.said["data"]["result"] for letter in letters)
            assert said == ["hello Ann", "hello Bob"]
            [signed] = [letter for letter in letters if letter.said["data"]["result"] == "hello Ann"]
            assert signed.verified(SECRET)
            for wrong in ("http://10.0.0.1/", Hook(receiver.url, ()), Hook(receiver.url, secret="plain")):
                with pytest.raises(InvalidParams):
                    await greet.options(webhook=wrong).submit("Cy")
