"""`jindu keys …` while no server runs and while one does; and a server that may listen everywhere once it has a key."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.running import Jindu, read
from jindu_client import Client
from support.server import ServerProcess


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jindu.db"


@pytest.fixture
def alone(tmp_path: Path) -> Jindu:
    """The commands where no server is known."""
    return Jindu({"COLUMNS": "200"}, tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess("journeys.journey_jobs:app", tmp_path) as process:
        yield process


def test_while_no_server_runs_the_store_is_opened(alone: Jindu, store: str) -> None:
    assert "No keys yet" in alone("keys", "list", "--store", store).stdout
    made = alone("keys", "create", "the shop", "--scope", "submit", "--scope", "watch", "--owner", "ann", "--store", store)
    assert made.returncode == 0
    text = made.stdout.strip()
    assert text.startswith("jk_")
    assert "once" in made.stderr
    [key] = read(alone("keys", "list", "--store", store, "--json"))
    assert (key["name"], key["scopes"], key["owner"], key["expires_at"]) == ("the shop", ["submit", "watch"], "ann", None)
    assert text.split("_")[1] == key["id"]
    shown = alone("keys", "list", "--store", store).stdout
    assert ("the shop" in shown, "good" in shown, text in shown) == (True, True, False)
    assert alone("keys", "revoke", key["id"], "--store", store).returncode == 0
    assert "revoked" in alone("keys", "list", "--store", store).stdout
    assert alone("keys", "rotate", "--store", store).returncode == 0


def test_a_key_of_which_nothing_is_said_submits_and_watches(alone: Jindu, store: str) -> None:
    assert read(alone("keys", "create", "--store", store, "--json"))["scopes"] == ["submit", "watch"]
    made = read(alone("keys", "create", "all", "--scope", "operate,watch", "--scope", "submit", "--store", store, "--json"))
    assert made["scopes"] == ["submit", "watch", "operate"]


def test_a_key_that_ends(alone: Jindu, store: str) -> None:
    made = read(alone("keys", "create", "short", "--scope", "watch", "--expires", "30d", "--store", store, "--json"))
    assert made["expires_at"] > made["created_at"]
    assert made["key"].startswith(f"jk_{made['id']}_")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["create", "x", "--scope", "root"], 2),
        (["create", "x", "--scope", "watch,root"], 2),
        (["create", "x", "--scope", "cancel"], 2),
        (["create", "", "--scope", "watch"], 2),
        (["create", "x", "--scope", "watch", "--expires", "soon"], 2),
        (["create", "x", "--scope", "watch", "--expires", "0"], 2),
        (["revoke", "nobody"], 4),
        (["list", "--store", "sqlite:////no/such/folder/jindu.db"], 1),
    ],
)
def test_what_cannot_be_done_has_its_exit_code(alone: Jindu, store: str, arguments: list[str], code: int) -> None:
    done = alone("keys", *arguments, *([] if "--store" in arguments else ["--store", store]))
    assert (done.returncode, bool(done.stderr)) == (code, True)


def test_while_a_server_runs_it_is_asked(alone: Jindu, server: ServerProcess) -> None:
    store = ("--store", f"sqlite:///{server.store}")
    jindu = Jindu({**alone.env, "JINDU_URL": server.url}, alone.folder)
    admin = jindu("keys", "create", "admin", "--scope", "operate", "--scope", "watch", *store).stdout.strip()
    refused = jindu("keys", "list", *store)
    assert refused.returncode == 1
    assert "key" in refused.stderr
    operator = Jindu({**jindu.env, "JINDU_TOKEN": admin}, alone.folder)
    made = read(operator("keys", "create", "shop", "--scope", "watch", "--expires", "1h", *store, "--json"))
    assert httpx.get(f"{server.url}/v1/jobs", headers={"Authorization": f"Bearer {made['key']}"}).status_code == 200
    assert [key["name"] for key in read(operator("keys", "list", "--url", server.url, "--json"))] == ["admin", "shop"]
    assert operator("keys", "revoke", made["id"], *store).returncode == 0
    assert httpx.get(f"{server.url}/v1/jobs", headers={"Authorization": f"Bearer {made['key']}"}).status_code == 401
    assert operator("keys", "revoke", "nobody", *store).returncode == 4
    assert operator("keys", "rotate", *store).returncode == 0


def test_a_key_made_before_the_start_is_what_the_server_asks_for(alone: Jindu, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/jindu.db"
    text = alone("keys", "create", "all", "--scope", "submit", "--scope", "watch", "--store", store).stdout.strip()
    with ServerProcess("journeys.journey_jobs:app", tmp_path) as server:
        assert httpx.get(f"{server.url}/v1/jobs").status_code == 401
        jindu = Jindu({**alone.env, "JINDU_URL": server.url, "JINDU_TOKEN": text}, tmp_path)
        done = jindu("task", "submit", "counting", "number=3", "--watch")
        assert done.returncode == 0, done.stderr
        with Client(server.url, token=text) as client:
            job = client.submit("counting", number=1)
            assert job.token is not None
        with Client(server.url, token=job.token) as watcher:
            assert watcher.job(job.id).wait(timeout=30)["number"] == 1


def test_a_server_without_keys_listens_to_this_machine_only(alone: Jindu, store: str) -> None:
    done = alone.outside("serve", "--host", "0.0.0.0", "--port", "0", "--store", store)
    assert done.returncode == 1
    assert "jindu keys create" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Uvicorn running" not in done.stderr + done.stdout


def test_a_server_with_keys_may_listen_everywhere(alone: Jindu, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/jindu.db"
    text = alone("keys", "create", "all", "--scope", "watch", "--store", store).stdout.strip()
    with ServerProcess("journeys.journey_jobs:app", tmp_path, args=("--host", "0.0.0.0")) as server:
        headers = {"Host": "jindu.example", "X-Forwarded-For": "10.0.0.1"}
        assert httpx.get(f"{server.url}/v1/jobs", headers=headers).status_code == 401
        assert httpx.get(f"{server.url}/v1/jobs", headers={**headers, "Authorization": f"Bearer {text}"}).status_code == 200
        assert server.stop() == 0


def test_revoking_the_last_key_does_not_open_the_server(alone: Jindu, store: str) -> None:
    made = read(alone("keys", "create", "only", "--scope", "watch", "--store", store, "--json"))
    alone("keys", "revoke", made["id"], "--store", store)
    server = ServerProcess("journeys.journey_jobs:app", alone.folder, args=("--host", "0.0.0.0"))
    with server:
        assert httpx.get(f"{server.url}/v1/jobs").status_code == 401
