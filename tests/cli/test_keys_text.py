"""Every command that docs/keys.md shows is run, in order, on a store that no server has."""

import re
import shlex
from pathlib import Path

from cli.running import Jindu

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text()
LINES = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines() if line]


def test_the_commands_do_what_they_say(tmp_path: Path) -> None:
    jindu = Jindu({"JINDU_STORE": f"sqlite:///{tmp_path}/jindu.db", "COLUMNS": "200"}, tmp_path)
    key = ""
    assert len(LINES) >= 6
    for line in LINES:
        name, *arguments = shlex.split(line, comments=True)
        done = jindu(*[key if argument == "ID" else argument for argument in arguments])
        told = re.search(r"# exit (\d+)", line)
        assert (name, done.returncode) == ("jindu", int(told[1]) if told else 0), (line, done.stdout, done.stderr)
        if arguments[:2] == ["keys", "create"]:
            key = done.stdout.split("_")[1]
