"""What watching one job costs on the wire: its socket against polling each second and each fifth of one.

A job of `--seconds` reports `--rate` times a second. Each way is watched through a proxy that counts: the JavaScript client
over WebSocket (as it is, and at pace 1 as mini-programs ask), and plain GETs of the snapshot with its ETag. Prints a table in
Markdown. Not a test of speed: only counts.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

import httpx

from support.counting_proxy import counting
from support.javascript import SDK
from support.node import found
from support.server import ServerProcess

WATCH = """
import { createClient } from %(module)s
import { createRequire } from 'node:module'
const { WebSocket } = createRequire(%(package)s)('ws')
const jindu = createClient({ baseUrl: process.argv[2], WebSocket })
let updates = 0
await jindu.watch(process.argv[3], { onUpdate: () => { updates += 1 }, pace: Number(process.argv[4]) || undefined }).result
jindu.close()
console.log(updates)
"""


async def by_socket(url: str, job: str, pace: float, node: str) -> int:
    program = WATCH % {"module": json.dumps((SDK / "src/node.js").as_uri()), "package": json.dumps(str(SDK / "package.json"))}
    with tempfile.NamedTemporaryFile("w", suffix=".mjs") as file:
        file.write(program)
        file.flush()
        command = [node, file.name, url, job, str(pace)]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
    return int(said)


async def by_polling(url: str, job: str, pause: float) -> int:
    updates, tag = 0, ""
    async with httpx.AsyncClient(base_url=url) as http:
        while True:
            answer = await http.get(f"/v1/jobs/{job}", headers={"if-none-match": tag} if tag else {})
            if answer.status_code == 200:
                updates, tag = updates + 1, answer.headers["etag"]
                if answer.json()["is_completed"]:
                    return updates
            await asyncio.sleep(pause)


async def measured(server: ServerProcess, seconds: float, rate: float, node: str) -> list[list[str]]:
    """One row for each way, all at once: their jobs do not know of each other."""

    async def row(name: str, pace: float, pause: float) -> list[str]:
        params = {"updates": round(seconds * rate), "pause": 1 / rate}
        async with httpx.AsyncClient() as http:
            job = (await http.post(f"{server.url}/v1/jobs", json={"type": "moving", "params": params})).json()["id"]
        async with counting(server.port) as counted:
            seen = await (by_polling(counted.url, job, pause) if pause else by_socket(counted.url, job, pace, node))
        figures = (seen, counted.connections, counted.pieces, counted.bytes_up, counted.bytes, counted.bytes_up + counted.bytes)
        return [name, *(f"{figure:,}" for figure in figures)]

    ways = [("WebSocket", 0, 0), ("WebSocket, pace 1", 1, 0), ("polling each 1 s", 0, 1), ("polling each 0.2 s", 0, 0.2)]
    return list(await asyncio.gather(*(row(*way) for way in ways)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=10)
    asked = parser.parse_args()
    node = found()
    if node is None:
        print("Node.js 20 is needed")
        return 1
    with tempfile.TemporaryDirectory() as folder, ServerProcess("client_javascript.readme_jobs:app", Path(folder)) as server:
        rows = asyncio.run(measured(server, asked.seconds, asked.rate, node))
    print("| way | updates seen | connections | messages down | bytes up | bytes down | bytes |\n|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
