"""`jindu demo`: the shipped diagnosis, run for real: a server of its own, one job seen moving, its outcome, a page to see."""

import importlib
import importlib.util
import os
import subprocess  # starts ourselves # nosec B404
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from jindu_client import Client

from ..settings import DEFAULT_PORT
from .serve import refuse
from .watching import language, show

INSTALLED = "jindu_examples"
IN_A_CLONE = "examples"
ALONE = "brand_diagnosis.app"  # the diagnosis and nothing else
LIVELY = "demo.app"  # with other work around it, for who looks at the page
START_WITHIN = 20.0  # seconds until the server must answer
GRACE = "3"  # seconds: what goes on around it is handed back at the end, and goes on at the next start


def demo(
    once: Annotated[bool, typer.Option("--once", help="end with the job instead of serving on")] = False,
    port: Annotated[int, typer.Option(help="port of the demo's server")] = DEFAULT_PORT,
    store: Annotated[str, typer.Option(help="where the demo keeps its jobs")] = "sqlite:///jindu-demo.db",
) -> None:
    """Start a server with the brand diagnosis, submit one, show it moving, go on serving: the page shows more than this one."""
    examples, root = locate()
    module = f"{examples}.{ALONE if once else LIVELY}"
    example: Any = importlib.import_module(module)
    url = f"http://127.0.0.1:{port}"
    with serving(f"{module}:app", port, store, root) as server, Client(url) as client:
        wait_until_ready(url, server)
        typer.echo(f"server    {url}" + ("" if once else "   (open it in a browser: all jobs, live)"))
        for kind, params in [] if once else example.surroundings():
            client.submit(kind, **params)
        job = client.submit("diagnose", **example.demo_params())
        typer.echo(f"job       {job.id}\n")
        code = show(client, job.id)
        result = job.status()["result"]
        if result is not None:
            typer.echo("\n" + example.outcome(result, language()))
        if not once:
            typer.echo(f"\nThe server goes on at {url} (Ctrl+C ends it). Try:\n  jindu watch {job.id}\n  curl {url}/v1/jobs")
            server.wait()
    raise typer.Exit(code)


def locate() -> tuple[str, Path | None]:
    """The package of the examples, and the folder it is found from when this is a clone."""
    root = Path(__file__).resolve().parents[3]
    if (root / "examples" / "brand_diagnosis" / "app.py").exists():
        sys.path.insert(0, str(root))
        return IN_A_CLONE, root
    if importlib.util.find_spec("jindu_examples") is None:
        refuse("the examples are not installed; run this in a clone of the repository")
    return INSTALLED, None


@contextmanager
def serving(target: str, port: int, store: str, root: Path | None) -> "Iterator[subprocess.Popen[bytes]]":
    """A server in a process of its own, ended with this one. What it logs is shown if it ends by itself: the job that fails on
    purpose is to be looked at on the page, not here."""
    path = os.pathsep.join(filter(None, [str(root) if root else "", os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "jindu", "serve", target, "--port", str(port), "--store", store, "--log-level", "warning"]
    env = {"JINDU_GRACE": GRACE, **os.environ, "PYTHONPATH": path}
    with tempfile.TemporaryFile("w+") as said:
        server = subprocess.Popen(command, env=env, stderr=said)  # a list, no shell # nosec B603
        try:
            yield server
        except KeyboardInterrupt:
            typer.echo()
        finally:
            by_itself = server.poll() is not None and server.returncode > 0
            server.terminate()
            server.wait()
            if by_itself:
                said.seek(0)
                typer.echo(said.read(), err=True)


def wait_until_ready(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_WITHIN
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    refuse(f"the server did not start at {url}; if the port is taken, try another with --port")
