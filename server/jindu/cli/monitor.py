"""`jindu monitor …`: what a server does, how it fares, and the switches that operators have."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer
from rich.live import Live

from jindu_client import Client, JinduError, Unavailable

from ..core.clock import SystemClock
from . import monitor_tables as shown
from . import tables
from .client_commands import Json, Token, Url, talking
from .operating import get, post
from .watching import FAILED, clean, language

WAITING_SHOWN = 10

monitor = typer.Typer(
    help="What a server does and how it fares: status, health, metrics, queue, eta, connections, alerts, errors, consistency, "
    "watch; pause, resume, drain. For operators.",
    no_args_is_help=True,
)
Limit = Annotated[int, typer.Option(min=1, max=1_000, help="How many at most.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="TYPE…", help="Job types.")]
All = Annotated[bool, typer.Option("--all", help="All job types.")]


@monitor.command()
def status(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Whether all is well, in a few lines. Exit code 1 while the server takes no work; 4: no server answers."""
    with talking(url, token, as_json=as_json) as client:
        stats = get(client, "stats")
    if as_json:
        _print(stats)
    else:
        tables.terminal().print(shown.status(stats, language()))
    if not stats["ready"]:
        raise typer.Exit(FAILED)


monitor.command("health", help="The same as status.")(status)


@monitor.command()
def metrics(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Figures since the server's start: jobs by type with queue length and mean wait, answers, lags, commits, and those of
    applications. For Prometheus there is /metrics."""
    with talking(url, token, as_json=as_json) as client:
        stats = get(client, "stats")
    if as_json:
        _print(stats)
        return
    for part in shown.metrics(stats, language()):
        tables.terminal().print(part)


@monitor.command()
def queue(limit: Limit = WAITING_SHOWN, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """How many jobs wait of each type, and why those wait that came last. With --json one object."""
    with talking(url, token, as_json=as_json) as client:
        stats = get(client, "stats")
        jobs = get(client, "jobs", status="pending", limit=limit)["items"]
        waiting = [(job, why) for job in jobs if (why := _why(client, job["id"])) is not None]
    if as_json:
        items = [{"id": job["id"], "type": job["type"], "created_at": job["created_at"], **why} for job, why in waiting]
        _print({"queued": stats["queued"], "by_type": stats["by_type"], "waiting": items})
        return
    console, lang = tables.terminal(), language()
    console.print(shown.by_type(stats["by_type"], lang))
    console.print()
    console.print(shown.waiting(waiting, lang, SystemClock().wall()) if waiting else shown.say("nothing_waits", lang))


def _why(client: Client, id: str) -> Mapping[str, Any] | None:
    """Why it waits; None if it does not any more."""
    try:
        why = client.why(id)
    except Unavailable:
        raise
    except JinduError:
        return None
    return why if why["status"] == "pending" else None


@monitor.command()
def eta(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """How well the ends of jobs are told, by type: how many runs are remembered, what a usual one takes, how far the estimates
    were off, and how often the careful one held, where 90 % is meant."""
    with talking(url, token, as_json=as_json) as client:
        found = get(client, "stats")["eta"]
    if as_json:
        _print(found)
    else:
        tables.terminal().print(shown.eta(found, language()))


@monitor.command()
def connections(limit: Limit = 50, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Who is connected: by transport, then one by one, the slowest first."""
    with talking(url, token, as_json=as_json) as client:
        found = get(client, "connections", limit=limit)
    if as_json:
        _print(found)
        return
    for part in shown.connections(found, language(), SystemClock().wall()):
        tables.terminal().print(part)


@monitor.command()
def alerts(
    test: Annotated[bool, typer.Option("--test", help="Send a test message on every way, and say which arrived.")] = False,
    limit: Limit = 20,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Which alerts are active, which are over, and the rules with what they look at. Exit code 1 while one is active that is an
    ERROR or worse; with --test if a message did not arrive."""
    with talking(url, token, as_json=as_json) as client:
        if test:
            _tested(post(client, "alerts/test")["items"], as_json=as_json)
            return
        found = get(client, "alerts", limit=limit)
    if as_json:
        _print(found)
    else:
        for part in shown.alerts(found, language()):
            tables.terminal().print(part)
    if any(alert["level"] in ("ERROR", "CRITICAL") for alert in found["active"]):
        raise typer.Exit(FAILED)


def _tested(items: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        _print(items)
    else:
        lang = language()
        for item in items:
            detail = f": {item['detail']}" if item["detail"] else ""
            print(f"{item['sink']} ({item['kind']}) {shown.say('sent' if item['ok'] else 'not_sent', lang)}{detail}")
    if not all(item["ok"] for item in items):
        raise typer.Exit(FAILED)


@monitor.command()
def errors(
    job: Annotated[str | None, typer.Option(help="Only of this job.")] = None,
    code: Annotated[str | None, typer.Option(help="Only with this error code.")] = None,
    limit: Limit = 20,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """What failed, and with what, newest first. `jindu task error ID` has the whole of one, with its traceback."""
    with talking(url, token, as_json=as_json) as client:
        items = client.errors(job=job, code=code, limit=limit)
    if as_json:
        _print(items)
    else:
        lang = language()
        tables.terminal().print(shown.errors(items, lang) if items else shown.say("no_errors", lang))


@monitor.command()
def consistency(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """What the consistency monitor has seen since the server's start. Exit code 1 below 99 %."""
    with talking(url, token, as_json=as_json) as client:
        found = get(client, "stats")["consistency"]
    if as_json:
        _print(found)
    else:
        lang = language()
        rows = [("checks", found["checks"]), ("consistency", shown.percent(found["ratio"])), *found["issues"].items()]
        tables.terminal().print(shown.facts(rows, lang))
    if found["ratio"] < 0.99:
        raise typer.Exit(FAILED)


@monitor.command()
def watch(
    interval: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 1.0,
    times: Annotated[int, typer.Option(min=0, help="Leave after so many looks; 0: at Ctrl-C.")] = 0,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """A live screen: state, job types, alerts, what runs. It says so when the server is not there, and comes back with it. With
    --json an object a line."""
    lang, console = language(), tables.terminal()
    with talking(url, token, as_json=as_json) as client, suppress(KeyboardInterrupt):
        if as_json:
            for (stats, found, running), live in _looks(client, interval, times):
                _print({"live": live, "stats": stats, "alerts": found["active"], "running": running})
            return
        with Live(console=console, screen=console.is_terminal, auto_refresh=False) as screen:
            for seen, live in _looks(client, interval, times):
                screen.update(shown.screen(*seen, lang, live=live), refresh=True)


Seen = tuple[Mapping[str, Any], Mapping[str, Any], Sequence[Mapping[str, Any]]]


def _looks(client: Client, interval: float, times: int) -> Iterator[tuple[Seen, bool]]:
    """What was seen last, and whether it is of now. The first look must succeed: a wrong address or key is told at once."""
    seen, live, number = _look(client), True, 1
    yield seen, live
    while number != times:
        time.sleep(interval)
        try:
            seen, live = _look(client), True
        except Unavailable:
            live = False
        number += 1
        yield seen, live


def _look(client: Client) -> Seen:
    return get(client, "stats"), get(client, "alerts", limit=1), get(client, "jobs", status="running", limit=20)["items"]


@monitor.command()
def pause(types: Names = None, everything: All = False, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Start nothing of these types until resume, or the server's next start; what runs goes on. Exit code 4: no such type."""
    _switch(types, "pause", everything=everything, url=url, token=token, as_json=as_json)


@monitor.command()
def resume(types: Names = None, everything: All = False, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Let jobs of these types start again."""
    _switch(types, "resume", everything=everything, url=url, token=token, as_json=as_json)


def _switch(
    types: Sequence[str] | None, how: str, *, everything: bool, url: str | None, token: str | None, as_json: bool
) -> None:
    if bool(types) == everything:
        raise typer.BadParameter("name job types, or give --all", param_hint="TYPE…")
    with talking(url, token, as_json=as_json) as client:
        names = [str(item["type"]) for item in client.types()] if everything else list(types or ())
        switched = [client.pause(name) if how == "pause" else client.resume(name) for name in names]
    if as_json:
        _print(switched)
        return
    lang = language()
    for item in switched:
        print(clean(item["type"]), tables.say("is_paused" if item["paused"] else "is_resumed", lang))


@monitor.command()
def drain(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Take no more work, let what runs end within its grace, hand the rest back, and end: what SIGTERM does, from elsewhere.
    Returns at once."""
    with talking(url, token, as_json=as_json) as client:
        found = post(client, "drain")
    if as_json:
        _print(found)
    else:
        print(shown.say("draining" if found["ends"] else "drained", language(), n=found["running"]))


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)
