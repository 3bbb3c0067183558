"""Clients with keys and with a mere job token, against a server that asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jindu_client import AccessDenied, AsyncClient, Client, JobCancelled, NotFound, WatchStopped
from support.server import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("credentials")
    with ServerProcess("web.web_jobs:app", folder) as process:
        yield process


@pytest.fixture(scope="module")
def admin(server: ServerProcess) -> str:
    with Client(server.url) as first:
        key: str = first.create_key("admin", ["submit", "watch", "operate"])["key"]
    return key


def test_without_a_key_nothing_is_told(server: ServerProcess, admin: str) -> None:
    with Client(server.url) as nobody, pytest.raises(AccessDenied):
        nobody.submit("greet", name="ann")
    with Client(server.url) as nobody, pytest.raises(AccessDenied):
        list(nobody.watch("01UNKNOWNAAAAAAAAAAAAAAAAA", timeout=20))
    with Client(server.url, token="nonsense") as stranger, pytest.raises(WatchStopped) as stopped:
        list(stranger.watch("01UNKNOWNAAAAAAAAAAAAAAAAA", timeout=20))
    assert stopped.value.code == 4009


def test_a_job_is_watched_by_the_token_of_its_submit(server: ServerProcess, admin: str) -> None:
    with Client(server.url, token=admin) as client:
        job, other = client.submit("large"), client.submit("greet", name="bob")
    assert job.token is not None
    with Client(server.url, token=job.token) as watcher:
        assert watcher.job(job.id).wait(timeout=20) == "x" * 100_000, "fetched over HTTP with the same token"
        assert watcher.status(job.id)["status"] == "completed"
        with pytest.raises(NotFound):
            watcher.job(other.id).wait(timeout=20)
        with pytest.raises(AccessDenied):
            watcher.cancel(job.id)
        assert watcher.job(job.id).token is None


async def test_the_same_with_asyncio_and_a_token_that_may_cancel(server: ServerProcess, admin: str) -> None:
    async with AsyncClient(server.url, token=admin) as client:
        job = await client.submit("hold")
        token = (await client.create_token(job=job.id, cancel=True, ttl=60))["token"]
    async with AsyncClient(server.url, token=token) as holder:
        await holder.cancel(job.id)
        with pytest.raises(JobCancelled):
            await holder.job(job.id).wait(timeout=20)


def test_keys_are_made_listed_and_revoked(server: ServerProcess, admin: str) -> None:
    with Client(server.url, token=admin) as client:
        made = client.create_key("shop", ["watch"], owner="ann", expires_in=60)
        assert [key["name"] for key in client.list_keys()] == ["admin", "shop"]
        with Client(server.url, token=made["key"]) as shop:
            assert list(shop.list()) == []
            client.revoke_key(made["id"])
            with pytest.raises(AccessDenied):
                list(shop.list())
        with pytest.raises(NotFound):
            client.revoke_key("nobody")
        job = client.submit("greet", name="ann")
        assert client.create_ticket([f"job:{job.id}"])["channels"] == [f"job:{job.id}"]
        client.rotate_keys()
        with Client(server.url, token=job.token) as watcher:
            assert watcher.status(job.id)["id"] == job.id
