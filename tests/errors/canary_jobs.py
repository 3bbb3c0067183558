"""Jobs that fail with a canary in everything an exception has, and with secrets where secrets may be."""

import asyncio

from jindu import App, Context, JobError, Retry

CANARY = "canary-4711-in-an-exception"
SECRET = "Zq8secretcanary4711xW"  # beside a name, or in a shape, that marks it
app = App()


class Broken(RuntimeError):
    """With its canary in the text, the arguments and a note."""


def connect(told: str) -> None:
    raise ConnectionError(CANARY, {"api_key": SECRET}, told)


def fail() -> None:
    held = f"{CANARY} in a local"
    try:
        connect(held)
    except ConnectionError as cause:
        error = Broken(f"{CANARY}: Authorization: Bearer {SECRET}; https://ann:{SECRET}@db.example/x?sign={SECRET} sk-{SECRET}")
        error.add_note(f"{CANARY} password={SECRET}")
        raise error from cause


@app.job(retry=Retry(attempts=2, base=0, cap=0), pace=0)
async def coroutine(ctx: Context, wait: float = 0.0) -> None:
    ctx.progress(20, "asking")
    ctx.partial({"n": 1}, key="one")
    await asyncio.sleep(wait)
    fail()


@app.job
def thread() -> None:
    fail()


@app.job(run_in="process")
def process() -> None:
    fail()


@app.job
async def named() -> None:
    raise JobError("AI_QUOTA_EXHAUSTED", f"{CANARY} token={SECRET}")


@app.job
async def items(ctx: Context) -> list[object]:
    """Failed items are kept as their codes."""

    def ask(number: int) -> None:
        fail()

    answers = [answer async for _, answer in ctx.map(ask, [1, 2])]
    ctx.partial(answers)
    return answers


@app.job
async def unprintable() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise ValueError(f"{CANARY} {SECRET}")

    raise Odd(f"key={SECRET}")
