"""What operators set up, through both clients: schedules, webhooks and deliveries, the report."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jindu_client import AccessDenied, AsyncClient, Client, InvalidParams, NotFound
from support.receiver import Receiver
from support.server import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("operations")
    env = {"JINDU_WEBHOOK_NETWORKS": "127.0.0.0/8", "JINDU_REPORT_FOLDER": str(folder / "reports")}
    with ServerProcess("client_python.scheduled_jobs:app", folder, env=env) as process:
        yield process


def test_blocking(server: ServerProcess) -> None:
    with Client(server.url) as jindu, Receiver() as receiver:
        made = jindu.create_schedule("greet", {"name": "Ann"}, id="c1", cron="@daily", timezone="Asia/Shanghai")
        assert jindu.schedule("c1") == made
        assert [one["id"] for one in jindu.schedules()] == ["c1", "greet"]
        assert jindu.change_schedule("c1", every="5m")["every"] == 300
        assert jindu.pause_schedule("c1")["paused"]
        assert not jindu.resume_schedule("c1")["paused"]
        assert jindu.job(jindu.run_schedule("c1")["id"]).wait(timeout=30) == "hello Ann"
        jindu.remove_schedule("c1")
        with pytest.raises(NotFound):
            jindu.schedule("c1")
        with pytest.raises(AccessDenied):
            jindu.remove_schedule("greet")
        with pytest.raises(InvalidParams):
            jindu.create_schedule("greet", {"name": "Ann"}, cron="daily")
        hook = jindu.create_webhook(receiver.url, owner="ann", types=["greet"], events=["job.completed"])
        turned = jindu.rotate_webhook(hook["id"])
        assert jindu.change_webhook(hook["id"], description="mine") in jindu.webhooks()
        jindu.submit_with("greet", {"name": "Bob"}, owner="ann").wait(timeout=30)
        assert receiver.wait(1)[0].verified(turned["secret"])["data"]["result"] == "hello Bob"
        [delivery] = jindu.deliveries(webhook=hook["id"])
        assert jindu.delivery(delivery["id"])["payload"]["type"] == "job.completed"
        jindu.redeliver(delivery["id"])
        assert receiver.wait(2)[1].id == delivery["id"]
        jindu.remove_webhook(hook["id"])
        assert jindu.report()["system_performance"]["completed"] >= 2
        assert jindu.save_report()["saved"][0] == "warmup-report.json"


async def test_from_asyncio(server: ServerProcess) -> None:
    async with AsyncClient(server.url) as jindu:
        made = await jindu.create_schedule("greet", {"name": "Ann"}, id="a1", every=600)
        assert await jindu.schedule("a1") == made
        assert made in await jindu.schedules()
        assert (await jindu.pause_schedule("a1"))["paused"]
        assert (await jindu.resume_schedule("a1"))["next_at"]
        assert (await jindu.change_schedule("a1", missed="skip"))["missed"] == "skip"
        assert (await jindu.run_schedule("a1"))["type"] == "greet"
        await jindu.remove_schedule("a1")
        hook = await jindu.create_webhook("https://receiver.invalid/", owner="nobody")
        assert (await jindu.rotate_webhook(hook["id"]))["secret"] != hook["secret"]
        assert not (await jindu.change_webhook(hook["id"], enabled=False))["enabled"]
        assert [one["id"] for one in await jindu.webhooks()] == [hook["id"]]
        assert await jindu.deliveries(webhook=hook["id"]) == []
        for call in (jindu.delivery, jindu.redeliver):
            with pytest.raises(NotFound):
                await call("nobody")
        await jindu.remove_webhook(hook["id"])
        assert (await jindu.report())["missing"]
        assert (await jindu.save_report())["report"]["missing"]
