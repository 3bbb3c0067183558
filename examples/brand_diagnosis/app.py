"""The job `diagnose`: ask AI platforms about a brand, rank the brands they name, trace the sources they cite.

jindu serve examples.brand_diagnosis.app:app

The routes of the earlier system are in `routes.py`; diagnoses are kept until they are deleted, which makes its history.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from jindu import App, Context, JobError, JobTimeout, Retry, Stage

from . import platforms as settings
from .completions import client
from .panel import Panel
from .platforms import Platform
from .ranking import candidates, rank, tally
from .report import default_question, outcome, report
from .routes import OldRoutes
from .sources import Citation, citations, grouped
from .wire import BrokenOff, NoAnswer

Brand = Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]

settings.check()  # a wrong setting is told when the server starts, not by the first diagnosis

__all__ = ["app", "demo_params", "diagnose", "outcome"]

app = App()
app.errors.map(JobTimeout, "DIAGNOSIS_TIMEOUT")
app.errors.map(BrokenOff, "NETWORK_ERROR")
app.errors.map(NoAnswer, "AI_BAD_ANSWER")
# A platform that is down is told in the words people know from here. What one answers is read by the rules of the server.
for unreachable in (ConnectionRefusedError, socket.gaierror, ssl.SSLError):
    app.errors.map(unreachable, "NETWORK_ERROR")


@app.job(
    stages=[
        Stage("ai_fetching", 5, title={"zh": "询问 AI 平台", "en": "Asking AI platforms"}),
        Stage("ranking_analysis", 3, title={"zh": "排名分析", "en": "Ranking brands"}),
        Stage("source_tracing", 2, title={"zh": "追溯来源", "en": "Tracing sources"}),
    ],
    timeout=settings.timeout(),
    retry=Retry(attempts=2),
    concurrency=5,
    keep_for=settings.KEPT,
)
async def diagnose(
    ctx: Context,
    brand: Brand,
    competitors: Annotated[list[Brand], Field(max_length=50)] = [],  # noqa: B006 - read only
    question: Annotated[str, Field(max_length=2000)] = "",
    platforms: list[str] | None = None,
) -> dict[str, Any]:
    """Diagnose `brand` against `competitors`; the result is described in the README.

    Some platforms failing leaves a smaller result that names them; DIAGNOSIS_FAILED only if none answered.
    """
    question = question.strip() or default_question(brand)
    # A step around the steps of the platforms: once all have ended, a run after a crash ranks the same answers, also if a
    # platform that had failed is back by then.
    answers = await ctx.step("answers", asked, ctx, question, platforms)
    heard = {answer["name"]: answer["text"] for answer in answers if answer["ok"]}
    ranking = await ctx.step("ranking", ranked, ctx, brand, competitors, heard)
    sources = await traced(ctx, brand, competitors, heard)
    return report(brand, question, answers, ranking, sources)


async def asked(ctx: Context, question: str, names: Sequence[str] | None) -> list[dict[str, Any]]:
    """The first stage. All configured platforms, or those of `names`; the others stand in for what fails."""
    chosen, spares = selected(await asyncio.to_thread(settings.configured), names)
    # In a thread: the first client reads the certificates, which would hold up the event loop.
    async with ctx.stage("ai_fetching"), await asyncio.to_thread(client) as http:
        return await Panel(ctx, http, question, chosen, spares, app.errors.body).ask()


async def ranked(ctx: Context, brand: str, competitors: Sequence[str], heard: Mapping[str, str]) -> list[dict[str, Any]]:
    """The second stage: rows as of `ranking.rank`."""
    async with ctx.stage("ranking_analysis") as stage:
        names = candidates(brand, competitors, heard.values())
        tallies = []
        mentions = 0
        async for text in stage.track(list(heard.values())):
            tallies.append(tally(text, names))
            mentions += sum(tallies[-1].counts.values())
            stage.progress(100 * len(tallies) / len(heard), f"{mentions} mentions")
        return rank(tallies, names, brand, competitors)


async def traced(ctx: Context, brand: str, competitors: Sequence[str], heard: Mapping[str, str]) -> list[dict[str, Any]]:
    """The third stage: rows as of `sources.grouped`."""
    async with ctx.stage("source_tracing") as stage:
        names = candidates(brand, competitors, heard.values())
        cited: list[Citation] = []
        for done, (platform, text) in enumerate(heard.items(), start=1):
            cited += citations(platform, text, names)
            stage.progress(100 * done / len(heard), f"{len(cited)} citations")
        return grouped(cited, names)


def selected(known: Sequence[Platform], names: Sequence[str] | None) -> tuple[list[Platform], list[Platform]]:
    """The platforms to ask, in order, and those that stand in. Raises INVALID_PARAMS for a name nobody configured."""
    if not names:
        return list(known), []
    by_name = {platform.name.casefold(): platform for platform in known}
    wanted = list(dict.fromkeys(name.strip().casefold() for name in names))
    if unknown := [name for name in wanted if name not in by_name]:
        raise JobError("INVALID_PARAMS", f"no platform {', '.join(map(repr, unknown))}; there are {', '.join(by_name)}")
    return [by_name[name] for name in wanted], [platform for key, platform in by_name.items() if key not in wanted]


OldRoutes(app, diagnose).add()


def demo_params() -> dict[str, Any]:
    """Parameters of a diagnosis that shows everything, also without any key."""
    return {
        "brand": "starlette",
        "competitors": ["fastapi", "django", "flask", "aiohttp"],
        "question": "Which web frameworks for asyncio do you recommend?",
    }
