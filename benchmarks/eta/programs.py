"""Real programs that say how far they are, each made to do work of a size drawn at random.

A program is a generator of reports ``(stage, done, total)``, as a job of that kind would make them; `total` 0: it does not
count. Its first ``yield`` gives the stages: what comes before makes what it works on, and is not timed.
"""

import asyncio
import hashlib
import http.server
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

Report: TypeAlias = "tuple[str, float, float]"
Program: TypeAlias = "Callable[[random.Random, Path], Iterator[list[str] | Report]]"


def _lines(*command: str, cwd: Path, errors: bool = False, end: bytes = b"\n") -> Iterator[str]:
    """What a command prints, piece by piece as it comes; raises if it fails."""
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE} if errors else {"stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, **({"stderr": subprocess.DEVNULL} | streams)) as process:
        stream = process.stderr if errors else process.stdout
        assert stream is not None
        rest = b""
        while piece := stream.read1(65536):
            *whole, rest = re.split(b"[\r\n]", rest + piece)
            yield from (line.decode(errors="replace") for line in whole if line.strip())
        if rest.strip():
            yield rest.decode(errors="replace")
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def _counted(stage: str, total: int, lines: Iterator[str]) -> Iterator[Report]:
    yield stage, 0, total
    for done, _ in enumerate(lines, 1):
        yield stage, min(done, total), total


def _text(rng: random.Random, size: int) -> bytes:
    """Text that compresses about as prose does."""
    words = [bytes(rng.choices(b"etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(400)]
    return b" ".join(rng.choices(words, k=size // 6))


def _files(rng: random.Random, folder: Path, count: int, low: int, high: int) -> list[Path]:
    folder.mkdir()
    stock = _text(rng, high + 1024)
    made = []
    for number in range(count):
        path = folder / f"{number:04}.txt"
        start = rng.randrange(1024)
        path.write_bytes(stock[start : start + rng.randint(low, high)])
        made.append(path)
    return made


def compile_c(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """gcc -O2 over files of uneven size, then the linker."""
    names = []
    for number in range(rng.randint(12, 50)):
        functions = rng.choice([2, 5, 10, 40])
        body = "".join(
            f"int f{number}_{i}(int x){{int s=0;for(int j=0;j<x;j++){{s+=j*{i + 1};s^=(s<<3)+{number};}}return s;}}\n"
            for i in range(functions)
        )
        (folder / f"u{number}.c").write_text(f"#include <stdio.h>\n#include <stdlib.h>\n{body}")
        names.append(f"u{number}")
    (folder / "main.c").write_text("int main(void){return 0;}\n")
    yield ["compile", "link"]
    yield "compile", 0, len(names)
    for done, name in enumerate(names, 1):
        subprocess.run(["gcc", "-O2", "-c", f"{name}.c"], cwd=folder, check=True)
        yield "compile", done, len(names)
    yield "link", 0, 0
    subprocess.run(["gcc", "main.c", *(f"{name}.o" for name in names), "-o", "out"], cwd=folder, check=True)


def test_suite(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """pytest over modules whose tests work unevenly."""
    total = 0
    for number in range(rng.randint(5, 20)):
        tests = rng.randint(2, 12)
        total += tests
        rounds = rng.choice([2_000, 20_000, 60_000, 200_000])
        (folder / f"test_{number}.py").write_text(
            "".join(f"def test_{i}():\n    assert sum(j * j for j in range({rounds})) >= 0\n\n\n" for i in range(tests))
        )
    yield ["collect", "run"]
    yield "collect", 0, 0
    done = 0
    for line in _lines(sys.executable, "-u", "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:xdist", ".", cwd=folder):
        if "PASSED" in line:
            done += 1
            yield "run", done, total


def archive(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """tar lists what it packs, then xz compresses and says how much."""
    _files(rng, folder / "in", rng.randint(200, 1500), 2_000, 30_000)
    count = len(list((folder / "in").iterdir()))
    yield ["pack", "compress"]
    yield from _counted("pack", count, _lines("tar", "-cvf", "out.tar", "in", cwd=folder))
    size = (folder / "out.tar").stat().st_size
    yield "compress", 0, size
    with (
        (folder / "out.tar").open("rb") as source,
        subprocess.Popen(["xz", "-5", "-c"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process,
    ):
        assert process.stdin is not None
        done = 0
        while piece := source.read(65536):
            process.stdin.write(piece)
            done += len(piece)
            yield "compress", done, size


def zstd_each(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """zstd at a high level, file by file."""
    files = _files(rng, folder / "in", rng.randint(10, 40), 20_000, 900_000)
    yield ["compress"]
    yield "compress", 0, len(files)
    for done, path in enumerate(files, 1):
        subprocess.run(["zstd", "-q", "-17", str(path)], check=True)
        yield "compress", done, len(files)


def hashing(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """Digests of many files, counted in files though their sizes differ."""
    files = _files(rng, folder / "in", rng.randint(100, 300), 1_000, 3_000_000)
    yield ["hash"]
    yield "hash", 0, len(files)
    for done, path in enumerate(files, 1):
        for algorithm in ("sha256", "md5", "sha3_512"):
            hashlib.new(algorithm, path.read_bytes(), usedforsecurity=False).hexdigest()
        yield "hash", done, len(files)


def encode(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """ffmpeg, two passes over a moving picture."""
    frames = rng.randint(60, 240)
    source = ["-f", "lavfi", "-i", f"mandelbrot=size={rng.choice(['320x240', '480x360'])}:rate=30", "-frames:v", str(frames)]
    yield ["analyse", "encode"]
    for number, stage in ((1, "analyse"), (2, "encode")):
        yield stage, 0, frames
        last = ["-f", "null", "-"] if number == 1 else ["-y", "out.mkv"]
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-progress",
            "pipe:1",
            *source,
            "-c:v",
            "mpeg4",
            "-b:v",
            "400k",
            "-pass",
            str(number),
            *last,
        ]
        for line in _lines(*command, cwd=folder):
            if found := re.match(r"frame=(\d+)", line):
                yield stage, min(int(found[1]), frames), frames


def index(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """SQLite: rows are loaded and counted, two indexes and statistics are not."""
    rows = rng.randint(300_000, 1_500_000)
    with sqlite3.connect(folder / "a.db", isolation_level=None) as base:
        yield ["load", "index by name", "index by value", "analyse"]
        base.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, value REAL)")
        yield "load", 0, rows
        for start in range(0, rows, 5_000):
            part = [(f"{rng.getrandbits(64):x}", rng.random()) for _ in range(5_000)]
            base.execute("BEGIN")
            base.executemany("INSERT INTO t (name, value) VALUES (?, ?)", part)
            base.execute("COMMIT")
            yield "load", min(start + 5_000, rows), rows
        yield "index by name", 0, 0
        base.execute("CREATE INDEX by_name ON t (name, value)")
        yield "index by value", 0, 0
        base.execute("CREATE INDEX by_value ON t (value)")
        yield "analyse", 0, 0
        base.execute("ANALYZE")


def clone(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """git clone over its own protocol: objects, deltas."""
    origin = folder / "origin"
    origin.mkdir()
    quiet = {"cwd": origin, "check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["git", "init", "-q"], **quiet)
    lines = [_text(rng, 300).decode() for _ in range(rng.randint(100, 800))]
    for number in range(rng.randint(20, 60)):
        for _ in range(20):
            lines[rng.randrange(len(lines))] = _text(rng, 300).decode()
            (origin / f"{rng.randrange(200)}.txt").write_text("\n".join(lines))
        subprocess.run(["git", "add", "."], **quiet)
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", str(number)], **quiet)
    yield ["count", "compress", "receive", "resolve"]
    names = {"Counting": "count", "Compressing": "compress", "Receiving": "receive", "Resolving": "resolve"}
    for line in _lines("git", "clone", "--progress", origin.as_uri(), "copy", cwd=folder, errors=True):
        if found := re.search(r"(Counting|Compressing|Receiving|Resolving)[^(]*\((\d+)/(\d+)\)", line):
            yield names[found[1]], int(found[2]), int(found[3])


def download(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """HTTP from a server whose speed wanders; then the digest is checked."""
    size = rng.randint(2, 12) * 1_000_000
    speed = rng.uniform(1.5e6, 4e6)

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(size))
            self.end_headers()
            now = speed
            for _ in range(0, size, 50_000):
                self.wfile.write(bytes(50_000))
                now = min(max(now * rng.uniform(0.8, 1.25), speed / 3), speed * 3)
                time.sleep(50_000 / now)

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield ["fetch", "verify"]
        yield "fetch", 0, size
        fetch = ["curl", "-sN", f"http://127.0.0.1:{server.server_port}/"]
        with subprocess.Popen(fetch, stdout=subprocess.PIPE) as process, (folder / "got").open("wb") as target:
            assert process.stdout is not None
            done = 0
            while piece := process.stdout.read1(50_000):
                target.write(piece)
                done += len(piece)
                yield "fetch", min(done, size), size
        yield "verify", 0, 0
        for algorithm in ("sha3_512", "sha256", "md5", "blake2b"):
            hashlib.new(algorithm, (folder / "got").read_bytes(), usedforsecurity=False).hexdigest()
        server.shutdown()


def compile_java(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """javac tells each class that it wrote; starting and parsing come before, unsaid."""
    classes = rng.randint(100, 900)
    for number in range(classes):
        methods = "".join(f"int m{i}(int x){{return x*{i}+{number};}}" for i in range(rng.randint(3, 30)))
        (folder / f"C{number}.java").write_text(f"class C{number} {{ {methods} }}\n")
    yield ["parse", "write"]
    files = [f"C{number}.java" for number in range(classes)]
    parsed = wrote = 0
    yield "parse", 0, classes
    for line in _lines("javac", "-verbose", *files, cwd=folder, errors=True):
        if line.startswith("[parsing completed"):
            parsed += 1
            yield "parse", parsed, classes
        elif line.startswith("[wrote"):
            wrote += 1
            yield "write", wrote, classes


def bytecode(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """compileall over a part of the standard library."""
    library = [path for path in Path(subprocess.__file__).parent.glob("*.py") if path.stat().st_size < 200_000]
    chosen = rng.sample(library, rng.randint(60, len(library)))
    (folder / "in").mkdir()
    for path in chosen:
        shutil.copy(path, folder / "in" / path.name)
    yield ["compile"]
    lines = _lines(sys.executable, "-u", "-m", "compileall", "-f", "in", cwd=folder)
    yield from _counted("compile", len(chosen), (line for line in lines if line.startswith("Compiling")))


def install(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """pip installs wheels made here, without asking anybody."""
    wheels = folder / "wheels"
    wheels.mkdir()
    count = rng.randint(5, 25)
    for number in range(count):
        _wheel(rng, wheels, f"part{number}", rng.choice([5, 20, 100, 300]))
    names = sorted(str(path) for path in wheels.iterdir())
    yield ["read", "install"]
    yield "read", 0, count
    done = 0
    command = [
        sys.executable,
        "-u",
        "-m",
        "pip",
        "install",
        "--no-index",
        "--no-deps",
        "--disable-pip-version-check",
        "--target",
        "out",
    ]
    for line in _lines(*command, *names, cwd=folder):
        if line.startswith("Processing"):
            done += 1
            yield "read", done, count
        elif line.startswith("Installing"):
            yield "install", 0, 0


def _wheel(rng: random.Random, folder: Path, name: str, modules: int) -> None:
    from zipfile import ZipFile

    info = f"{name}-1.0.dist-info"
    with ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for number in range(modules):
            wheel.writestr(f"{name}/m{number}.py", "".join(f"x{i} = {rng.random()}\n" for i in range(60)))
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: here\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def unpack(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """unzip tells each file; its test reads all of them once more."""
    _files(rng, folder / "in", rng.randint(1000, 6000), 500, 60_000)
    subprocess.run(["zip", "-q1r", "a.zip", "in"], cwd=folder, check=True)
    count = len(list((folder / "in").iterdir()))
    yield ["test", "unpack"]
    yield from _counted("test", count, _lines("unzip", "-t", "a.zip", cwd=folder))
    yield from _counted("unpack", count, _lines("unzip", "-o", "a.zip", "-d", "out", cwd=folder))


def copy_tree(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """rsync with checksums of everything: a quiet look first, then the files."""
    _files(rng, folder / "in", rng.randint(1000, 5000), 1_000, 120_000)
    count = len(list((folder / "in").iterdir()))
    yield ["look", "copy"]
    yield "look", 0, 0
    done = 0
    for line in _lines("rsync", "-rc", "--out-format=%n", "in/", "out/", cwd=folder):
        if line.endswith(".txt"):
            done += 1
            yield "copy", done, count


def ask_platforms(rng: random.Random, folder: Path) -> Iterator["list[str] | Report"]:
    """Several slow services asked at once, some much slower than others; then ranking, then tracing: our users' own job."""
    asked = rng.randint(3, 8)
    waits = [rng.lognormvariate(0.3, 0.5) for _ in range(asked)]
    yield ["asking", "ranking", "tracing"]
    yield "asking", 0, asked
    done: list[float] = []

    async def ask(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    async def ask_all() -> None:
        for answer in asyncio.as_completed([ask(seconds) for seconds in waits]):
            done.append(await answer)

    thread = threading.Thread(target=lambda: asyncio.run(ask_all()))
    thread.start()
    seen = 0
    while thread.is_alive() or seen < len(done):
        if len(done) > seen:
            seen += 1
            yield "asking", seen, asked
        else:
            thread.join(0.02)
    yield "ranking", 0, 0
    text = _text(rng, 400_000 * asked)
    for word in set(text[:3000].split()):
        text.count(word)
    pages = rng.randint(5, 30)
    yield "tracing", 0, pages
    for page in range(1, pages + 1):
        time.sleep(rng.lognormvariate(-3, 0.6))
        yield "tracing", page, pages


PROGRAMS: dict[str, Program] = {
    program.__name__: program
    for program in (
        compile_c, test_suite, archive, zstd_each, hashing, encode, index, clone, download, compile_java, bytecode, install,
        unpack, copy_tree, ask_platforms,
    )
}  # fmt: skip
