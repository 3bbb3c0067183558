"""The jobs of `jindu demo`: the brand diagnosis, and everyday work on this machine around it. All of it is real: files that are
read, sums that are made, a port where nobody answers. It goes gently, so that it is seen moving and is in nobody's way.

jindu serve examples.demo.app:app
"""

import asyncio
import hashlib
import re
import socket
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from jindu import App, Context, Stage

from ..brand_diagnosis.app import app as diagnosis
from ..brand_diagnosis.app import demo_params, outcome

__all__ = ["app", "demo_params", "outcome", "surroundings"]

LIBRARY = Path(sysconfig.get_path("stdlib"))
PAUSE = 0.2  # seconds between two files

app = App()
app.include(diagnosis)


@app.job(
    stages=[
        Stage("listing", 1, title={"zh": "列出文件", "en": "Listing files"}),
        Stage("hashing", 8, title={"zh": "计算校验和", "en": "Making checksums"}),
        Stage("joining", 1, title={"zh": "汇总", "en": "Joining them"}),
    ],
    concurrency=1,
    keep_for="2h",
)
async def checksums(ctx: Context, package: str = "json", most: Annotated[int, Field(ge=1, le=500)] = 120) -> dict[str, Any]:
    """SHA-256 of the modules of a package of Python's library ("" for all of it), and one of all together."""
    async with ctx.stage("listing"):
        found = await asyncio.to_thread(lambda: sorted((LIBRARY / package).rglob("*.py"))[:most])
    sums: dict[str, str] = {}
    async with ctx.stage("hashing") as stage:
        async for path in stage.track(found):
            sums[path.name] = await asyncio.to_thread(lambda path=path: hashlib.sha256(path.read_bytes()).hexdigest())
            stage.progress(100 * len(sums) / len(found), path.name)
            await asyncio.sleep(PAUSE)
    async with ctx.stage("joining"):
        whole = hashlib.sha256("".join(sums.values()).encode()).hexdigest()
        ctx.partial({"files": len(sums), "all": whole}, key="all")
    return {"package": package or "all", "all": whole, "files": sums}


@app.job(concurrency=3, keep_for="2h")
async def count_words(ctx: Context, package: str = "email", most: Annotated[int, Field(ge=1, le=50)] = 10) -> dict[str, int]:
    """The words that the docstrings of a package of Python's library have most often."""
    words: Counter[str] = Counter()
    found = await asyncio.to_thread(lambda: sorted((LIBRARY / package).rglob("*.py")))
    for done, path in enumerate(found, start=1):
        words.update(await asyncio.to_thread(documented, path))
        ctx.progress(100 * done / len(found), f"{path.name}: {sum(words.values())} words")
        await asyncio.sleep(PAUSE)
    return dict(words.most_common(most))


def documented(path: Path) -> list[str]:
    """The longer words of all docstrings of a module."""
    texts = re.findall(r'"""(.*?)"""', path.read_text(encoding="utf-8", errors="replace"), re.DOTALL)
    return [word for text in texts for word in re.findall(r"[a-z]{5,}", text.lower())]


@app.job(concurrency=2, keep_for="2h")
async def ask_neighbour(ctx: Context, port: Annotated[int, Field(ge=0, le=65_535)] = 0) -> str:
    """Knock at a port of this machine; at 0 one where nobody answers, which fails in words for people."""
    ctx.progress(30, "knocking")
    where = port or unanswered()
    _, writer = await asyncio.open_connection("127.0.0.1", where)
    writer.close()
    await writer.wait_closed()
    return f"somebody answers at {where}"


def unanswered() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


app.schedule(count_words, every="8s", id="words")
app.schedule(checksums, every="15s", id="sums", params={"package": "asyncio"}, overlap="queue")


def surroundings() -> list[tuple[str, dict[str, Any]]]:
    """Type and parameters of the jobs that stand around the diagnosis: one moves, one waits behind it, one fails."""
    return [
        ("checksums", {"package": "", "most": 100}),
        ("checksums", {"package": "xml"}),
        ("count_words", {"package": "unittest"}),
        ("ask_neighbour", {}),
    ]
