"""The job `warm_up`: read the feeds of all communities into the cache, again and again; the report of it each morning.

jindu serve examples.warmup.app:app
"""

import asyncio
import os
from typing import Any

from jindu import App, Context, JobError, LRUCache, Stage

from .database import database
from .feeds import FeedError, read
from .routes import Routes

AT_ONCE = 5
EVERY = os.environ.get("WARMUP_EVERY", "").strip() or "10m"
KEPT = 1800.0  # seconds that posts count as fresh: three rounds

app = App()
cache = LRUCache(max_size=1000, ttl=KEPT)


async def posts_of(community: dict[str, Any]) -> list[dict[str, Any]]:
    """Posts from the cache, else from the feed. Raises `FeedError`."""
    found: list[dict[str, Any]] | None = cache.get(community["name"])
    return await fetched(community) if found is None else found


async def fetched(community: dict[str, Any]) -> list[dict[str, Any]]:
    """Posts from the feed, into the cache; how that went is noted. Raises `FeedError`."""
    try:
        posts = await read(community["feed"])
    except FeedError as error:
        await asyncio.to_thread(database().warmed, community["name"], str(error))
        raise
    cache.set(community["name"], posts)
    await asyncio.to_thread(database().warmed, community["name"])
    return posts


@app.job(stages=[Stage("reading", 1, title={"zh": "读取社区", "en": "Reading communities"})], timeout="5m", keep_for="7d")
async def warm_up(ctx: Context) -> dict[str, Any]:
    """Read all feeds; one that cannot be read is named and stops no other."""
    communities = await asyncio.to_thread(database().communities)
    warmed, failed = 0, []
    async with ctx.stage("reading") as stage:
        done = 0
        async for community, posts in stage.map(fetched, communities, limit=AT_ONCE):
            done += 1
            if isinstance(posts, JobError):
                failed.append(community["name"])
            else:
                warmed += 1
            stage.progress(100 * done / len(communities), f"{done}/{len(communities)}")
    return {"communities": len(communities), "warmed": warmed, "failed": sorted(failed)}


@app.report.section("warmup_period")
def warmup_period() -> dict[str, Any]:
    return database().period()


@app.report.section("community_pool")
def community_pool() -> dict[str, Any]:
    return database().pool()


@app.report.section("user_testing")
def user_testing() -> dict[str, Any]:
    return database().testing()


@app.report.section("cache_metrics")
def cache_metrics() -> dict[str, Any]:
    """The cache of posts; it stands in the place of the server's own."""
    seen = cache.get_stats()
    return {name: seen[name] for name in ("hits", "misses", "hit_rate", "size")}


app.schedule(warm_up, every=EVERY)
app.schedule_report("0 8 * * *", timezone="Asia/Shanghai")
Routes(app, warm_up, posts_of).add()
