"""`jindu serve` with a certificate: https and wss, with a certificate made here; and what is said when it cannot be used."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest
import trustme
from websockets.asyncio.client import connect

from jindu_client import AsyncClient
from support.rawclient import Held
from support.server import ServerProcess

RESULTS = 60


class TlsServer(ServerProcess):
    """A server that is asked by https alone."""

    def __init__(self, folder: Path) -> None:
        self.authority = folder / "authority.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.authority)
        made = authority.issue_cert("127.0.0.1", "localhost")
        made.private_key_pem.write_to_path(folder / "key.pem")
        for part in made.cert_chain_pems:
            part.write_to_path(folder / "chain.pem", append=True)
        files = ("--ssl-certfile", str(folder / "chain.pem"), "--ssl-keyfile", str(folder / "key.pem"))
        super().__init__("security.tls_jobs:app", folder, args=files)
        self.url = f"https://127.0.0.1:{self.port}"
        self.trust = ssl.create_default_context(cafile=self.authority)

    def asks(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.trust)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    folder = tmp_path_factory.mktemp("tls")
    with pytest.MonkeyPatch.context() as patch:
        process = TlsServer(folder)
        patch.setenv("SSL_CERT_FILE", str(process.authority))
        with process:
            yield process


def submit(server: TlsServer) -> str:
    with server.asks() as http:
        answer = http.post("/v1/jobs", json={"type": "steps", "params": {"to": RESULTS}})
        assert answer.status_code == 202
        assert answer.headers["location"].endswith(answer.json()["id"])
        return str(answer.json()["id"])


def test_https_answers_and_plain_http_is_not_answered(server: TlsServer) -> None:
    with server.asks() as http:
        answer = http.get("/healthz")
        assert answer.json() == {"status": "ok"}
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        # The page's own origin is that of https; another scheme is another origin.
        host = f"127.0.0.1:{server.port}"
        assert http.get("/v1/jobs", headers={"origin": f"https://{host}"}).status_code == 200
        assert http.get("/v1/jobs", headers={"origin": f"http://{host}"}).status_code == 403
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{server.port}/healthz")


async def test_a_job_is_watched_over_wss_by_hand(server: TlsServer) -> None:
    """Frames written straight to the transport are frames under TLS too, large ones and small ones."""
    job = submit(server)
    held = Held(job)
    address = f"wss://127.0.0.1:{server.port}/v1/ws"
    async with connect(address, ssl=server.trust, subprotocols=["jindu.v1"]) as socket:
        await socket.send(orjson.dumps({"type": "subscribe", "channels": {f"job:{job}": 0}}).decode())
        async for text in socket:
            told = orjson.loads(text)
            for frame in told if isinstance(told, list) else [told]:
                held.fold(frame)
            if held.ends:
                break
    assert [key for key, _ in held.order] == [str(number) for number in range(RESULTS)]
    assert held.state["status"] == "completed"


async def test_the_client_watches_over_wss_where_its_trust_is_in_the_environment(server: TlsServer) -> None:
    job = submit(server)
    async with AsyncClient(server.url) as client:
        updates = [update async for update in client.job(job).updates()]
        assert [update.key for update in updates if update.kind == "result"] == [str(number) for number in range(RESULTS)]
        assert updates[-1].kind == "complete"
        assert len(await client.result(job)) == 200_000


def test_the_stream_is_sent_over_https(server: TlsServer) -> None:
    with server.asks() as http:
        told = http.get("/v1/stream", params={"channels": f"job:{submit(server)}@0"}, timeout=20).text
    assert told.count('"type":"result"') == RESULTS
    assert told.count('"type":"complete"') == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("--ssl-certfile", "{folder}/none.pem"), "none.pem cannot be read: No such file or directory"),
        (("--ssl-certfile", "{folder}/letter.pem"), "letter.pem: not a certificate and its key in PEM"),
        (("--ssl-keyfile", "{folder}/letter.pem"), "a key without a certificate: give ssl_certfile too"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told_before_anything_is_opened(
    tmp_path: Path, files: tuple[str, ...], said: str
) -> None:
    (tmp_path / "letter.pem").write_text("Dear Sir or Madam")
    server = ServerProcess("security.tls_jobs:app", tmp_path, args=tuple(part.format(folder=tmp_path) for part in files))
    done = subprocess.run(server.command, env=server._env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not server.store.exists()
