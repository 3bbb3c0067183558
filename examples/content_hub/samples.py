"""How a call is made in a shell, in Python and in JavaScript: programs of a few lines for readers of the document.

Each asks the server that `CONTENTHUB_URL` names; `$TASK` stands for the id of a task.
"""

import json
from collections.abc import Mapping
from typing import Any

JSON = "Content-Type: application/json"


def samples(method: str, path: str, body: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """As `x-codeSamples` has them, which ReDoc shows."""
    made = {"Shell": shell, "Python": python, "JavaScript": javascript}
    return [{"lang": language, "label": language, "source": make(method, path, body)} for language, make in made.items()]


def shell(method: str, path: str, body: Mapping[str, Any] | None) -> str:
    lines = [f'curl -sS --fail-with-body -X {method} "$CONTENTHUB_URL{path.replace("{task_id}", "$TASK")}"']
    if body is not None:
        lines += [f"-H '{JSON}'", f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)


def python(method: str, path: str, body: Mapping[str, Any] | None) -> str:
    given = "" if body is None else f", json={body!r}"
    path = path.replace("{task_id}", "{os.environ['TASK']}")
    return f"""\
import os

import httpx

answer = httpx.request("{method}", f"{{os.environ['CONTENTHUB_URL']}}{path}"{given})
answer.raise_for_status()
print(answer.json())"""


def javascript(method: str, path: str, body: Mapping[str, Any] | None) -> str:
    given = f"method: '{method}'"
    if body is not None:
        asked = json.dumps(body, ensure_ascii=False)
        given += f", headers: {{ 'Content-Type': 'application/json' }}, body: JSON.stringify({asked})"
    path = path.replace("{task_id}", "${process.env.TASK}")
    return f"""\
const answer = await fetch(`${{process.env.CONTENTHUB_URL}}{path}`, {{ {given} }})
if (!answer.ok) throw new Error(await answer.text())
console.log(await answer.json())"""
