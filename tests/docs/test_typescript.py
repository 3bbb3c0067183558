"""The TypeScript types are what the generator makes of the types that serve, and stand by themselves."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from jindu.core.messages import ClientFrame, ServerFrame
from jindu.core.states import Status
from jindu.web.document.typescript import main, typescript

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "client_sdk" / "javascript" / "jindu-protocol.d.ts"
TEXT = FILE.read_text()
GLOBAL = {"Record"}


def test_the_file_is_what_the_code_makes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / "made.d.ts"
    monkeypatch.setattr("sys.argv", ["typescript", str(written)])
    main()
    assert TEXT == written.read_text() == typescript(), "make docs"


def test_every_type_that_is_named_is_declared_once() -> None:
    declared = re.findall(r"^export (?:interface|type) (\w+)", TEXT, re.MULTILINE)
    assert len(declared) == len(set(declared))
    code = re.sub(r'/\*\*.*?\*/|^//.*$|"[^"]*"', "", TEXT, flags=re.MULTILINE)
    assert set(re.findall(r"\b[A-Z]\w+", code)) - GLOBAL == set(declared)
    assert {kind.__name__ for kind in (*get_args(ServerFrame), *get_args(ClientFrame))} <= set(declared)


def test_states_and_frames_are_told_apart_by_what_they_are() -> None:
    assert f"export type Status = {' | '.join(json.dumps(status.value) for status in Status)}\n" in TEXT
    assert 'export interface PingFrame {\n  type: "ping"\n}' in TEXT
    assert re.search(r"export type ServerFrame = HelloFrame \| ProgressFrame \|", TEXT)


def test_what_may_be_missing_is_marked() -> None:
    [result] = re.findall(r"^export interface ResultFrame \{.*?^\}", TEXT, re.MULTILINE | re.DOTALL)
    assert "  data?: unknown\n" in result
    assert "  key: string | number\n" in result
