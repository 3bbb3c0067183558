"""External programs: output, exit codes, and nothing left behind."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.appearing import gone, text_of
from jindu import App, CommandFailed, CommandTimeout, Context, JobError
from jindu.engine.commands import run_command

PYTHON = sys.executable
# Starts a program of its own, writes both pids, ignores TERM, and waits for ever.
FAMILY = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"])
open(sys.argv[1] + ".part", "w").write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".part", sys.argv[1])
signal.pause()
"""


async def test_output_and_exit_code_are_given(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> list[Any]:
        script = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('err'); sys.exit(3)"
        done = await ctx.command(PYTHON, "-c", script, input="héllo")
        return [done.returncode, done.stdout, done.stderr, done.argv[0] == PYTHON]

    async with app.open():
        assert await (await work.submit()).wait(10) == [3, "HÉLLO", "err", True]


async def test_bytes_that_are_no_text_are_replaced() -> None:
    done = await run_command([PYTHON, "-c", "import os; os.write(1, b'a\\xffb')"])
    assert done.stdout == "a\ufffdb"


async def test_environment_and_folder_are_passed(tmp_path: Path) -> None:
    script = "import os; print(os.environ['COLOUR'], 'PATH' in os.environ, os.getcwd())"
    done = await run_command([PYTHON, "-c", script], env={"COLOUR": "red"}, cwd=str(tmp_path))
    assert done.stdout.split() == ["red", "True", str(tmp_path)]


async def test_check_raises_for_another_exit_code_than_0() -> None:
    with pytest.raises(CommandFailed, match="exit code 7") as failed:
        await run_command([PYTHON, "-c", "import sys; print('so far'); sys.exit(7)"], check=True)
    assert failed.value.result.stdout == "so far\n"
    assert (await run_command([PYTHON, "-c", ""], check=True)).returncode == 0


async def test_a_time_out_ends_the_whole_group(app: App, tmp_path: Path) -> None:
    @app.job
    async def work(ctx: Context) -> str:
        try:
            await ctx.command(PYTHON, "-c", FAMILY, str(tmp_path / "pids"), timeout="700ms")
        except CommandTimeout:
            return "timed out"
        return "ended"

    async with app.open():
        assert await (await work.submit()).wait(10) == "timed out"
    for pid in (await text_of(tmp_path / "pids")).split():
        assert await gone(int(pid))


async def test_a_command_that_times_out_fails_its_job_as_a_time_out(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> None:
        await ctx.command(PYTHON, "-c", "import signal; signal.pause()", timeout=0.2)

    async with app.open():
        with pytest.raises(JobError, match="JOB_TIMEOUT"):
            await (await work.submit()).wait(10)


async def test_a_cancel_ends_the_whole_group(app: App, tmp_path: Path) -> None:
    @app.job
    async def work(ctx: Context) -> None:
        await ctx.command(PYTHON, "-c", FAMILY, str(tmp_path / "pids"))

    async with app.open():
        job = await work.submit()
        pids = (await text_of(tmp_path / "pids")).split()
        await job.cancel()
        with pytest.raises(JobError, match="JOB_CANCELLED"):
            await job.wait(10)
        for pid in pids:
            assert await gone(int(pid))


async def test_what_a_program_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'],"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)"
    )
    done = await run_command([PYTHON, "-c", script])
    assert await gone(int(done.stdout))


async def test_several_run_at_once(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time\nhere, there = map(pathlib.Path, sys.argv[1:])\nhere.touch()\n"
        "while not there.exists(): time.sleep(0.01)"
    )
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    both = [run_command([PYTHON, "-c", script, *paths], timeout=10, check=True) for paths in ((one, two), (two, one))]
    assert [done.returncode for done in await asyncio.gather(*both)] == [0, 0]


async def test_a_program_that_is_not_there_fails_the_job(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> None:
        await ctx.command("no-such-program-anywhere")

    async with app.open() as node:
        with pytest.raises(JobError, match="INTERNAL_ERROR"):
            await (await work.submit()).wait(10)
        assert node.ready is None
