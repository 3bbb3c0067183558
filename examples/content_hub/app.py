"""The job `generate_content`: have a text written, review it, keep it. A task is the newest of its jobs: a retry keeps its id.

jindu serve examples.content_hub.app:app
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from jindu import App, Context, JobError, JobTimeout, NotEnded, Retry, Stage, UnknownJob

from ..brand_diagnosis import platforms
from ..brand_diagnosis.completions import Endpoint, ask, client, share_heard
from ..brand_diagnosis.wire import BrokenOff, NoAnswer, PlatformError
from . import settings, writing
from .database import Database
from .routes import Routes
from .tasks import Tasks

app = App()
concurrency = settings.concurrency()
settings.poll_interval()  # a wrong setting is told when the server starts
app.errors.add(
    "CONTENT_EMPTY",
    title={"zh": "没有生成内容", "en": "Nothing was written"},
    message={
        "zh": "AI 平台没有给出可用的内容，请换个主题或稍后重试。",
        "en": "The platform wrote nothing usable: try again, or another topic.",
    },
    action="retry",
    retryable=True,
)
app.errors.map(NoAnswer, "CONTENT_EMPTY")
app.errors.map(BrokenOff, "NETWORK_ERROR")
app.errors.map(ConnectionRefusedError, "NETWORK_ERROR")
app.errors.map(JobTimeout, "AI_PLATFORM_TIMEOUT")


@app.job(
    stages=[
        Stage("generating", 8, title={"zh": "生成内容", "en": "Writing"}),
        Stage("reviewing", 1, title={"zh": "审核", "en": "Reviewing"}),
        Stage("saving", 1, title={"zh": "保存", "en": "Saving"}),
    ],
    timeout=settings.TIMEOUT,
    retry=Retry(attempts=2),
    concurrency=concurrency,
    keep_for=settings.KEPT,
)
async def generate_content(
    ctx: Context, task_id: str, account_id: int, topic: str, keywords: list[str] = [], auto_approve: bool = False  # noqa: B006 - read only
) -> dict[str, Any]:  # fmt: skip
    """The content as the database has it, with the platform and model that wrote it."""
    async with ctx.stage("generating") as stage:
        said = await ctx.step("text", written, stage, writing.question(topic, keywords))
    async with ctx.stage("reviewing"):
        title, body = writing.divided(said["text"], topic)
        review = writing.review(title, body, keywords)
    content = {
        "task_id": task_id,
        "account_id": account_id,
        "title": title,
        "body": body,
        "cover_image": writing.cover_image(title),
        "review_status": writing.verdict(review, auto_approve=auto_approve),
        "review": review,
    }
    async with ctx.stage("saving"):
        await asyncio.to_thread(Database(settings.database()).keep, content)
    return {**content, "platform": said["platform"], "model": said["model"]}


async def written(stage: Any, question: str) -> dict[str, Any]:
    """The text of the first platform that gives one; the others stand in for those that fail."""
    failed: PlatformError | None = None
    chosen = await asyncio.to_thread(platforms.configured, settings.PLATFORMS_VARIABLE)
    async with await asyncio.to_thread(client) as http:
        for platform in chosen:
            for model in platform.models:

                def heard(text: str) -> None:
                    stage.progress(100 * share_heard(text)[1], f"{len(text)} characters")

                endpoint = Endpoint(platform.base_url, model, platform.api_key)
                try:
                    answer = await ask(http, endpoint, question, heard, writing.INSTRUCTIONS)
                except PlatformError as fault:
                    failed = fault
                else:
                    return {"platform": platform.name, "model": model, "text": answer.text}
    raise failed or JobError("CONTENT_EMPTY")


tasks = Tasks(app, generate_content)


@app.job(timeout="5m")
async def clean_up_contents(days: int = 90) -> int:
    """Remove tasks that ended so many days ago, with their contents; how many there were."""
    before = datetime.now(UTC) - timedelta(days=days)
    removed = 0
    for task in await tasks.ended_before(before):
        try:
            await tasks.remove(task)
            removed += 1
        except (NotEnded, UnknownJob):
            continue  # somebody else was first
    return removed


app.schedule("30 3 * * *", clean_up_contents)
Routes(app, tasks).add()
