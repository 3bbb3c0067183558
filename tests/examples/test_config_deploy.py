"""`config/deploy`: each file does what it says. The steps of the Containerfile are replayed without a container engine."""

import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
import yaml
from websockets import Subprotocol
from websockets.sync.client import connect

from support.command_line import refused
from support.server import ROOT, ForkedServer, free_port, wait_ready

DEPLOY = ROOT / "config" / "deploy"
KEY = ["keys", "create", "first", "--scope", "submit", "--scope", "watch", "--scope", "operate"]


def steps() -> list[tuple[str, str]]:
    """Instructions of the Containerfile, lines that go on joined."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def of(word: str) -> list[str]:
    return [rest for one, rest in steps() if one == word]


def tracked(name: str) -> list[Path]:
    """Files that are in the repository: what lies about beside them is not in an image that is built of a clone."""
    listed = subprocess.run(["git", "ls-files", "-z", name], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(path) for path in listed.split("\0") if path]


class Image:
    """The folders of the image, filled as the Containerfile says."""

    def __init__(self, folder: Path) -> None:
        self.source, self.data, self.python = folder / "src", folder / "data", folder / "python"
        self.data.mkdir()
        venv.create(self.python)
        # What is installed here need not be fetched again, pip too; the packages of the image go before it.
        (site,) = self.python.glob("lib/python*/site-packages")
        (site / "here.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
        (self.python / "bin" / "pip").write_text('#!/bin/sh\nexec python -m pip "$@"\n')
        (self.python / "bin" / "pip").chmod(0o755)
        settings = dict(pair.split("=", 1) for pair in shlex.split(" ".join(of("ENV"))))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JINDU_", "PYTHONPATH"))}
        path = f"{self.python / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kept["PIP_NO_COMPILE"] = "1"  # what is run here once is compiled as it is run
        self.env = {**kept, "PATH": path, **{name: self.here(value) for name, value in settings.items()}}

    def here(self, text: str) -> str:
        return re.sub(r"/(data|src)\b", lambda found: str(getattr(self, {"data": "data", "src": "source"}[found[1]])), text)

    def copy(self) -> None:
        for line in of("COPY"):
            *sources, target = line.split()
            for name in sources:
                files = tracked(name)
                assert files, f"{name} is copied, and is not in the repository"
                for path in files:
                    placed = self.source / target / (path.name if target == "./" else path.relative_to(name))
                    placed.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / path, placed)

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        env = {**self.env, **env}
        return subprocess.run(command, cwd=self.data, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.timeout(600)
def test_the_steps_of_the_containerfile_end_in_a_server_that_answers(tmp_path: Path) -> None:
    image = Image(tmp_path)
    image.copy()
    (install,) = [line for line in of("RUN") if line.startswith("pip ")]
    done = image.run("sh", "-ec", f"cd {image.source} && {image.here(install)}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not image.source.exists(), "what was built of is removed"

    serve = yaml.safe_load(of("CMD")[0])
    unkeyed = image.run(*serve, "--port", str(free_port()))
    assert unkeyed.returncode != 0, "without keys it must not listen where others reach it"
    assert "keys" in unkeyed.stderr
    made = image.run("jindu", *KEY)
    assert made.returncode == 0, made.stderr
    key = re.findall(r"jk_[\w-]+", made.stdout)[0]
    with started(image, serve) as url, httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as http:
        look = yaml.safe_load(of("HEALTHCHECK")[0].partition("CMD ")[2])
        assert image.run(*(part.replace("http://127.0.0.1:8765", url) for part in look)).returncode == 0
        assert {"diagnose", "calibrate"} <= {entry["type"] for entry in http.get("/v1/types").json()["items"]}
        for path in ("/", "/diagnosis", "/content", "/calibrate", "/communities", "/diagnosis/kit.js"):
            assert http.get(path).status_code == 200, path
        asked = {"type": "calibrate", "params": {"info_hash": "60b136fbd044ba0df6708703b302d91942bf0a05"}}
        job = http.post("/v1/jobs?wait=20", json=asked, timeout=30).json()
        assert job["result"] == "Jindu LICENSE", job
    assert {path.name for path in image.data.iterdir()} >= {"jindu.db"}


@contextmanager
def started(image: Image, command: list[str]) -> Iterator[str]:
    """The server of the image, on loopback; stopped as an engine would stop it."""
    port, log = free_port(), image.data / "log"
    with log.open("wb") as said:
        env = {**image.env, "JINDU_HOST": "127.0.0.1"}
        arguments = [str(image.python / "bin" / command[0]), *command[1:], "--port", str(port)]
        process = subprocess.Popen(arguments, cwd=image.data, env=env, stdout=said, stderr=said)
    try:
        wait_ready(process, f"http://127.0.0.1:{port}", log.read_text)
        yield f"http://127.0.0.1:{port}"
        process.send_signal(getattr(signal, of("STOPSIGNAL")[0]))
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_the_compose_file_names_what_is_there() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"redis", "node", "nginx"}
    assert "./nginx.conf:/etc/nginx/conf.d/default.conf:ro" in services["nginx"]["volumes"]
    command = services["node"]["command"].partition("exec jindu ")[2].rstrip('"')
    assert refused(shlex.split(command)) is None
    assert all("latest" not in service["image"] and ":" in service["image"] for service in services.values())
    (name, condition) = next(iter(services["node"]["depends_on"].items()))
    assert (name, condition, "healthcheck" in services[name]) == ("redis", {"condition": "service_healthy"}, True)


@pytest.mark.parametrize("name", ["nginx.conf", "nginx-single.conf"])
def test_a_proxy_passes_sockets_and_streams_on(name: str) -> None:
    text = (DEPLOY / name).read_text()
    for line in (
        "proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Connection $jindu_connection;", "proxy_http_version 1.1;",
        "proxy_buffering off;", "proxy_read_timeout 65s;", "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    ):  # fmt: skip
        assert line in text


NGINX = """
daemon off; worker_processes 1; error_log {folder}/error.log; pid {folder}/pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/jindu.conf;
}}
"""


@pytest.fixture
def behind_nginx(tmp_path: Path) -> Iterator[tuple[str, Path, ForkedServer]]:
    """The address of a real nginx with the shipped file, the authority of its certificate, and the server behind."""
    program = os.environ.get("NGINX_PROGRAM") or shutil.which("nginx")
    if program is None:
        pytest.skip("no nginx: its package would start one that listens everywhere")
    authority, port = trustme.CA(), free_port()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    leaf = authority.issue_cert("jindu.example.com", "127.0.0.1")
    leaf.private_key_pem.write_to_path(str(tmp_path / "jindu.key"))
    for part in leaf.cert_chain_pems:
        part.write_to_path(str(tmp_path / "jindu.pem"), append=True)
    with ForkedServer("examples.calibration.app:app", tmp_path, env={"CALIBRATION_NOTES": str(tmp_path / "n.db")}) as server:
        text = (DEPLOY / "nginx-single.conf").read_text().replace("/etc/nginx/tls", str(tmp_path))
        text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        (tmp_path / "jindu.conf").write_text(text.replace("127.0.0.1:8765", f"127.0.0.1:{server.port}"))
        (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path))
        process = subprocess.Popen([program, "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")])
        try:
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                assert process.poll() is None, (tmp_path / "error.log").read_text()
            yield f"https://127.0.0.1:{port}", tmp_path / "ca.pem", server
        finally:
            process.terminate()
            process.wait()


def test_behind_a_real_nginx(behind_nginx: tuple[str, Path, ForkedServer]) -> None:
    address, authority, server = behind_nginx
    trust = ssl.create_default_context(cafile=str(authority))
    name = {"Host": "jindu.example.com"}
    with httpx.Client(base_url=address, verify=trust, headers=name, timeout=30) as http:
        assert http.get("/v1/jobs").status_code == 421, "a server without keys is for its own machine"
        scopes: dict[str, Any] = {"name": "first", "scopes": ["submit", "watch", "operate"]}
        key = httpx.post(f"{server.url}/v1/keys", json=scopes).json()["key"]
        http.headers["Authorization"] = f"Bearer {key}"
        asked = {"type": "calibrate", "params": {"info_hash": "00ff"}, "delay": 1}
        job = http.post("/v1/jobs", json=asked).raise_for_status().json()
        wire = socket.create_connection(("127.0.0.1", http.base_url.port))
        url, headers = "wss://jindu.example.com/v1/ws", {"Authorization": f"Bearer {key}"}
        offered = [Subprotocol("jindu.v1")]
        with connect(url, sock=wire, ssl=trust, proxy=None, subprotocols=offered, additional_headers=headers) as connection:
            assert '"hello"' in connection.recv(timeout=10)
        with http.stream("GET", f"/v1/stream?channels=job:{job['id']}") as answer:
            lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
        assert len(lines) >= 2, "told as it moves"
        assert any('"error"' in line for line in lines[-2:])
        assert http.get("/metrics").status_code == 200, "from this machine"
